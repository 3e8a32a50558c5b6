import assert from "node:assert/strict";
import helper from "node-red-node-test-helper";
import { LiveFlow } from "../support/live-flow";
import { spoken } from "../support/spoken";

describe("exp", function () {
  this.timeout(60_000);
  let flow: LiveFlow;
  before(() => helper.startServer());
  after(() => helper.stopServer());
  afterEach(async () => assert.equal(await flow.unload(), 0, "timers are left"));
  for (const pauseMs of [2500, 3000, 3300, 3600]) {
    const script = spoken({ leadMs: 1000, pauseMs });
    for (let ms = 0; ms < script.pcm.length / 16; ms += 400)
      it(`pause ${pauseMs} drop ${ms}`, async () => {
        flow = await LiveFlow.load({}, ms ? { faults: [{ kind: "drop", at: { afterAudioMs: ms } }] } : {});
        await flow.play(script.pcm);
        await flow.untilHungUp();
        assert.equal(flow.texts(), script.words.join(" "));
        flow.assertAccounted();
      });
  }
});
