import assert from "node:assert/strict";
import helper from "node-red-node-test-helper";
import { LiveFlow } from "../support/live-flow";
import { losesNoWord } from "../support/loses-no-word";
import { silence, spoken } from "../support/spoken";

describe("not a word lost", function () {
  this.timeout(60_000);

  losesNoWord({}, [2, 12, 20, 24, 33, 41]);
});

describe("not a word lost in long pauses and outages", function () {
  this.timeout(60_000);
  let flow: LiveFlow;

  before(() => helper.startServer());
  after(() => helper.stopServer());
  afterEach(async () => assert.equal(await flow.unload(), 0, "timers are left"));

  for (const afterAudioMs of [5200, 6400, 8000, 9200]) {
    it(`when a drop (at ${afterAudioMs} ms) makes a pause seem longer than it is`, async () => {
      const script = spoken({ leadMs: 1000, pauseMs: 3600 });
      flow = await LiveFlow.load({}, { faults: [{ kind: "drop", at: { afterAudioMs } }] });
      await flow.play(script.pcm);
      await flow.untilHungUp();
      assert.equal(flow.texts(), script.words.join(" "));
      flow.assertAccounted();
    });
  }

  it("unless it was spoken more than a minute before a session could be opened: then a warning reports how much", async () => {
    const script = spoken();
    flow = await LiveFlow.load();
    await flow.play(script.pcm.subarray(0, 16_000));
    await flow.serverGoesAway();
    await flow.play(script.pcm);
    await flow.play(silence(80_000));
    await flow.serverComesBack();
    await flow.untilHungUp();
    flow.assertAccounted();
    assert.equal(flow.texts(), "");
    assert.match(flow.warnings().join("\n"), /\d+ s of audio/);
  });
});
