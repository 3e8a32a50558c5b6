import assert from "node:assert/strict";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { WebSocket } from "ws";
import { REALISTIC_LATENCY, startSimulator, type Fault, type Simulator, type SimulatorOptions } from "../../simulator";
import { pinkNoise } from "../support/audio";
import { debug, keyFor } from "../support/flow-parts";
import { Line } from "../support/line";
import { NodeRedProcess, type FlowNode } from "../support/node-red-process";
import { silence, spoken, type Spoken } from "../support/spoken";
import { noiseRms } from "../support/voice";

const PIECE_MS = 50;
const PIECE_SAMPLES = 16 * PIECE_MS;
/** Until the audio of half a minute without a server is processed, in real time, and the session has ended. */
const PATIENCE_MS = 110_000;
const AWAY_MS = { from: 5_000, to: 35_000 };

const SCRIPT = spoken();
/** Little more than a second without a word between two sentences. */
const CLOSE_SCRIPT = spoken({ pauseMs: 800, leadMs: 2_500 });
const NOISY_SCRIPT = spoken({ noise: pinkNoise(noiseRms(10), 10), pauseMs: 9_000, levelled: true });

/** A room with a microphone, and a service of its own that something is wrong with. */
interface Room {
  name: string;
  script: Spoken;
  properties: Record<string, unknown>;
  service: SimulatorOptions;
  isAway?: boolean;
  /** what happens on the line to the service, and when: ms after the first sound */
  line?: { afterMs: number; fault: (line: Line) => void };
  /** as many as it takes: one more is one more to pay for */
  sessions: number;
  /** why it may take more, where it may */
  orMore?: string;
}

const drop = (inWord: number): Fault => ({ kind: "drop", at: { inWord } });
const error = (code: number): Fault => ({ kind: "error", code, at: { afterAudioMs: 7_500 } });

function room(name: string, service: SimulatorOptions, sessions: number, properties: Record<string, unknown> = {}): Room {
  return { name, script: SCRIPT, properties, service, sessions };
}

/** The line stands still from the middle of the second sentence on. */
function stall(ms: number, sessions: number, properties: Record<string, unknown> = {}): Room {
  const name = `a line that stands still for ${ms / 1000} s ${JSON.stringify(properties)}`;
  return { ...room(name, {}, sessions, properties), line: { afterMs: 8_000, fault: (line) => line.stall(ms) } };
}

/** The connection dies silently, in the middle of a sentence. */
function halfOpen(afterMs: number, properties: Record<string, unknown> = {}): Room {
  const name = `a line that is half open from ${afterMs} ms on ${JSON.stringify(properties)}`;
  return { ...room(name, {}, 2, properties), line: { afterMs, fault: (line) => line.loseAll() } };
}

/** Texts that come at the ends of turns only, with a silence timeout that is shorter than some sentences. */
function lateTexts(options: Record<string, unknown>, silenceTimeout: number): Room {
  return room(`texts at the ends of turns, ${silenceTimeout} s ${JSON.stringify(options)}`, {}, 1, {
    open: "speech",
    options,
    silenceTimeout,
  });
}

/** A drop in mid-turn, whose replay begins at a first word that the service has placed a second too early: at the end of the turn before. */
function early(properties: Record<string, unknown>): Room {
  const service = { earlyStartMs: 990, faults: [drop(18)] };
  return { ...room(`first words placed too early ${JSON.stringify(properties)}`, service, 2, properties), script: CLOSE_SCRIPT };
}

const ROOMS: readonly Room[] = [
  room("without a fault", {}, 1),
  room("a drop in mid-word", { faults: [drop(12)] }, 2),
  room("a drop in mid-word, with the voice gate", { faults: [drop(33)] }, 2, { open: "speech" }),
  early({}),
  early({ open: "speech", preRoll: 1_500 }),
  room("three drops in a row", { faults: [drop(7), drop(3), drop(10)] }, 4),
  room("drops in mid-handshake", { faults: [{ kind: "close-before-begin" }, { kind: "close-before-begin" }] }, 1),
  room("a Begin that is 3 s late", { faults: [{ kind: "late-begin", ms: 3_000 }] }, 1),
  room("Error 3005", { faults: [error(3005)] }, 2),
  room("Error 3008", { faults: [error(3008)] }, 2),
  { ...room("a server that is away for 30 s", {}, 2), isAway: true },
  {
    ...room("a rollover at maxSession", {}, 2, { maxSession: 14 / 60 }),
    orMore: "the silence after the words lasts until about when the next one is due",
  },
  {
    ...room("a rollover before expires_at", { maxSessionMs: 20_000 }, 2),
    orMore: "the silence after the words lasts until about when the next one is due",
  },
  stall(4_000, 1),
  stall(5_250, 1),
  stall(5_000, 1, { open: "speech" }),
  halfOpen(8_000),
  {
    ...halfOpen(14_000, { open: "speech" }),
    orMore: "a voice may open the next one before the line is found dead, and what it owes one more",
  },
  { ...lateTexts({ redact_pii: true }, 2), orMore: "the pauses between the sentences are longer than the timeout" },
  { ...lateTexts({ include_partial_turns: false }, 5), orMore: "it has taken two on a machine that was busy with other things" },
  {
    ...room("pink noise at 10 dB, with the voice gate", {}, 2, { open: "speech" }),
    script: NOISY_SCRIPT,
    orMore: "each pause of 9 s is a hang-up, unless the noise is taken for a voice in it",
  },
];

interface Final {
  payload: string;
  turnNumber: number;
}

interface SessionEvent {
  event: string;
  sessionId: string;
  payload: { reason?: string };
}

/** Everything at once, in one Node-RED and in real time, as a house with as many rooms has it. */
describe("not a word lost, in a Node-RED of its own", function () {
  this.timeout(150_000);
  let nodeRed: NodeRedProcess;
  let simulators: Simulator[];
  let lines: Line[];

  beforeEach(async () => {
    const start = ({ service }: Room) => startSimulator({ latency: REALISTIC_LATENCY, processing: "realtime", ...service });
    simulators = await Promise.all(ROOMS.map(start));
    lines = await Promise.all(simulators.map(({ url }) => Line.to(url)));
    nodeRed = await NodeRedProcess.start();
    await nodeRed.deploy([{ id: "tab", type: "tab", label: "house" }, ...ROOMS.flatMap(flowOf)]);
  });
  afterEach(async () => {
    await nodeRed.stop();
    await Promise.all(lines.map((line) => line.close()));
    await Promise.all(simulators.map((simulator) => simulator.close()));
  });

  it(`emits each word once, and one termination for each session: ${ROOMS.map(({ name }) => name).join("; ")}`, async () => {
    await Promise.all(ROOMS.map(speakIn));
    ROOMS.forEach(assertEachWordOnce);
  });

  function assertEachWordOnce({ name, script, sessions, orMore }: Room, index: number): void {
    const finals = nodeRed.shown(`final ${index}`) as Final[];
    assert.equal(finals.map(({ payload }) => payload).join(" "), script.words.join(" "), name);
    const numbers = finals.map(({ turnNumber }) => turnNumber);
    assert.deepEqual(
      numbers,
      [...numbers.keys()].map((order) => order + 1),
      name,
    );
    const ids = (event: string) => eventsOf(index, event).map(({ sessionId }) => sessionId);
    const count = ids("begin").length;
    const reasons = eventsOf(index, "termination").map(({ payload }) => payload.reason);
    assert.ok(count === sessions || (orMore !== undefined && count > sessions), `${name}: ${count} sessions, ended for ${String(reasons)}`);
    assert.deepEqual(ids("termination").sort(), ids("begin").sort(), `${name}: exactly one termination for each begin`);
  }

  function eventsOf(index: number, event: string): SessionEvent[] {
    return (nodeRed.shown(`event ${index}`) as SessionEvent[]).filter((shown) => shown.event === event);
  }

  /** Audio comes in by a WebSocket, as from a phone. */
  function flowOf({ properties }: Room, index: number): FlowNode[] {
    const place = { z: "tab", x: 100, y: 100 };
    return [
      { id: `listener${index}`, type: "websocket-listener", path: `/room/${index}`, wholemsg: "false" },
      { id: `room${index}`, type: "websocket in", ...place, name: "", server: `listener${index}`, client: "", wires: [[`stt${index}`]] },
      {
        id: `account${index}`,
        type: "assemblyai-config",
        name: "",
        endpoint: "custom",
        url: lines[index]?.url,
        credentials: keyFor(lines[index]?.url ?? ""),
      },
      {
        id: `stt${index}`,
        type: "assemblyai-streaming",
        ...place,
        name: "",
        config: `account${index}`,
        ...properties,
        wires: [[`final ${index}`], [], [`event ${index}`]],
      },
      debug(`final ${index}`, "true"),
      debug(`event ${index}`, "true"),
    ];
  }

  /** Says the script, in real time, and lets the room be quiet until all sessions of it have ended. */
  async function speakIn({ script, isAway = false, line }: Room, index: number): Promise<void> {
    const socket = new WebSocket(`${nodeRed.url.replace("http:", "ws:")}/room/${index}`);
    await once(socket, "open");
    const away = isAway ? goAway(index) : Promise.resolve();
    const trouble = line && setTimeout(() => line.fault(lines[index] as Line), line.afterMs);
    const begin = performance.now();
    const quiet = silence(10_000);
    const pieceAt = (at: number) => {
      if (at < script.pcm.length) return script.pcm.slice(at, at + PIECE_SAMPLES);
      const from = (at - script.pcm.length) % (quiet.length - PIECE_SAMPLES);
      return quiet.slice(from, from + PIECE_SAMPLES);
    };
    for (let at = 0; at < script.pcm.length || !hasHungUp(index); at += PIECE_SAMPLES) {
      const due = begin + (at / PIECE_SAMPLES) * PIECE_MS;
      assert.ok(due - begin < PATIENCE_MS, `"${ROOMS[index]?.name}" is not hung up after ${PATIENCE_MS / 1000} s`);
      socket.send(Buffer.from(pieceAt(at).buffer));
      await pause(Math.max(0, due + PIECE_MS - performance.now()));
    }
    socket.close();
    clearTimeout(trouble);
    await away;
  }

  async function goAway(index: number): Promise<void> {
    await pause(AWAY_MS.from);
    const { port } = simulators[index] as Simulator;
    await simulators[index]?.close();
    await pause(AWAY_MS.to - AWAY_MS.from);
    simulators[index] = await startSimulator({ latency: REALISTIC_LATENCY, processing: "realtime", port });
  }

  function hasHungUp(index: number): boolean {
    const [begun, ended] = ["begin", "termination"].map((event) => eventsOf(index, event).length) as [number, number];
    return begun === ended && begun >= (ROOMS[index]?.sessions ?? 1) && simulators[index]?.ledger.state.open === 0;
  }
});
