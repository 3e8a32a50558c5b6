import assert from "node:assert/strict";
import { BUNDLED_WAKE_WORDS } from "../../nodes/lib/wakeword/bundled";
import { WakeWordListener } from "../../nodes/lib/wakeword/listener";
import { concat, pinkNoise, recording, RECORDINGS, render } from "../support/audio";
import { soxMusic } from "../support/music";
import { hear, names, push, quietRoom, WAKE_WORDS } from "../support/wake-word";

const RATE = 16_000;
const HOUR = 3600 * RATE;

describe("wake words where nobody says them, to the end", function () {
  this.timeout(600_000);

  it("none is heard in the recordings of people, nor in an hour of them joined, all three listening", () => {
    const pause = quietRoom(1);
    const once = concat(...RECORDINGS.flatMap((name) => [recording(name), pause]));
    const hour = concat(...Array.from({ length: Math.ceil(HOUR / once.length) }, () => once)).subarray(0, HOUR);
    assert.deepEqual(names(hear(hour)), []);
  });

  it("each is heard on its own recording only", () => {
    for (const word of BUNDLED_WAKE_WORDS) {
      assert.deepEqual(names(hear(concat(quietRoom(2), recording(`${word}.wav`), quietRoom(2)))), [word]);
    }
  });

  it("none is heard in an hour of pink noise, nor in an hour of music by sox", () => {
    for (const signal of [pinkNoise(0.02, 51), soxMusic(0.3, 5)]) {
      const listener = new WakeWordListener({ sampleRate: RATE, words: WAKE_WORDS });
      for (let minute = 0; minute < 60; minute++) assert.deepEqual(names(push(listener, render(signal, HOUR / 60))), []);
    }
  });
});
