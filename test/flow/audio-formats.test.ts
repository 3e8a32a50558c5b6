import assert from "node:assert/strict";
import helper from "node-red-node-test-helper";
import configNode from "../../nodes/assemblyai-config";
import streamingNode from "../../nodes/assemblyai-streaming";
import { readWavFile } from "../../nodes/lib/audio/wav";
import { startSimulator, type Simulator } from "../../simulator";
import { recording as samplesOf } from "../support/audio";
import { Inbox, loadFlow, recording } from "../support/flow";
import { keyFor } from "../support/flow-parts";
import { encodeFloats, encodeG711, G711 } from "../support/g711";
import { until } from "../support/until";
import { wavFile } from "../support/wav-file";
import { files } from "../vectors/audio-files.json";

const KEY = "a-key-of-the-simulator";

/** What people have: files of other kinds, telephone audio, a call with one speaker on each side. */
describe("audio formats", () => {
  let simulator: Simulator;
  let caught: Inbox;
  let loads = 0;

  /** A speech to text node for each set of properties, and what each of them emits as final turns. */
  async function load(...nodes: Record<string, unknown>[]): Promise<Inbox[]> {
    simulator = await startSimulator({ keys: [KEY], keepAudio: true });
    loads++;
    const id = (index: number) => `stt-${loads}-${index}`;
    const flow = [
      { id: "tab", type: "tab", label: "test" },
      { id: "account", type: "assemblyai-config", endpoint: "custom", url: simulator.url },
      ...nodes.flatMap((properties, index) => [
        { id: id(index), z: "tab", type: "assemblyai-streaming", config: "account", ...properties, wires: [[`finals-${index}`]] },
        { id: `finals-${index}`, z: "tab", type: "helper" },
      ]),
      { id: "all", z: "tab", type: "helper", wires: [nodes.map((_, index) => id(index))] },
      { id: "catcher", z: "tab", type: "catch", scope: null, wires: [["caught"]] },
      { id: "caught", z: "tab", type: "helper" },
    ];
    await loadFlow([configNode, streamingNode], flow, { account: keyFor(simulator.url, KEY) });
    caught = new Inbox(helper.getNode("caught"));
    return nodes.map((_, index) => new Inbox(helper.getNode(`finals-${index}`)));
  }

  const send = (message: Record<string, unknown>) => helper.getNode("all").send(message);

  before(() => helper.startServer());
  after(() => helper.stopServer());
  afterEach(async () => {
    await helper.unload();
    await simulator.close();
  });

  it("names the kind of each other file and how to convert it, before a session opens", async () => {
    await load({ open: "audio" });
    for (const { name, container, base64 } of files) {
      send({ payload: Buffer.from(base64, "base64"), topic: name, first: true });
      const { error, topic } = await caught.next((msg) => msg.topic === name);
      const { code, message } = error as { code: string; message: string };
      assert.equal(code, "AAI_AUDIO_FORMAT", topic);
      assert.ok(message.includes(` ${container} file.`), message);
      assert.match(message, /ffmpeg -i in\.\w+ -ac 1 -ar 16000 out\.wav$/);
    }
    assert.equal(simulator.sessions.length, 0);
  });

  it("reports live audio in an encoding that it cannot read once a minute for each topic, and opens no session for it", async () => {
    await load({ open: "audio", perTopic: true });
    for (let message = 0; message < 20; message++)
      for (const topic of ["hall", "kitchen"]) send({ payload: Buffer.alloc(1600, 7), audio: { encoding: "opus" }, topic });
    send({ payload: Buffer.alloc(1600, 7), audio: { channels: 6 }, topic: "hall" });
    await until("the errors", () => caught.messages.length >= 3);
    const told = caught.messages.map((msg) => [msg.topic, (msg["error"] as { message: string }).message]);
    assert.deepEqual(
      told.map(([topic]) => topic),
      ["hall", "kitchen", "hall"],
    );
    assert.match(told[0]?.[1] ?? "", /opus.*pcm_s16le, pcm_mulaw, pcm_alaw, pcm_f32le/);
    assert.equal(simulator.sessions.length, 0);
  });

  for (const [encoding, tag, bits] of [
    ["pcm_mulaw", 7, 8],
    ["pcm_alaw", 6, 8],
    ["pcm_f32le", 3, 32],
  ] as const) {
    it(`hears ${encoding}, raw and in WAV`, async () => {
      const [finals] = (await load({})) as [Inbox];
      const pcm = samplesOf("goforward.wav");
      const payload = encoding === "pcm_f32le" ? encodeFloats(pcm) : encodeG711(pcm, encoding);
      send({ payload, audio: { encoding, sampleRate: 16_000 } });
      assert.equal((await finals.next()).payload, "Go forward ten meters.");
      const { record } = await simulator.session(0);
      const decoded = encoding === "pcm_f32le" ? pcm : Int16Array.from(payload, (code) => G711[encoding][code] as number);
      const expected = Buffer.from(decoded.buffer, decoded.byteOffset, decoded.byteLength);
      const received = record.audioReceived();
      assert.ok(received.length > expected.length / 2, `${received.length} of ${expected.length} bytes`);
      const both = Math.min(received.length, expected.length);
      assert.ok(received.subarray(0, both).equals(expected.subarray(0, both)), "the service gets the samples, in 16 bits");
      send({ payload: wavFile({ audio: payload, encoding: tag, bits }), first: true });
      await until("the WAV's turn", () => finals.messages.length === 2, 15_000);
      assert.equal(finals.messages[1]?.payload, "Go forward ten meters.");
    });
  }

  it("gives each side of a call a session of its own", async () => {
    const [caller, callee] = (await load({ channel: "left" }, { channel: "right" })) as [Inbox, Inbox];
    const [left, right] = [samplesOf("goforward.wav"), samplesOf("librivox_0880.wav")];
    const stereo = new Int16Array(2 * Math.max(left.length, right.length));
    left.forEach((sample, at) => (stereo[2 * at] = sample));
    right.forEach((sample, at) => (stereo[2 * at + 1] = sample));
    send({ payload: wavFile({ audio: Buffer.from(stereo.buffer), channels: 2 }) });
    assert.equal((await caller.next()).payload, "Go forward ten meters.");
    assert.match(String((await callee.next()).payload), /^He was not an ill disposed young man/);
    assert.equal(simulator.sessions.length, 2);
    const sides = simulator.sessions.map(({ record }) => record.audioReceived());
    const samples = readWavFile(recording("goforward")).samples;
    assert.ok(
      sides.some((side) => side.subarray(0, samples.length).equals(samples)),
      "the left side as it was recorded",
    );
  });
});
