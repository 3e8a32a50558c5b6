import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import type { NodeRedProcess } from "../support/node-red-process";
import type { RecordingName } from "../support/spoken";
import { until } from "../support/until";
import { PARTS, Site } from "./site";

const SENTENCES: readonly RecordingName[] = ["librivox_0870", "librivox_0880", "librivox_0930"];
const MIDDLE_MS = 9000;
const FLOORS = ["ground", "first"];
const NAMES = FLOORS.flatMap((floor) => ["a", "b", "c", "d"].map((room) => `${floor}/${room}`));
/** A worker that dies is found at once; one that hangs, or whose machine is gone, after one and a half keepalives of 4 s. */
const TAKEOVER_MS = 10_000;

/** When a session got its first and its last audio, ms. */
interface Heard {
  room: string;
  first: number;
  last: number;
}

describe("two workers", () => {
  let site: Site;
  afterEach(() => site.close());

  /** Both are up, and each has its own floor. */
  async function start(kind: "mosquitto" | "nats-server", env: Record<string, string> = {}, stt: object = {}): Promise<NodeRedProcess[]> {
    site = await Site.open(kind);
    const flow = site.worker(kind === "nats-server" ? { ...PARTS, ...env } : env, { "assemblyai-streaming": stt });
    const workers = [await site.start(flow, { worker: "workers/1" }), await site.start(flow, { worker: "workers/2" })];
    await pause(1000);
    await handBack(workers[0]);
    await pause(1000);
    return workers;
  }

  const handBack = (worker: NodeRedProcess | undefined) => {
    const button = site.worker().find(({ name }) => name === "hand back");
    return worker?.inject(button?.id ?? "");
  };

  const play = async (recordings: readonly RecordingName[]) => {
    const rooms = await site.open(NAMES);
    return Promise.all(rooms.map((room, i) => room.play([...recordings.slice(i % 3), ...recordings.slice(0, i % 3)])));
  };

  /** Rooms that two sessions heard at the same time. One that is ended for silence may take a second to end while the next one begins. */
  function doubled(): string[] {
    const sessions = site.simulator.sessions.map(({ record }) => {
      const heard = record.audioMessages.map(({ at }) => at);
      return { room: roomOf(record.id), first: heard.at(0) ?? 0, last: heard.at(-1) ?? 0 };
    });
    const overlap = (one: Heard, other: Heard) => Math.min(one.last, other.last) - Math.max(one.first, other.first);
    return sessions
      .filter((one, i) => sessions.slice(i + 1).some((other) => other.room === one.room && overlap(one, other) > 1000))
      .map(({ room }) => room);
  }

  const roomOf = (sessionId: string) => site.listener.of("begin").find((event) => event.sessionId === sessionId)?.topic ?? sessionId;

  for (const kind of ["mosquitto", "nats-server"] as const) {
    it(`${kind}: one takes over within 10 s what another leaves that is killed in mid-speech`, async () => {
      const [first] = await start(kind);
      const talk = play([...SENTENCES, ...SENTENCES, ...SENTENCES]);
      await pause(MIDDLE_MS);
      const { sessions } = site.simulator.ledger.state;
      const killed = performance.now();
      await first?.stop("SIGKILL");
      await until("another session", () => site.simulator.ledger.state.sessions > sessions, TAKEOVER_MS);
      const seconds = ((performance.now() - killed) / 1000).toFixed(1);
      await talk;
      await until("the end of all sessions", () => site.simulator.ledger.state.open === 0, 40_000);
      console.log(`      ${kind}, kill -9: new session after ${seconds} s, ${site.wordErrors} of ${site.words} words lost`);
      assert.deepEqual(doubled(), [], "no room is heard twice");
      assert.ok(site.wordErrors <= site.words * 0.12, `${site.wordErrors} of ${site.words}`);
    });
  }

  it("takes over within 10 s what a worker leaves that hangs, and gives it back when told to", async () => {
    const [first] = await start("mosquitto");
    const [room] = await site.open(["ground/kitchen"]);
    const talk = room?.play([...SENTENCES, ...SENTENCES, ...SENTENCES]);
    await pause(MIDDLE_MS);
    const { sessions } = site.simulator.ledger.state;
    const hung = performance.now();
    process.kill(first?.pid ?? 0, "SIGSTOP");
    try {
      await until("another session", () => site.simulator.ledger.state.sessions > sessions, TAKEOVER_MS);
      console.log(`      hung worker: new session after ${((performance.now() - hung) / 1000).toFixed(1)} s`);
    } finally {
      process.kill(first?.pid ?? 0, "SIGCONT");
    }
    await talk;
    await until("the end of all sessions", () => site.simulator.ledger.state.open === 0, 40_000);
  });

  it("spends one budget together", async () => {
    // 60 s of sessions at $0.45 an hour.
    const budgetS = 60;
    await start("mosquitto", { BUDGET_USD: String((budgetS * 0.45) / 3600) });
    const talk = play([...SENTENCES, ...SENTENCES]);
    await talk;
    await until("the end of all sessions", () => site.simulator.ledger.state.open === 0, 40_000);
    const { billedSeconds } = site.simulator.ledger.state;
    console.log(`      one budget of ${budgetS} s: ${billedSeconds} s billed`);
    assert.ok(billedSeconds >= budgetS * 0.9 && billedSeconds <= budgetS * 1.1, `${billedSeconds} s`);
  });
});
