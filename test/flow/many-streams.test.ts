import assert from "node:assert/strict";
import helper from "node-red-node-test-helper";
import { isEvent, LiveFlow } from "../support/live-flow";
import { silence, spoken } from "../support/spoken";

describe("many streams", function () {
  this.timeout(60_000);
  let flow: LiveFlow;

  before(() => helper.startServer());
  after(() => helper.stopServer());
  afterEach(async () => assert.equal(await flow.unload(), 0, "timers are left"));

  it("do not mix: three topics at once, of which one loses its connection", async () => {
    const rooms = {
      kitchen: spoken({ recordings: ["goforward", "librivox_0880"] }),
      hall: spoken({ recordings: ["librivox_0930", "goforward"], leadMs: 1700 }),
      attic: spoken({ recordings: ["librivox_0870"] }),
    };
    flow = await LiveFlow.load({ perTopic: true }, { faults: [undefined, { kind: "drop", at: { inWord: 5 } }] });
    await flow.playTogether(Object.entries(rooms).map(([topic, { pcm }]) => ({ topic, pcm })));
    await flow.time.advance(20_000);
    for (const [topic, { words }] of Object.entries(rooms)) assert.equal(flow.texts(topic), words.join(" "), topic);
    assert.equal(flow.simulator.sessions.length, 4);
    for (const { messages } of [flow.finals, flow.partials])
      assert.ok(messages.every(({ topic }) => topic !== undefined && topic in rooms));
    flow.assertAccounted();
  });

  it("end one by one, each with its own silence clock", async () => {
    flow = await LiveFlow.load({ perTopic: true });
    const { pcm } = spoken({ recordings: ["librivox_0870", "librivox_0880"], leadMs: 500 });
    const room = silence(pcm.length / 16);
    const half = Math.floor(pcm.length / 2);
    const both = (from: number, to?: number) => [
      { topic: "speaking", pcm: pcm.subarray(from, to) },
      { topic: "quiet", pcm: room.subarray(from, to) },
      { topic: "stopped", pcm: pcm.subarray(from, to) },
    ];
    await flow.playTogether(both(0, half));
    flow.node.receive({ action: "stop", topic: "stopped" });
    await flow.time.advance(2000);
    const ended = () =>
      flow.events.messages.filter(isEvent("termination")).map(({ topic, payload }) => [topic, (payload as { reason: string }).reason]);
    assert.deepEqual(ended(), [
      ["quiet", "silence"],
      ["stopped", "stop"],
    ]);
    assert.equal(flow.simulator.ledger.openSessions.length, 1);
    flow.node.receive({ action: "stop" });
    await flow.time.advance(2000);
    assert.deepEqual(ended().at(-1), ["speaking", "stop"]);
  });

  it("have a limit: of 10,000 topics the first ones are transcribed, the others refused", async () => {
    flow = await LiveFlow.load({ perTopic: true, maxStreams: 3 });
    const piece = Buffer.alloc(1600);
    for (let index = 0; index < 10_000; index++) {
      flow.node.receive({ payload: piece, topic: `topic ${index}` });
      if (index % 100 === 0) await flow.time.settle();
    }
    await flow.time.settle();
    assert.equal(flow.errorCodes().length, 1_000, "no more in a minute");
    assert.deepEqual(new Set(flow.errorCodes()), new Set(["AAI_TOO_MANY_STREAMS"]));
    await flow.time.advance(3000);
    assert.equal(flow.simulator.sessions.length, 3);
  });

  it("refuse a topic that is not a string, a budget that is not a number and a rate that is not supported", async () => {
    flow = await LiveFlow.load({ perTopic: true, open: "speech" });
    const payload = Buffer.alloc(1600);
    for (const topic of [7, true, {}, ["kitchen"]]) flow.node.receive({ payload, topic } as never);
    flow.node.receive({ payload, topic: "kitchen", audio: { sampleRate: 4000 } });
    flow.node.receive({ payload, topic: "kitchen", audio: { sampleRate: 11_025 } });
    flow.node.receive({ payload, topic: "kitchen", audio: { sampleRate: 16_000 } });
    await flow.time.settle();
    const topics = Array.from({ length: 4 }, () => "AAI_TOPIC");
    assert.deepEqual(flow.errorCodes(), [...topics, "AAI_AUDIO_FORMAT", "AAI_AUDIO_FORMAT"]);
  });

  it("is not usable with a budget that is not a number, and says so", async () => {
    flow = await LiveFlow.load({ budgetUsd: "a lot" });
    flow.node.receive({ payload: Buffer.alloc(1600) });
    await flow.time.settle();
    assert.deepEqual(new Set(flow.errorCodes()), new Set(["AAI_PROPERTY"]));
    assert.equal(flow.simulator.sessions.length, 0);
  });
});
