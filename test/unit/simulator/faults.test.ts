/** Each fault by its name; and the order of messages, which no fault and no slow recogniser changes. */
import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { FakeClock } from "../../support/fake-clock";
import {
  NAMED_FAULTS,
  parseFault,
  startSimulator,
  type Fault,
  type Recogniser,
  type Simulator,
  type SimulatorOptions,
} from "../../../simulator";
import { connect, type Client } from "./client";
import { join, sample, silence, text } from "./sounds";

const SENTENCE = sample("librivox_0880");
const SPOKEN = join(silence(500), SENTENCE.pcm);

const running: Simulator[] = [];

async function start(options: SimulatorOptions): Promise<Simulator> {
  const simulator = await startSimulator(options);
  running.push(simulator);
  return simulator;
}

/** A client whose connection has this fault, on a clock that the test turns. */
async function faulty(fault: Fault): Promise<{ client: Client; clock: FakeClock; simulator: Simulator }> {
  const clock = new FakeClock();
  const simulator = await start({ clock, faults: [fault] });
  return { client: connect(simulator), clock, simulator };
}

/** Lets the packets on the loopback arrive. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
}

/** Says "one", then "one two" …, each after its own time, the later the sooner. */
function slow(delays: number[]): Recogniser {
  return {
    open() {
      let asked = 0;
      return {
        async recognise({ startMs, final }) {
          await sleep(delays[asked] ?? 0);
          asked += 1;
          const texts = ["one", "two", "three", "four", "five"].slice(0, final ? 5 : asked);
          return texts.map((word, i) => ({ text: word, start: startMs + 100 * i, end: startMs + 100 * i + 90, confidence: 1 }));
        },
        close: () => undefined,
      };
    },
    close: () => Promise.resolve(),
  };
}

async function finals(pcm: Int16Array, params: Record<string, string | number> = {}): Promise<string[]> {
  const client = (await connect(await start({}), { params }).opened()).pcm(pcm);
  return (await client.finish()).finals();
}
/** The sentence with a pause in its middle (ms), and time to end after it. */
const paused = (ms: number): Int16Array =>
  join(SPOKEN.subarray(0, 16_000 * 1.55), silence(ms), SENTENCE.pcm.subarray(16_000 * 1.05), silence(2800));

describe("simulator's faults", () => {
  afterEach(async () => {
    for (const simulator of running.splice(0)) await simulator.close();
  });

  it("refuse: an HTTP status instead of the upgrade", async () => {
    for (const status of [401, 429, 503]) {
      const { client, simulator } = await faulty({ kind: "refuse", status });
      await client.closed;
      equal(client.refused, status);
      deepEqual(simulator.sessions, []);
      await connect(simulator).message("Begin"); // the next connection has no fault
    }
  });

  it("rate-limit: 1008 and 3009 with the same text", async () => {
    for (const code of [1008, 3009] as const) {
      const { client } = await faulty({ kind: "rate-limit", code });
      equal((await client.closed).code, code);
      deepEqual(client.messages, [{ type: "Error", error_code: code, error: "Unauthorized Connection: Too many concurrent sessions" }]);
    }
  });

  it("close-before-begin: with a code, or cut", async () => {
    const closed = await faulty({ kind: "close-before-begin", code: 1011 });
    equal((await closed.client.closed).code, 1011);
    const cut = await faulty({ kind: "close-before-begin" });
    equal((await cut.client.closed).code, 1006);
    deepEqual([closed.client.messages, cut.client.messages], [[], []]);
    equal(cut.simulator.ledger.state.sessions, 0);
  });

  it("late-begin", async () => {
    const { client, clock, simulator } = await faulty({ kind: "late-begin", ms: 3000 });
    await client.opened();
    await simulator.session(0);
    clock.advance(2999);
    await settle();
    deepEqual(client.messages, []);
    clock.advance(1);
    await client.message("Begin");
  });

  it("drop: after so much audio", async () => {
    const { client, simulator } = await faulty({ kind: "drop", at: { afterAudioMs: 1200 } });
    (await client.opened()).pcm(SPOKEN);
    equal((await client.closed).code, 1006);
    const { record } = await simulator.session(0);
    equal(record.audio.ms, 1200);
    equal(simulator.ledger.state.open, 0);
  });

  it("drop: after so much time", async () => {
    const { client, clock } = await faulty({ kind: "drop", at: { afterMs: 2000 } });
    await client.message("Begin");
    clock.advance(1999);
    await settle();
    equal(client.socket.readyState, client.socket.OPEN);
    clock.advance(1);
    equal((await client.closed).code, 1006);
  });

  it("drop: in the middle of a word", async () => {
    const clock = new FakeClock();
    const simulator = await start({ clock, processing: "realtime", faults: [{ kind: "drop", at: { inWord: 6 } }] });
    const client = (await connect(simulator).opened()).pcm(SPOKEN);
    await client.message("Begin");
    const began = clock.now();
    while (client.socket.readyState !== client.socket.CLOSED) {
      await settle();
      clock.advance(50);
    }
    const { start: from = 0, end: to = 0 } = SENTENCE.words[5] ?? {};
    const lasted = ((await simulator.session(0)).record.closedAt ?? 0) - began - 500;
    ok(lasted > from && lasted < to + 100, `cut ${lasted} ms into the recording, "disposed" lasts from ${from} to ${to} ms`);
    equal((await client.closed).code, 1006);
    deepEqual(client.finals(), []);
  });

  it("error: any code, after so much time, without Termination", async () => {
    for (const [code, error] of [
      [3005, "Session Cancelled: An error occurred"],
      [3008, "Session Expired: Maximum session duration exceeded"],
      [4321, "Session Cancelled: An error occurred"],
    ] as const) {
      const { client, clock } = await faulty({ kind: "error", code, at: { afterMs: 5000 } });
      await client.message("Begin");
      clock.advance(5000);
      equal((await client.closed).code, code);
      deepEqual(client.messages.slice(1), [{ type: "Error", error_code: code, error }]);
    }
  });

  it("error: without a type", async () => {
    const { client } = await faulty({ kind: "error", code: 3005, text: "Oh", typeless: true, at: { afterAudioMs: 100 } });
    (await client.opened()).pcm(silence(100));
    equal((await client.closed).code, 3005);
    deepEqual(client.messages.at(-1), { error_code: 3005, error: "Oh" });
  });

  it("close: a code without a message", async () => {
    const { client, clock } = await faulty({ kind: "close", code: 1011, reason: "oops", at: { afterMs: 1 } });
    await client.message("Begin");
    clock.advance(1);
    deepEqual(await client.closed, { code: 1011, reason: "oops" });
  });

  it("no-termination: the turns come, Termination does not", async () => {
    const closing = await faulty({ kind: "no-termination", close: true });
    await (await closing.client.opened()).pcm(SPOKEN).finish();
    deepEqual([closing.client.finals(), closing.client.ofType("Termination")], [[text(SENTENCE.words)], []]);
    equal((await closing.client.closed).code, 1000);

    const { client, simulator } = await faulty({ kind: "no-termination", close: false });
    (await client.opened()).pcm(SPOKEN).json({ type: "Terminate" });
    await client.message("Turn");
    while (client.finals().length === 0) await settle();
    await settle();
    deepEqual([client.ofType("Termination"), simulator.ledger.state.open], [[], 1]);
    client.socket.terminate();
    await (
      await simulator.session(0)
    ).closed;
    equal(simulator.ledger.state.open, 0);
  });

  it("stall: nothing is answered, not even a ping or a close", async () => {
    const { client, simulator } = await faulty({ kind: "stall", at: { afterAudioMs: 200 } });
    const pongs: Buffer[] = [];
    client.socket.on("pong", (data: Buffer) => pongs.push(data));
    await client.message("Begin");
    client.socket.ping();
    while (pongs.length === 0) await settle();
    const session = await simulator.session(0);
    client.pcm(silence(200));
    while (session.record.audio.ms < 200) await settle();
    client.pcm(silence(100)).json({ type: "Terminate" });
    client.socket.ping();
    client.socket.close(1000);
    await sleep(30);
    equal(pongs.length, 1);
    equal(client.messages.length, 1);
    deepEqual([session.record.audio.ms, session.record.received, simulator.ledger.state.open], [200, [], 1]);
    client.socket.terminate();
    await session.closed;
    equal(simulator.ledger.state.open, 0);
  });

  it("send: unknown, malformed, binary and oversize messages, a Warning", async () => {
    const frames: (string | Uint8Array | object)[] = [{ type: "Surprise" }, '{"type":', Buffer.from([1, 2, 3]), "x".repeat(5_000_000)];
    const warning = { type: "Warning", warning_code: 1, warning: "w" };
    const faults = [...frames, warning].map((data): Fault => ({ kind: "send", data, at: { afterMs: 100 } }));
    const clock = new FakeClock();
    const client = connect(await start({ clock, faults: () => faults }));
    await client.message("Begin");
    clock.advance(100);
    deepEqual(await client.message("Warning"), warning);
    deepEqual(
      client.frames.slice(1, 5).map((frame) => frame.length),
      [19, 8, 3, 5_000_000],
    );
  });

  it("several at once, and by the number of the connection", async () => {
    const simulator = await start({
      faults: (connection) =>
        connection === 1
          ? [
              { kind: "send", data: "hello", at: { afterMs: 0 } },
              { kind: "close", code: 4000, at: { afterAudioMs: 50 } },
            ]
          : undefined,
    });
    const [good, bad] = [await connect(simulator).opened(), await connect(simulator).opened()];
    good.pcm(silence(100));
    bad.pcm(silence(100));
    equal((await bad.closed).code, 4000);
    await good.finish();
    equal(good.messages.length, 2);
  });

  it("from a test's own hands", async () => {
    const begun: string[] = [];
    const simulator = await start({
      onSession: (session) => session.send("before Begin"),
      onBegin: (session) => begun.push(session.id),
    });
    const client = connect(simulator);
    await client.message("Begin");
    const session = await simulator.session(0);
    deepEqual([client.frames[0], begun], ["before Begin", [session.id]]);
    session.fail(3005, "On demand");
    equal((await client.closed).code, 3005);
    session.send("too late");
    session.fail(3005);
    equal(client.messages.at(-1)?.["error"], "On demand");
  });

  it("preview models: Begin, then 3005 at 5 s", async () => {
    const clock = new FakeClock();
    const client = connect(await start({ clock }), { params: { speech_model: "u3-rt-agent" } });
    await client.message("Begin");
    clock.advance(5000);
    equal((await client.closed).code, 3005);
  });

  it("are known by name on the command line", () => {
    deepEqual(parseFault("drop:1500@2"), { fault: { kind: "drop", at: { afterAudioMs: 1500 } }, connection: 2 });
    deepEqual(parseFault("error:3008:700"), { fault: { kind: "error", code: 3008, at: { afterMs: 700 } }, connection: undefined });
    for (const { name } of NAMED_FAULTS) ok(parseFault(name).fault.kind);
    throws(() => parseFault("explode:1"), /unknown fault "explode:1".*drop-in-word/);
  });

  describe("recogniser", () => {
    it("that is slow does not change the order of the messages", async () => {
      const simulator = await start({ recogniser: slow([40, 5, 20, 1, 1, 1]) });
      const client = (await connect(simulator).opened()).pcm(SPOKEN);
      await client.finish();
      const transcripts = client.ofType("Turn").map((turn) => String(turn["transcript"]));
      ok(transcripts.length >= 3);
      for (const [i, transcript] of transcripts.entries()) ok(transcript.startsWith(transcripts[i - 1] ?? ""), transcripts.join(" / "));
      equal(transcripts.at(-1), "one two three four five");
      equal(client.messages.at(-1)?.type, "Termination");
    });

    it("that fails ends the session with 3005", async () => {
      const broken: Recogniser = {
        open: () => ({ recognise: () => Promise.reject(new Error("broken")), close: () => undefined }),
        close: () => Promise.resolve(),
      };
      const client = (await connect(await start({ recogniser: broken })).opened()).pcm(SPOKEN);
      equal((await client.closed).code, 3005);
    });
  });

  describe("turn-taking", () => {
    it("waits for max_turn_silence in mid-sentence", async () => {
      equal((await finals(paused(1000))).length, 1);
      equal((await finals(paused(1700))).length, 2);
      equal((await finals(paused(1000), { max_turn_silence: 700 })).length, 2);
    });
    it("waits for min_turn_silence only, once a sentence is complete", async () => {
      const pcm = join(SPOKEN, silence(700), SENTENCE.pcm, silence(100));
      equal((await finals(pcm)).length, 2);
      equal((await finals(pcm, { min_turn_silence: 3000 })).length, 1);
    });
    it("follows the mode's presets", async () => {
      equal((await finals(paused(900), { mode: "min_latency" })).length, 2);
      equal((await finals(paused(1700), { mode: "max_accuracy" })).length, 1);
    });
    it("ends a turn after 60 s, after 10 s with speaker labels", async () => {
      const on = Array.from({ length: 25 }, () => SENTENCE.pcm.subarray(4000, 46_000)); // 65 s without a pause
      const lengths = async (params: Record<string, string>): Promise<number[]> => {
        const client = (await connect(await start({}), { params: { ...params, min_turn_silence: 2000 } }).opened()).pcm(join(...on));
        await client.finish();
        return client
          .ofType("Turn")
          .filter((turn) => turn["end_of_turn"])
          .map((turn) => {
            const words = turn["words"] as { start: number; end: number }[];
            return Math.round(((words.at(-1)?.end ?? 0) - (words[0]?.start ?? 0)) / 1000);
          });
      };
      const [first, ...rest] = await lengths({});
      ok((first ?? 0) >= 59 && (first ?? 0) <= 60 && rest.length === 1, `${first}, ${rest.join()}`);
      equal((await lengths({ speaker_labels: "true" })).length, 7);
    });
    it("reports the start of speech in the session's audio", async () => {
      const client = (await connect(await start({})).opened()).pcm(join(silence(2000), SENTENCE.pcm));
      await client.finish();
      const { timestamp } = await client.message("SpeechStarted");
      ok(Number(timestamp) >= 1900 && Number(timestamp) <= 2300, String(timestamp));
      match(client.frames[1] ?? "", /^\{"type":"SpeechStarted","timestamp":\d+,"confidence":0\.\d+\}$/);
    });
  });
});
