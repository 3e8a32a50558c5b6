import assert from "node:assert/strict";
import helper from "node-red-node-test-helper";
import { REALISTIC_LATENCY } from "../../simulator";
import { pinkNoise } from "../support/audio";
import { LiveFlow } from "../support/live-flow";
import { spoken } from "../support/spoken";
import { noiseRms } from "../support/voice";

const LEAST_LEAD_MS = 300;

describe("voice gate in a flow", function () {
  this.timeout(60_000);
  let flow: LiveFlow;

  before(() => helper.startServer());
  after(() => helper.stopServer());
  afterEach(async () => assert.equal(await flow.unload(), 0, "timers are left"));

  for (const snr of [20, 10]) {
    it(`opens a session for each utterance under pink noise at ${snr} dB, and emits each word`, async () => {
      const noise = pinkNoise(noiseRms(snr), snr);
      const script = spoken({ noise, pauseMs: 9000, levelled: true });
      flow = await LiveFlow.load({ open: "speech" });
      await flow.play(script.pcm);
      assert.equal(flow.texts(), script.words.join(" "));
      assert.equal(flow.simulator.sessions.length, script.spans.length);
      flow.assertAccounted();

      const whole = Buffer.from(script.pcm.buffer);
      script.spans.forEach(({ begin, end }, index) => {
        const heard = flow.simulator.sessions[index]?.record.audioReceived() ?? Buffer.alloc(0);
        const from = whole.indexOf(heard.subarray(0, 3200)) / 2;
        assert.ok(begin - from >= LEAST_LEAD_MS * 16, `heard from only ${(begin - from) / 16} ms before utterance ${index}`);
        assert.ok(from * 2 + heard.length > end * 2, "and to its end");
        assert.deepEqual(heard, whole.subarray(from * 2, from * 2 + heard.length), "in order, without a hole");
      });
    });
  }

  for (const [beginMs, pauses] of [
    [1200, [3500, 4500, 5000, 5300, 5600, 6000, 6500, 7500]],
    [3000, [4200, 4500, 4900, 5500]],
  ] as const) {
    for (const pauseMs of pauses) {
      it(`loses no word after pauses of ${pauseMs} ms, about as long as the silence timeout, where Begin takes ${beginMs} ms`, async () => {
        const recordings = ["goforward", "librivox_0930", "librivox_0880", "librivox_0870", "goforward", "librivox_0880"] as const;
        const script = spoken({ recordings, pauseMs });
        flow = await LiveFlow.load({ open: "speech" }, { latency: { ...REALISTIC_LATENCY, begin: beginMs } });
        await flow.play(script.pcm);
        await flow.untilHungUp();
        assert.equal(flow.texts(), script.words.join(" "));
        flow.assertAccounted();
      });
    }
  }

  for (const [pauseMs, preRoll, earlyStartMs] of [
    [9_500, 3_000, 0],
    [12_000, 5_000, 0],
    [17_000, 10_000, 0],
    [9_500, 3_000, 990],
    [17_000, 10_000, 990],
  ] as const) {
    const placed = earlyStartMs > 0 ? `, and first words are placed ${earlyStartMs} ms too early` : "";
    it(`emits no word twice where a pre-roll of ${preRoll} ms reaches back over a pause of ${pauseMs} ms${placed}`, async () => {
      const script = spoken({ pauseMs });
      flow = await LiveFlow.load({ open: "speech", silenceTimeout: 3, preRoll }, { earlyStartMs });
      await flow.play(script.pcm);
      await flow.untilHungUp();
      assert.equal(flow.texts(), script.words.join(" "));
      assert.ok(flow.simulator.sessions.length > 1);
      flow.assertAccounted();
    });
  }

  it("pays for people only: nothing of a quiet quarter of an hour around two sentences", async () => {
    flow = await LiveFlow.load({ open: "speech" });
    const script = spoken({ recordings: ["goforward", "librivox_0880"], pauseMs: 300_000 });
    await flow.play(script.pcm);
    assert.equal(flow.texts(), script.words.join(" "));
    assert.ok(flow.simulator.ledger.state.billedSeconds < 30, `${flow.simulator.ledger.state.billedSeconds} s`);
  });
});
