import assert from "node:assert/strict";
import type { NodeMessage } from "node-red";
import helper from "node-red-node-test-helper";
import microphone from "../../nodes/assemblyai-microphone";
import { PcmDecoder } from "../../nodes/lib/audio/pcm-decoder";
import { statusesOf, warningsOf } from "../support/flow";
import { isAlive, StubRecorder } from "../support/stub-recorder";
import { hostileMessages } from "../support/hostile";
import { until } from "../support/until";

const PCM = Buffer.from(Array.from({ length: 10_000 }, (_, i) => (i * 7) % 256));
/** Plays PCM once, then hangs like a microphone that nobody speaks into. */
const PLAYS = "cat $DIR/pcm.raw\nexec sleep 600";

interface Caught extends NodeMessage {
  error: { message: string; code?: string; source: { id: string } };
}

/** Node-RED takes a node without a place for a config node. */
function placed<Item extends object>(node: Item): Item & { x: number; y: number } {
  return { ...node, x: 100, y: 100 };
}

/** A flow: the microphone wired to a helper, and a Catch and a Complete node for it. */
async function load(properties: Record<string, unknown> = {}) {
  const flow = [
    { id: "flow", type: "tab" },
    { id: "mic", z: "flow", type: "assemblyai-microphone", name: "", wires: [["audio"]], ...properties },
    { id: "audio", z: "flow", type: "helper" },
    { id: "catch", z: "flow", type: "catch", scope: null, uncaught: false, wires: [["caught"]] },
    { id: "caught", z: "flow", type: "helper" },
    { id: "complete", z: "flow", type: "complete", scope: ["mic"], wires: [["completed"]] },
    { id: "completed", z: "flow", type: "helper" },
  ];
  await helper.load(microphone, flow.map(placed));
  const mic = helper.getNode("mic");
  const audio: NodeMessage[] = [];
  const caught: Caught[] = [];
  const completed: NodeMessage[] = [];
  helper.getNode("audio").on("input", (msg) => audio.push(msg));
  helper.getNode("caught").on("input", (msg) => caught.push(msg as Caught & { _msgid: string }));
  helper.getNode("completed").on("input", (msg) => completed.push(msg));
  return { mic, audio, caught, completed };
}

/** A flow of nothing but the microphone. */
function alone(properties: Record<string, unknown>) {
  return [{ id: "flow", type: "tab" }, placed({ id: "mic", z: "flow", type: "assemblyai-microphone", name: "", wires: [], ...properties })];
}

/** What is shown under the node, oldest first. */
function statuses(): string[] {
  return statusesOf(helper.getNode("mic")).map(({ fill, shape, text }) => `${fill} ${shape} ${text}`);
}

describe("assemblyai-microphone @posix", () => {
  let recorder: StubRecorder;

  before(() => helper.startServer());
  after(() => helper.stopServer());
  beforeEach(() => {
    recorder = new StubRecorder();
    recorder.write("pcm.raw", PCM);
    recorder.install(PLAYS);
  });
  afterEach(async () => {
    await helper.unload();
    const alive = recorder.pids.filter(isAlive);
    recorder.remove();
    assert.deepEqual(alive, [], "recorders left behind");
  });

  it("waits for a start", async () => {
    await load();
    await until("stopped", () => statuses().includes("grey ring stopped"));
    assert.deepEqual(recorder.pids, []);
  });

  it("sends its audio in messages of one length, each with memory of its own", async () => {
    const { mic, audio, completed } = await load({ topic: "kitchen", chunkMs: 100 });
    mic.receive({ action: "start" });
    await until("3 messages", () => audio.length >= 3);
    for (const { payload, topic, audio: format } of audio) {
      assert.ok(Buffer.isBuffer(payload));
      assert.deepEqual([payload.length, topic, format], [3200, "kitchen", { encoding: "pcm_s16le", sampleRate: 16_000, channels: 1 }]);
    }
    const heard = audio.map(({ payload }) => payload as Buffer);
    assert.deepEqual(Buffer.concat(heard), PCM.subarray(0, 9600));
    assert.equal(new Set(audio.map((msg) => msg["audio"])).size, 3);
    assert.equal(new Set(audio.map((msg) => msg["_msgid"])).size, 3);
    assert.equal(completed.length, 1);
    await until("listening", () => statuses().at(-1) === "green dot listening");
    assert.deepEqual(statuses(), ["grey ring stopped", "yellow ring starting", "green dot listening"]);
  });

  it("sends WAV files, which contain their format", async () => {
    const { mic, audio } = await load({ topic: "kitchen", chunkMs: 100, format: "wav" });
    mic.receive({ action: "start" });
    await until("2 messages", () => audio.length >= 2);
    const files = audio.map(({ payload, audio: format }) => {
      assert.equal(format, undefined);
      return payload as Buffer;
    });
    const input = new PcmDecoder();
    const heard = files.map((file) => input.decode(file, undefined));
    assert.deepEqual(Buffer.concat(heard.map(({ data }) => data)), PCM.subarray(0, 3200 * files.length));
    assert.deepEqual([...new Set(heard.map(({ sampleRate }) => sampleRate))], [16_000]);
  });

  it("stops, and can be stopped and started any number of times", async () => {
    const { mic, audio } = await load();
    for (const payload of ["stop", "start", true, "start"]) mic.receive({ payload });
    await until("audio", () => audio.length > 0);
    for (const payload of [false, "stop"]) mic.receive({ payload });
    await until("the recorder's end", () => recorder.pids.length === 1 && !recorder.pids.some(isAlive));
    await until("stopped", () => statuses().at(-1) === "grey ring stopped");
  });

  it("toggles", async () => {
    const { mic, audio } = await load();
    mic.receive({ action: "toggle" });
    await until("audio", () => audio.length > 0);
    mic.receive({ payload: "toggle" });
    await until("the recorder's end", () => !recorder.pids.some(isAlive));
  });

  it("stops with the session, wired to the streaming node's third output", async () => {
    const { mic, audio, caught, completed } = await load();
    mic.receive({ payload: true });
    await until("audio", () => audio.length > 0);
    mic.receive({ event: "begin", payload: { id: "s" }, listening: false });
    mic.receive({ event: "termination", payload: { reason: "max-duration" }, listening: true });
    await until("both are seen", () => completed.length === 3);
    assert.ok(recorder.pids.some(isAlive), "another session follows by itself");
    mic.receive({ event: "termination", payload: { reason: "silence" }, listening: false });
    await until("the recorder's end", () => completed.length === 4 && !recorder.pids.some(isAlive));
    assert.deepEqual(caught, []);
  });

  it("stops where no session can be had, told by way of MQTT; not with another room's", async () => {
    const { mic, audio, completed } = await load({ topic: "kitchen" });
    mic.receive({ payload: true });
    await until("audio", () => audio.length > 0);
    const failed = { event: "failed", payload: { code: "AAI_UNAUTHORIZED" }, listening: false };
    mic.receive({ topic: "rooms/hall/session", payload: { ...failed, topic: "hall" } });
    await until("it is seen", () => completed.length === 2);
    assert.ok(recorder.pids.some(isAlive));
    mic.receive({ topic: "rooms/kitchen/session", payload: { ...failed, topic: "kitchen" } });
    await until("the recorder's end", () => !recorder.pids.some(isAlive));
  });

  it("stays on where it is not to stop with the session", async () => {
    const { mic, audio, completed } = await load({ stopWithSession: false });
    mic.receive({ payload: true });
    await until("audio", () => audio.length > 0);
    mic.receive({ event: "termination", payload: { reason: "silence" }, listening: false });
    await until("it is seen", () => completed.length === 2);
    assert.ok(recorder.pids.some(isAlive));
  });

  it("lives on whatever a message holds, and whatever the message holds that has started it", async () => {
    const { mic, caught } = await load();
    for (const [name, msg] of hostileMessages()) {
      caught.length = 0;
      mic.receive(msg as never);
      mic.receive({ action: "sing" });
      await until("the next message's error", () => caught.some(({ error }) => /sing/.test(error.message)));
      for (const { error } of caught) assert.match(error.code ?? "", /^AAI_(INPUT|ACTION)$/, name);
      mic.receive({ action: "stop" });
    }
    recorder.hide();
    const [, start] = hostileMessages().find(([name]) => name.startsWith("a start")) ?? [];
    mic.receive(start as never);
    await until("its error", () => caught.some(({ error }) => error.code === "AAI_RECORDER_MISSING"));
  });

  it("refuses another action with an error that a Catch node sees", async () => {
    const { mic, caught, completed } = await load();
    mic.receive({ action: "sing", _msgid: "m1" });
    const [error] = await until("the error", () => caught.length > 0 && caught);
    assert.deepEqual([error?.error.code, error?.error.source.id, error?.["_msgid"]], ["AAI_ACTION", "mic", "m1"]);
    assert.match(error?.error.message ?? "", /^AAI_ACTION: "sing" .*start, stop, toggle/);
    assert.deepEqual([completed, recorder.pids], [[], []]);
  });

  it("lives on where no recorder is installed, and starts once there is one", async () => {
    recorder.hide();
    const { mic, audio, caught } = await load();
    mic.receive({ action: "start", _msgid: "m1" });
    const [error] = await until("the error", () => caught.length > 0 && caught);
    assert.deepEqual([error?.error.code, error?.["_msgid"]], ["AAI_RECORDER_MISSING", "m1"]);
    assert.equal(statuses().at(-1), "red ring recorder missing");
    recorder.install(PLAYS);
    mic.receive({ action: "start" });
    await until("audio", () => audio.length > 0);
    assert.equal(caught.length, 1);
  });

  it("quotes the recorder where the device is not there, once, and tries again", async () => {
    recorder.install(
      `[ -e $DIR/plugged ] && { ${PLAYS.replace("\n", "; ")}; }\necho "arecord: main:831: audio open error: No such device" >&2; exit 1`,
    );
    const { mic, audio, caught } = await load({ device: "plughw:CARD=USB,DEV=0" });
    mic.receive({ action: "start" });
    const [error] = await until("the error", () => caught.length > 0 && caught);
    assert.equal(error?.error.code, "AAI_DEVICE");
    assert.match(error?.error.message ?? "", /plughw:CARD=USB,DEV=0.*No such device/);
    await until("the status", () => statuses().at(-1) === "red ring no microphone, retry in 1 s");
    recorder.write("plugged", Buffer.alloc(0));
    await until("audio", () => audio.length > 0);
    assert.deepEqual([caught.length, recorder.pids.length], [1, 2]);
  });

  it("restarts a recorder that dies", async () => {
    const { mic, audio, caught } = await load();
    mic.receive({ action: "start" });
    await until("audio", () => audio.length > 0);
    process.kill(recorder.pids[0] ?? 0, "SIGKILL");
    await until("the restart", () => recorder.pids.length === 2 && audio.length > 6);
    assert.deepEqual(
      caught.map(({ error }) => error.code),
      ["AAI_RECORDER_DIED"],
    );
    assert.match(caught[0]?.error.message ?? "", /SIGKILL/);
  });

  it("starts with the flow where it shall, with every node in place", async () => {
    const { audio } = await load({ autoStart: true });
    await until("audio", () => audio.length >= 6);
    assert.deepEqual(audio[0]?.payload, PCM.subarray(0, 1600));
  });

  it("hands an error of its start with the flow to a Catch node", async () => {
    recorder.hide();
    const { caught } = await load({ autoStart: true });
    const [error] = await until("the error", () => caught.length > 0 && caught);
    assert.equal(error?.error.code, "AAI_RECORDER_MISSING");
  });

  for (const type of ["full", "flows", "nodes"] as const) {
    it(`leaves no recorder behind after a deploy of ${type}, and starts again only with autoStart`, async () => {
      await helper.load(microphone, alone({ chunkMs: 20 }));
      for (let chunkMs = 21; chunkMs < 24; chunkMs++) {
        helper.getNode("mic").receive({ payload: "start" });
        const pid = await until("the recorder", () => recorder.pids[chunkMs - 21]);
        assert.ok(isAlive(pid));
        await helper.setFlows(alone({ chunkMs }), type);
        assert.equal(isAlive(pid), false);
      }
      assert.equal(recorder.pids.length, 3);
      await helper.setFlows(alone({ autoStart: true }), type);
      await until("the recorder", () => recorder.pids.length === 4);
    });
  }

  it("ends a recorder that ignores SIGTERM, before the deploy goes on", async () => {
    recorder.install("trap '' TERM\ncat $DIR/pcm.raw\nwhile :; do sleep 0.05; done");
    const { mic, audio } = await load();
    mic.receive({ payload: "start" });
    await until("audio", () => audio.length > 0);
    const [pid = 0] = recorder.pids;
    const started = performance.now();
    await helper.unload();
    const took = performance.now() - started;
    assert.equal(isAlive(pid), false);
    assert.ok(took > 900 && took < 2500, `${took} ms`);
  });

  it("is red with an invalid property, and names it in words", async () => {
    const { mic, caught } = await load({ sampleRate: 100, autoStart: true });
    const [error] = await until("the error", () => caught.length > 0 && caught);
    assert.equal(error?.error.code, "AAI_PROPERTY");
    assert.match(error?.error.message ?? "", /sampleRate must be a whole number from 8000 to 96000, not "100"/);
    assert.deepEqual(statuses(), ["red ring wrong property"]);
    mic.receive({ action: "start" });
    await until("the error of the start", () => caught.length === 2);
    assert.deepEqual(recorder.pids, []);
  });

  it("shows how loud it is", async () => {
    recorder.write("pcm.raw", Buffer.from(new Int16Array(16_000).fill(3277).buffer));
    const { mic } = await load();
    mic.receive({ action: "start" });
    await until("the level", () => statuses().at(-1) === "green dot ▁▂▃▄▅▆ listening");
  });

  it("reports that it gets only zeros, and warns once", async () => {
    recorder.write("pcm.raw", Buffer.alloc(4 * 32_000));
    const { mic } = await load({ device: "hall" });
    mic.receive({ action: "start" });
    await until("the status", () => statuses().at(-1) === "yellow dot hears only zeros: muted?");
    const warnings = warningsOf(mic);
    assert.equal(warnings.length, 1);
    assert.match(String(warnings[0]), /^The microphone "hall" delivers nothing but zeros: it is muted/);
  });

  it("lists the machine's microphones for the editor @linux", async () => {
    recorder.install('[ "$*" = -l ] && echo "card 1: Device [USB Mic], device 0: USB Audio [USB Audio]"; [ "$*" = -L ] && echo hall');
    await load();
    const { body } = await helper.request().get("/assemblyai-microphone/devices").expect(200);
    const usb = { name: "plughw:CARD=Device,DEV=0", label: "USB Mic, USB Audio" };
    assert.deepEqual(body, { devices: [usb, { name: "hall", label: "" }] });
  });

  it("lists no microphones for the editor where no recorder is installed, and says why @linux", async () => {
    recorder.hide();
    await load();
    const { body } = await helper.request().get("/assemblyai-microphone/devices").expect(200);
    assert.deepEqual(body, { devices: [], problem: "AAI_RECORDER_MISSING/linux" });
  });

  it("shows at most two statuses a second", async () => {
    const { mic } = await load();
    const before = statuses().length;
    for (let i = 0; i < 50; i++) mic.receive({ payload: "toggle" });
    await until("the last status", () => statuses().at(-1) === "grey ring stopped");
    assert.ok(statuses().length - before <= 4, statuses().join("\n"));
  });
});
