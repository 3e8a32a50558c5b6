import assert from "node:assert/strict";
import { WakeWordTrial } from "../../../nodes/lib/speech-to-text/wake-word-trial";
import { FakeClock } from "../../support/fake-clock";
import { WAKE_WORDS } from "../../support/wake-word";

describe("wake-word-trial", () => {
  const clock = new FakeClock();
  let highest = 0;
  const streams = {
    isFed: true,
    takeHighestProbability() {
      const taken = highest;
      highest = 0;
      return taken;
    },
  };
  const trial = new WakeWordTrial(clock, WAKE_WORDS, streams);
  const [word] = WAKE_WORDS;
  assert.ok(word);

  it("runs for 15 s, from when it is begun", () => {
    assert.deepEqual([trial.isRunning, trial.state.remainingMs], [false, 0]);
    highest = 0.9;
    assert.deepEqual(trial.begin(), { remainingMs: 15_000, isFed: true, probability: 0, cutoff: 0.95, heard: [] });
    clock.advance(14_999);
    assert.equal(trial.isRunning, true);
    clock.advance(1);
    assert.deepEqual([trial.isRunning, trial.state.remainingMs], [false, 0]);
  });

  it("shows the highest probability since it was asked, and what would have opened a session", () => {
    trial.begin();
    highest = 0.5;
    assert.equal(trial.state.probability, 0.5);
    assert.equal(trial.state.probability, 0);
    trial.called(word, 0.99);
    assert.deepEqual(trial.state.heard, [{ phrase: "Okay Nabu", probability: 0.99 }]);
    assert.deepEqual(trial.begin().heard, []);
  });
});
