import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { startSimulator, type Simulator } from "../../simulator";
import { assertInstalled, startFakeMicrophone, type FakeMicrophone } from "../support/fake-mic";
import { account, API_KEY, keyFor, microphone, outputs, speechToText, start, tab } from "../support/flow-parts";
import { NodeRedProcess, root, type FlowNode } from "../support/node-red-process";
import { until } from "../support/until";

const WAV = join(root, "simulator/samples/librivox_0880.wav");
const SAID = "He was not an ill disposed young man.";

interface SessionEvent {
  event: string;
  payload: { reason: string; turns: number; words: number; sessionSeconds: number; estimated: boolean };
  listening?: boolean;
}

interface CaughtError {
  code: string;
  message: string;
}

describe("a voice, through the real arecord, the real mic and a real Node-RED", () => {
  let simulator: Simulator;
  let nodeRed: NodeRedProcess | undefined;
  let fake: FakeMicrophone | undefined;

  before(() => assertInstalled("arecord"));
  beforeEach(async () => {
    simulator = await startSimulator({ keepAudio: true });
  });
  afterEach(async () => {
    await nodeRed?.stop();
    nodeRed = undefined;
    await fake?.stop();
    fake = undefined;
    await simulator.close();
  });

  const flowWith = (properties: object, accountNode: FlowNode) => [
    tab(),
    accountNode,
    start("mic"),
    microphone(properties),
    speechToText({ silenceTimeout: 2 }, ["mic"]),
    ...outputs(),
  ];
  const listenWith = async (env: NodeJS.ProcessEnv, properties: object = {}, accountNode = account(simulator.url)) => {
    nodeRed = await NodeRedProcess.start({ env });
    await nodeRed.deploy(flowWith(properties, accountNode));
    await nodeRed.inject("start");
    return nodeRed;
  };

  it("is emitted as a turn, ends its session by silence, and stops the microphone", async () => {
    fake = await startFakeMicrophone({ wav: WAV });
    const running = await listenWith(fake.env);
    const events = () => running.shown("event") as SessionEvent[];
    const end = await until("the termination", () => events().find(({ event }) => event === "termination"), 15_000);

    assert.deepEqual(running.shown("turn"), [SAID]);
    assert.ok(running.shown("partial").length > 1);
    assert.deepEqual(
      events().map(({ event }) => event),
      ["begin", "speech-started", "termination"],
    );
    const { reason, turns, words, estimated } = end.payload;
    assert.deepEqual([reason, turns, words, estimated, end.listening], ["silence", 1, 8, false, false]);
    assert.deepEqual(running.shown("error"), []);

    await until("the microphone's stop", () => running.statusesOf("mic").at(-1)?.text === "stopped");
    await until("arecord's end", () => running.children.length === 0);

    const session = await simulator.session(0);
    const heard = session.record.audioReceived();
    const seconds = heard.length / 32_000;
    assert.deepEqual(heard, fake.pcm.subarray(0, heard.length));
    assert.ok(seconds > fake.speechEndMs / 1000 + 1.5 && seconds < fake.speechEndMs / 1000 + 3, `${seconds} s`);
    assert.deepEqual({ ...simulator.ledger.state, billedSeconds: 0 }, { open: 0, connections: 1, sessions: 1, billedSeconds: 0 });
    console.log(`      ${seconds} s of audio at the service, every sample as recorded; session of ${end.payload.sessionSeconds} s`);
  });

  it("is transcribed again after a start, in a session of its own", async () => {
    fake = await startFakeMicrophone({ wav: WAV, leadSeconds: 0.2 });
    const running = await listenWith(fake.env);
    const stopped = () => running.children.length === 0 && simulator.ledger.state.open === 0;
    await until("the first turn", () => running.shown("turn").length === 1, 15_000);
    await until("the first end", stopped, 5000);
    await pause(1000); // audio that goes on without a gap of a second does not open a session again
    await running.inject("start");
    await until("the second turn", () => running.shown("turn").length === 2, 15_000);
    await until("the second end", stopped, 5000);
    assert.deepEqual(running.shown("turn"), [SAID, SAID]);
    assert.equal(simulator.ledger.state.sessions, 2);
  });

  it("opens a session at each start, also of a microphone that is left on", async () => {
    fake = await startFakeMicrophone({ wav: WAV, leadSeconds: 0.2 });
    const running = await listenWith(fake.env, { stopWithSession: false });
    const ended = (count: number) => () => simulator.ledger.state.sessions === count && simulator.ledger.state.open === 0;
    await until("the first end", ended(1), 15_000);
    await pause(1500);
    assert.deepEqual([running.children.length, simulator.ledger.state.sessions], [1, 1], "it records on, and opens nothing");
    await running.inject("start");
    await until("the second end", ended(2), 15_000);
    assert.equal(running.children.length, 1);
  });

  it("stops the microphone where the key is refused; once it is mended, nothing opens before someone starts", async () => {
    await simulator.close();
    simulator = await startSimulator({ keys: [API_KEY] });
    fake = await startFakeMicrophone({ wav: WAV, leadSeconds: 0.2 });
    const refused = { ...account(simulator.url), credentials: keyFor(simulator.url, "an-expired-key") };
    const running = await listenWith(fake.env, {}, refused);
    await until("the refusal", () => running.statusesOf("stt").at(-1)?.text === "key refused");
    await until("the microphone's stop", () => running.statusesOf("mic").at(-1)?.text === "stopped");
    await until("arecord's end", () => running.children.length === 0);
    assert.deepEqual(
      (running.shown("error") as CaughtError[]).map(({ code }) => code),
      ["AAI_UNAUTHORIZED"],
    );
    const [failed] = running.shown("event") as SessionEvent[];
    assert.deepEqual([failed?.event, failed?.listening], ["failed", false]);

    await running.deploy(flowWith({}, account(simulator.url)), "nodes");
    await pause(2000);
    assert.deepEqual(
      { connections: simulator.ledger.state.connections, recorders: running.children.length },
      { connections: 1, recorders: 0 },
    );
    await running.inject("start");
    await until("the turn", () => running.shown("turn").length === 1, 15_000);
    assert.equal(simulator.ledger.state.connections, 2);
  });

  it("reports to a Catch node what to install where the recorder is missing, and Node-RED goes on", async () => {
    const folder = mkdtempSync(join(tmpdir(), "no-recorder-"));
    try {
      const running = await listenWith({ PATH: folder });
      const error = (await until("the error", () => running.shown("error")[0])) as CaughtError;
      assert.equal(error.code, "AAI_RECORDER_MISSING");
      assert.match(error.message, /apt install alsa-utils/);
      assert.equal(running.statusesOf("mic").at(-1)?.fill, "red");
      await running.inject("start");
      await until("the second error", () => running.shown("error").length === 2);
      await running.request("/settings");
      assert.ok(running.isRunning);
      assert.equal(simulator.ledger.state.connections, 0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("reports the recorder's own words to a Catch node where the device is missing", async () => {
    const running = await listenWith({}, { device: "nosuch" });
    const error = (await until("the error", () => running.shown("error")[0])) as CaughtError;
    assert.equal(error.code, "AAI_DEVICE");
    assert.match(error.message, /nosuch.*Unknown PCM nosuch.*No such file or directory/);
    assert.ok(running.isRunning);
    assert.equal(simulator.ledger.state.connections, 0);
  });
});
