/** The 15 points of what a simulator of the service must do, each by its name. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { FakeClock } from "../../support/fake-clock";
import { startSimulator, type Simulator, type SimulatorOptions } from "../../../simulator";
import { connect, type Client, type Message } from "./client";
import { join, sample, silence, text } from "./sounds";

const SENTENCE = sample("librivox_0880");
const SAID = text(SENTENCE.words);
const SPOKEN = join(silence(500), SENTENCE.pcm);

const running: Simulator[] = [];
const start = async (options: SimulatorOptions = {}): Promise<Simulator> => {
  const simulator = await startSimulator(options);
  running.push(simulator);
  return simulator;
};

/** The Error message that a session ends with, after checking that the close agrees with it. */
async function errorOf(client: Client): Promise<Message> {
  const { code, reason } = await client.closed;
  const error = client.messages.at(-1);
  equal(error?.type, "Error");
  equal(error["error_code"], code);
  equal(reason, "See Error message for details");
  equal(client.ofType("Termination").length, 0);
  return error;
}

async function refused(params: Record<string, string | number>, options: SimulatorOptions = {}): Promise<string> {
  const client = connect(await start(options), { params });
  const error = await errorOf(client);
  equal(error["error_code"], 3006);
  equal(client.messages.length, 1);
  return String(error["error"]);
}

async function begun(params: Record<string, string | number>): Promise<Client> {
  const client = connect(await start(), { params });
  await client.message("Begin");
  return client;
}

/** The messages in 20 s of silence, on an audio clock and a wall clock that run together. */
async function inSilence(params: Record<string, string | number>): Promise<Message[]> {
  const clock = new FakeClock();
  const simulator = await start({ clock });
  const client = await connect(simulator, { params }).opened();
  await client.message("Begin");
  for (let second = 1; second <= 20; second++) {
    client.pcm(silence(1000));
    while ((simulator.sessions[0]?.record.audio.ms ?? 0) < 1000 * second) await new Promise(setImmediate);
    clock.advance(1000);
  }
  await client.finish();
  return client.messages.slice(1, -1);
}

/** A session that has received a sentence to its last word, and no silence after it. */
const openTurn = async (): Promise<{ client: Client; simulator: Simulator }> => {
  const simulator = await start();
  const client = (await connect(simulator).opened()).pcm(SPOKEN.subarray(0, -1600)); // to the last word, no silence
  await client.message("Turn");
  const session = await simulator.session(0);
  while (session.record.audio.ms < 3300) await new Promise(setImmediate);
  deepEqual(client.finals(), []);
  return { client, simulator };
};

const ask = async (simulator: Simulator, query: string, key: string | null = "a-key"): Promise<{ status: number; body: Message }> => {
  const response = await fetch(`${simulator.httpUrl}/v3/token${query}`, { headers: key === null ? {} : { authorization: key } });
  return { status: response.status, body: (await response.json()) as Message };
};
const tokenOf = async (simulator: Simulator, query: string): Promise<string> => String((await ask(simulator, query)).body["token"]);

async function defaultModel(options: SimulatorOptions): Promise<unknown> {
  const begin = await connect(await start(options)).message("Begin");
  return (begin["configuration"] as Message)["model"];
}

function wordsOf(turn: Message | undefined): Message[] {
  return (turn?.["words"] ?? []) as Message[];
}

describe("simulator", () => {
  afterEach(async () => {
    for (const simulator of running.splice(0)) await simulator.close();
  });

  describe("1: authenticates after the upgrade", () => {
    it("opens for anyone, then says what is missing", async () => {
      const client = await connect(await start(), { key: null }).opened();
      equal((await errorOf(client))["error"], "Unauthorized Connection: Missing Authorization header");
    });
    it("refuses Bearer, and a key that is not on the list", async () => {
      const simulator = await start({ keys: ["right"] });
      for (const key of ["Bearer right", "wrong"]) {
        equal((await errorOf(connect(simulator, { key })))["error"], "Unauthorized Connection: Invalid API key");
      }
      await connect(simulator, { key: "right" }).message("Begin");
    });
    it("takes any key without a list, but no Bearer and no empty one", async () => {
      const simulator = await start();
      await connect(simulator, { key: "whatever" }).message("Begin");
      equal((await errorOf(connect(simulator, { key: "Bearer whatever" })))["error_code"], 1008);
      equal((await errorOf(connect(simulator, { key: "" })))["error_code"], 1008);
    });
    it("keeps no key", async () => {
      const simulator = await start();
      await connect(simulator, { key: "a-very-secret-key" }).message("Begin");
      ok(!JSON.stringify(simulator.sessions[0]?.record).includes("secret"));
    });
  });

  describe("2: checks the parameters before Begin", () => {
    const wrong: [Record<string, string | number>, RegExp][] = [
      [{ sample_rate: 7000 }, /^User Input Validation Error: Invalid 'sample_rate': must be at least 8,000 Hz$/],
      [{ sample_rate: "fast" }, /'sample_rate'/],
      [{ encoding: "flac" }, /Invalid 'encoding': 'flac' is not a valid Encoding$/],
      [{ speech_model: "u3-pro" }, /Invalid 'speech_model': Input should be 'universal-streaming-english', .* or '[\w-]+'$/],
      [{ keyterms_prompt: JSON.stringify(Array.from({ length: 101 }, (_, i) => `term ${i}`)) }, /'keyterms_prompt': Max 100 items$/],
      [{ prompt: "x".repeat(1751) }, /'prompt'/],
      [{ format_turns: "perhaps" }, /'format_turns'/],
      [{ inactivity_timeout: 4 }, /'inactivity_timeout'/],
      [{ inactivity_timeout: 5.5 }, /'inactivity_timeout'/],
      [{ mode: "fast" }, /'mode'/],
      [{ vad_threshold: 1.5 }, /'vad_threshold'/],
      [{ voice_focus_threshold: 0.5 }, /'voice_focus_threshold'/],
    ];
    for (const [params, error] of wrong) {
      it(`refuses ${JSON.stringify(params).slice(0, 60)}`, async () => match(await refused(params), error));
    }
    it("takes only its own language codes, and names them all", async () => {
      const codes = (...items: string[]) => ({ language_codes: JSON.stringify(items) });
      await connect(await start(), { params: codes("en", "yue", "nn") }).message("Begin");
      match(await refused(codes("en", "en-US")), /Invalid 'language_codes\.1': Input should be 'en', 'es', .* 'nn' or 'multi'$/);
      match(await refused(codes("xx")), /Invalid 'language_codes\.0'/);
      const client = await begun({});
      client.json({ type: "UpdateConfiguration", language_codes: ["en-US"] });
      match(String((await errorOf(client))["error"]), /Invalid 'language_codes\.0'/);
    });
    it("refuses mode and prompt for other models than Pro, also while a session runs", async () => {
      for (const speech_model of ["universal-streaming-english", "whisper-rt"]) {
        match(await refused({ speech_model, mode: "balanced" }), /Invalid 'mode'/);
        match(await refused({ speech_model, prompt: "x" }), /Invalid 'prompt'/);
      }
      const client = await begun({ speech_model: "universal-streaming-english" });
      client.json({ type: "UpdateConfiguration", prompt: "x" });
      match(String((await errorOf(client))["error"]), /Invalid 'prompt'/);
    });
    it("ignores unknown names, and reads booleans in any case", async () => {
      const client = connect(await start(), { params: { speechModel: "u3-pro", redact_pii: "True", speaker_labels: "false" } });
      const { configuration } = await client.message("Begin");
      deepEqual([(configuration as Message)["redact_pii"], (configuration as Message)["speaker_labels"]], [true, false]);
    });
    it("has a default model, which can be set", async () => {
      equal(await defaultModel({}), "universal-3-6-pro");
      equal(await defaultModel({ defaultModel: "universal-streaming-english" }), "universal-streaming-english");
    });
  });

  describe("3: Begin", () => {
    it("echoes eight fields, and when the session will expire", async () => {
      const clock = new FakeClock(Date.UTC(2026, 10, 20));
      const client = connect(await start({ clock }), { params: { speech_model: "universal-3-5-pro", mode: "min_latency" } });
      const begin = await client.message("Begin");
      match(String(begin["id"]), /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/);
      equal(
        client.frames[0],
        `{"type":"Begin","id":"${String(begin["id"])}","expires_at":${Math.floor((clock.date() + 10_800_000) / 1000)},"configuration":` +
          '{"model":"universal-3-5-pro","mode":"min_latency","api_version":"2025-05-12","speaker_labels":false,' +
          '"redact_pii":false,"filter_profanity":false,"domain":null,"voice_focus":null}}',
      );
    });
    it("has no mode on Universal-Streaming", async () => {
      const begin = await connect(await start(), { params: { speech_model: "universal-streaming-english" } }).message("Begin");
      equal((begin["configuration"] as Message)["mode"], null);
    });
    it("comes after the latency that is set, and so does a refusal", async () => {
      const clock = new FakeClock();
      const simulator = await start({ clock, latency: { begin: 1200, refuse: 700 } });
      const client = await connect(simulator).opened();
      const bad = await connect(simulator, { key: null }).opened();
      await simulator.session(1);
      clock.advance(699);
      deepEqual([client.messages, simulator.sessions[1]?.record.sent], [[], []]);
      clock.advance(1);
      equal((await errorOf(bad))["error_code"], 1008);
      clock.advance(499);
      equal(simulator.sessions[0]?.record.begunAt, undefined);
      clock.advance(1);
      await client.message("Begin");
    });
  });

  describe("4: frames of audio", () => {
    it("accepts audio that was sent before Begin", async () => {
      const clock = new FakeClock();
      const simulator = await start({ clock, latency: { begin: 1000 } });
      const client = (await connect(simulator).opened()).pcm(SPOKEN);
      client.json({ type: "Terminate" });
      const session = await simulator.session(0);
      while (session.record.terminateAt === undefined) await new Promise(setImmediate);
      clock.advance(1000);
      await client.closed;
      deepEqual(client.finals(), [SAID]);
    });
    it("counts bytes and ms by the encoding and the rate", async () => {
      const simulator = await start({ keepAudio: true });
      const sent: [Record<string, string | number>, number][] = [
        [{ sample_rate: 16_000 }, 3200],
        [{ sample_rate: 48_000 }, 9600],
        [{ sample_rate: 8000, encoding: "pcm_mulaw" }, 800],
      ];
      for (const [index, [params, bytes]] of sent.entries()) {
        const client = await connect(simulator, { params }).opened();
        client.socket.send(Buffer.alloc(bytes, 1));
        await client.finish();
        const { record } = await simulator.session(index);
        deepEqual(record.audio, { messages: 1, bytes, ms: 100 });
        deepEqual(
          record.audioMessages.map(({ ms }) => ms),
          [100],
        );
        deepEqual(record.audioReceived(), Buffer.alloc(bytes, 1));
      }
    });
    it("refuses more than 1000 ms at once, takes 1000", async () => {
      const client = await connect(await start()).opened();
      client.socket.send(Buffer.alloc(32_000));
      await client.message("Begin");
      client.socket.send(Buffer.alloc(38_400));
      equal((await errorOf(client))["error"], "Input Duration Error: Input Duration Violation: 1200.0 ms. Expected between 50 and 1000 ms");
    });
    it("refuses less than 50 ms after about a second of it", async () => {
      const simulator = await start();
      const client = await connect(simulator).opened();
      for (let i = 0; i < 60; i++) client.socket.send(Buffer.alloc(640));
      const error = await errorOf(client);
      deepEqual(
        [error["error_code"], error["error"]],
        [3007, "Input Duration Error: Input Duration Violation: 20.0 ms. Expected between 50 and 1000 ms"],
      );
      equal(simulator.sessions[0]?.record.audio.messages, 49);
    });
    it("lets a short last frame pass", async () => {
      const client = (await connect(await start()).opened()).pcm(SPOKEN);
      client.socket.send(Buffer.alloc(100));
      deepEqual((await client.finish()).finals(), [SAID]);
    });
    it("refuses the first short frame where it is strict", async () => {
      const client = await connect(await start({ strictFrames: true })).opened();
      client.socket.send(Buffer.alloc(1598));
      equal((await errorOf(client))["error_code"], 3007);
    });
    it("closes with 1009 at more than 128 kB", async () => {
      const client = await connect(await start(), { params: { sample_rate: 96_000 } }).opened();
      client.socket.send(Buffer.alloc(128 * 1024));
      await client.message("Begin");
      client.socket.send(Buffer.alloc(128 * 1024 + 1));
      equal((await client.closed).code, 1009);
    });
  });

  describe("5: processes audio at 1.0x", () => {
    it("processes a burst no faster than it was spoken, with processing: realtime", async () => {
      const clock = new FakeClock();
      const simulator = await start({ clock, processing: "realtime" });
      const client = (await connect(simulator).opened()).pcm(join(SPOKEN, silence(1500)));
      const session = await simulator.session(0);
      while (session.record.audio.ms < 4900) await new Promise(setImmediate);
      const began = clock.now();
      while (session.record.sentOfType("Turn").every((turn) => turn["end_of_turn"] === false)) {
        await new Promise(setImmediate);
        clock.advance(10);
      }
      const took = clock.now() - began;
      ok(took > 3200 && took < 3800, `the final after ${took} ms of a sentence that ends at 3300 ms`);
      deepEqual((await client.finish()).finals(), [SAID]);
    });
    it("processes the queued audio at once when Terminate arrives", async () => {
      const clock = new FakeClock();
      const client = (await connect(await start({ clock, processing: "realtime" })).opened()).pcm(SPOKEN);
      deepEqual((await client.finish()).finals(), [SAID]);
    });
    it("refuses audio that is more than five minutes ahead", async () => {
      const clock = new FakeClock();
      const client = await connect(await start({ clock })).opened();
      for (let second = 0; second < 301; second++) client.socket.send(Buffer.alloc(32_000));
      equal((await errorOf(client))["error"], "Audio Transmission Rate Exceeded: Received 301.0 sec. audio in 0.0 sec");
    });
    it("has a limit that can be set lower", async () => {
      const client = await connect(await start({ clock: new FakeClock(), maxAheadMs: 500 })).opened();
      client.pcm(silence(600));
      equal((await errorOf(client))["error_code"], 3007);
    });
  });

  describe("6: silence", () => {
    it("has no answer", async () => {
      deepEqual(await inSilence({}), []);
      deepEqual(await inSilence({ speech_model: "u3-rt-pro" }), []);
    });
    it("has heartbeats every 5 s of wall clock where they are requested", async () => {
      const beats = await inSilence({ session_heartbeat: "true" });
      equal(beats.length, 4);
      deepEqual(beats[1], {
        type: "Heartbeat",
        total_audio_received_ms: 10_000,
        total_duration_ms: 10_000,
        realtime_factor: 1,
        max_speech_probability: beats[1]?.["max_speech_probability"],
      });
      ok(Number(beats[1]?.["max_speech_probability"]) < 0.1);
    });
    it("is acknowledged every second on Pro where that is requested", async () => {
      const messages = await inSilence({ acknowledge_silence: "true" });
      equal(messages.length, 20);
      deepEqual(messages[3], { type: "Silence", start_ms: 3000, end_ms: 4000 });
      deepEqual(
        (await inSilence({ acknowledge_silence: "true", speech_model: "universal-streaming-english" })).filter(
          ({ type }) => type === "Silence",
        ),
        [],
      );
    });
  });

  describe("7: turns", () => {
    it("have a speaker where speaker_labels asks for one, corrected between Terminate and Termination", async () => {
      const simulator = await start({ speakers: (turn) => (turn === 0 ? { label: "A", revised: "B" } : { label: "A" }) });
      for (const [params, expected] of [
        [{ speaker_labels: "true" }, "B"],
        [{}, undefined],
      ] as const) {
        const client = (await connect(simulator, { params }).opened()).pcm(SPOKEN).pcm(silence(2000));
        while (client.finals().length < 1) await new Promise(setImmediate);
        client.pcm(SPOKEN).pcm(silence(2000));
        await client.finish();
        const [first, second] = client.ofType("Turn").filter((turn) => turn["end_of_turn"]);
        const label = expected && "A";
        deepEqual([first?.["speaker_label"], second?.["speaker_label"]], [label, label]);
        const revisions = client.ofType("SpeakerRevision");
        if (expected === undefined) return deepEqual(revisions, []);
        equal(client.messages.at(-2)?.type, "SpeakerRevision");
        const words = wordsOf(first).map((word) => ({ ...word, speaker: expected }));
        deepEqual(revisions, [{ type: "SpeakerRevision", revisions: [{ turn_order: 0, speaker_label: expected, words }] }]);
      }
    });
    it("come in the Pro shape: SpeechStarted, cumulative partials, one formatted final", async () => {
      const client = (await connect(await start(), { params: { speech_model: "universal-3-5-pro" } }).opened()).pcm(SPOKEN);
      await client.finish();
      const [begin, started, ...turns] = client.messages.slice(0, -1);
      deepEqual([begin?.type, started?.type], ["Begin", "SpeechStarted"]);
      deepEqual(Object.keys(started ?? {}), ["type", "timestamp", "confidence"]);
      ok(turns.length >= 3 && turns.every(({ type }) => type === "Turn"));
      for (const [i, turn] of turns.entries()) {
        const last = i === turns.length - 1;
        equal(turn["end_of_turn"], last);
        equal(turn["turn_is_formatted"], true);
        ok(SAID.startsWith(String(turn["transcript"])));
        equal(turn["utterance"], last ? SAID : "");
        ok(wordsOf(turn).every((word) => word["word_is_final"] === last));
      }
      const words = '"words":\\[\\{"start":\\d+,"end":\\d+,"text":"He","confidence":[\\d.]+,"word_is_final":false\\}[^\\]]*\\]';
      match(
        client.frames[2] ?? "",
        new RegExp(
          `^\\{"turn_order":0,"turn_is_formatted":true,"end_of_turn":false,"transcript":"He[^"]*","end_of_turn_confidence":0,${words},"utterance":"","type":"Turn"\\}$`,
        ),
      );
    });
    it("begin too early after silence, with earlyStartMs", async () => {
      const timesOf = async (earlyStartMs: number) => {
        const client = await connect(await start({ earlyStartMs })).opened();
        client.pcm(silence(3000)).pcm(SPOKEN).pcm(silence(3000)).pcm(SPOKEN);
        await client.finish();
        const finals = client.ofType("Turn").filter((turn) => turn["end_of_turn"]);
        return finals.map((turn) => wordsOf(turn).map(({ start: from, end }) => [Number(from), Number(end)] as const));
      };
      const [exact, early, furthest] = [await timesOf(0), await timesOf(990), await timesOf(9000)];
      equal(exact.length, 2);
      const expected = exact.map((words) => words.map(([from, end], i) => [i === 0 ? from - 990 : from, end] as const));
      deepEqual(early, expected);
      equal(furthest[1]?.[0]?.[0], exact[0]?.at(-1)?.[1]);
    });
    it("come in the Universal-Streaming shape: word by word, the last one not yet in the transcript", async () => {
      const client = (await connect(await start(), { params: { speech_model: "universal-streaming-english" } }).opened()).pcm(SPOKEN);
      await client.finish();
      equal(client.ofType("SpeechStarted").length, 0);
      const partials = client.ofType("Turn").filter((turn) => turn["end_of_turn"] === false);
      const [first, second] = partials;
      deepEqual([first?.["transcript"], wordsOf(first).map((word) => word["text"])], ["", ["he"]]);
      deepEqual(
        [second?.["transcript"], wordsOf(second).map((word) => [word["text"], word["word_is_final"]])],
        [
          "he",
          [
            ["he", true],
            ["was", false],
          ],
        ],
      );
      // The final, and the empty one that Terminate brings.
      deepEqual(client.finals(), ["he was not an ill disposed young man", ""]);
      const [final, empty] = client.ofType("Turn").filter((turn) => turn["end_of_turn"]);
      deepEqual([final?.["turn_order"], final?.["turn_is_formatted"]], [0, false]);
      deepEqual([empty?.["turn_order"], empty?.["words"]], [1, []]);
    });
    it("end twice with format_turns", async () => {
      const params = { speech_model: "universal-streaming-english", format_turns: "true" };
      const client = (await connect(await start(), { params }).opened()).pcm(join(SPOKEN, silence(1000)));
      await client.finish();
      const finals = client.ofType("Turn").filter((turn) => turn["end_of_turn"] && turn["transcript"] !== "");
      deepEqual(
        finals.map((turn) => [turn["turn_order"], turn["turn_is_formatted"], turn["transcript"]]),
        [
          [0, false, "he was not an ill disposed young man"],
          [0, true, SAID],
        ],
      );
    });
    it("come without partials where include_partial_turns is false", async () => {
      const client = (await connect(await start(), { params: { include_partial_turns: "false" } }).opened()).pcm(SPOKEN);
      await client.finish();
      deepEqual([client.ofType("Turn").length, client.finals()], [1, [SAID]]);
    });
  });

  describe("8: the last turn", () => {
    it("stays open while no audio comes", async () => {
      const { client } = await openTurn();
      await new Promise((resolve) => setTimeout(resolve, 30));
      deepEqual(client.finals(), []);
    });
    it("is ended by silence in the audio", async () => {
      const { client } = await openTurn();
      client.pcm(silence(1500));
      while (client.finals().length === 0) await new Promise(setImmediate);
      deepEqual(client.finals(), [SAID]);
    });
    it("is ended by ForceEndpoint, which does nothing without a turn", async () => {
      const { client } = await openTurn();
      client.json({ type: "ForceEndpoint" });
      while (client.finals().length === 0) await new Promise(setImmediate);
      client.json({ type: "ForceEndpoint" });
      await client.finish();
      deepEqual(client.finals(), [SAID]);
    });
    it("is ended by Terminate", async () => {
      const { client } = await openTurn();
      deepEqual((await client.finish()).finals(), [SAID]);
    });
  });

  describe("9: messages", () => {
    it("are not acknowledged: UpdateConfiguration, KeepAlive", async () => {
      const client = await connect(await start()).opened();
      client.json({ type: "KeepAlive" }).json({ type: "UpdateConfiguration", keyterms_prompt: [], min_turn_silence: 300, nonsense: 1 });
      await client.finish();
      deepEqual(
        client.messages.map(({ type }) => type),
        ["Begin", "Termination"],
      );
    });
    const wrong: [string, string, RegExp][] = [
      ["bad JSON", "{oops", /^Invalid JSON: /],
      ["an array", "[]", /^Invalid Message: /],
      ["no type", "{}", /^Invalid Message: /],
      ["an unknown type", '{"type":"Bogus"}', /^Invalid Message Type: Bogus$/],
      ["v2's terminate_session", '{"terminate_session":true}', /^Invalid Message: /],
      [
        "an agent_context that is too long",
        JSON.stringify({ type: "UpdateConfiguration", agent_context: "x".repeat(1751) }),
        /Invalid 'agent_context'/,
      ],
      ["a wrong value", '{"type":"UpdateConfiguration","max_turn_silence":"long"}', /Invalid 'max_turn_silence'/],
    ];
    for (const [name, sent, error] of wrong) {
      it(`end the session with 3006: ${name}`, async () => {
        const client = await connect(await start()).opened();
        client.socket.send(sent);
        const message = await errorOf(client);
        equal(message["error_code"], 3006);
        match(String(message["error"]), error);
      });
    }
    it("change what comes after them", async () => {
      const pause = join(SPOKEN.subarray(0, 16_000 * 1.6), silence(700), SENTENCE.pcm.subarray(16_000 * 1.1)); // in mid-sentence
      const patient = (await connect(await start()).opened()).pcm(pause);
      equal((await patient.finish()).finals().length, 1);
      const hasty = await connect(await start()).opened();
      hasty.json({ type: "UpdateConfiguration", max_turn_silence: 400 }).pcm(pause);
      equal((await hasty.finish()).finals().length, 2);
    });
  });

  describe("10: inactivity_timeout", () => {
    it("ends a session that sends nothing; any message puts it off", async () => {
      const clock = new FakeClock();
      const simulator = await start({ clock });
      const client = await connect(simulator, { params: { inactivity_timeout: 5 } }).opened();
      const received = async (messages: number): Promise<void> => {
        const { record } = await simulator.session(0);
        while (record.received.length + record.audio.messages < messages) await new Promise(setImmediate);
      };
      await client.message("Begin");
      clock.advance(4900);
      client.json({ type: "KeepAlive" });
      await received(1);
      clock.advance(4900);
      client.pcm(silence(100));
      await received(2);
      clock.advance(4999);
      equal(simulator.ledger.state.open, 1);
      clock.advance(1);
      const error = await errorOf(client);
      deepEqual([error["error_code"], error["error"]], [3006, "Session terminated due to inactivity: No messages received for 5 seconds"]);
      equal(simulator.ledger.state.billedSeconds, 15);
    });
    it("is off by default", async () => {
      const clock = new FakeClock();
      const simulator = await start({ clock });
      await connect(simulator).message("Begin");
      clock.advance(10_799_000);
      equal(simulator.ledger.state.open, 1);
    });
  });

  describe("11: the session's cap", () => {
    it("is three hours, without Termination", async () => {
      const clock = new FakeClock();
      const simulator = await start({ clock });
      const client = connect(simulator);
      await client.message("Begin");
      clock.advance(10_800_000);
      const error = await errorOf(client);
      deepEqual([error["error_code"], error["error"]], [3008, "Session Expired: Maximum session duration exceeded"]);
      equal(simulator.ledger.state.billedSeconds, 10_800);
    });
    it("can be set, and sends Termination with terminationOnExpiry", async () => {
      const clock = new FakeClock();
      const client = connect(await start({ clock, maxSessionMs: 60_000, terminationOnExpiry: true }));
      await client.message("Begin");
      clock.advance(60_000);
      equal((await client.closed).code, 3008);
      deepEqual(
        client.messages.map(({ type }) => type),
        ["Begin", "Termination", "Error"],
      );
    });
  });

  it("12: Terminate: what is open, Termination in whole seconds, close 1000", async () => {
    const clock = new FakeClock();
    const simulator = await start({ clock, latency: { forced: 267, terminate: 600 } });
    const client = (await connect(simulator).opened()).pcm(SPOKEN);
    await client.message("SpeechStarted");
    const session = await simulator.session(0);
    clock.advance(9000);
    client.json({ type: "Terminate" });
    while (session.record.terminateAt === undefined) await new Promise(setImmediate);
    client.pcm(SPOKEN); // too late: not processed
    clock.advance(267);
    await new Promise(setImmediate);
    clock.advance(600);
    deepEqual(await client.closed, { code: 1000, reason: "Session Ended" });
    deepEqual(client.finals(), [SAID]);
    deepEqual(client.messages.at(-1), { type: "Termination", audio_duration_seconds: 4, session_duration_seconds: 10 });
    await session.closed;
    deepEqual([session.record.closeCode, session.billedSeconds], [1000, 10]);
  });

  describe("14: GET /v3/token", () => {
    it("gives a token that opens sessions until it expires, with a cap", async () => {
      const clock = new FakeClock();
      const simulator = await start({ clock, keys: ["a-key"] });
      const token = await tokenOf(simulator, "?expires_in_seconds=60&max_session_duration_seconds=60");
      ok(token.length > 2000);
      const clients = [connect(simulator, { key: null, params: { token } }), connect(simulator, { key: null, params: { token } })];
      for (const client of clients) {
        equal((await client.message("Begin"))["expires_at"], Math.floor((clock.date() + 60_000) / 1000));
      }
      ok(!JSON.stringify(simulator.sessions[0]?.record).includes(token));
      clock.advance(60_000);
      for (const client of clients) equal((await client.closed).code, 3008);
      const late = await errorOf(connect(simulator, { key: null, params: { token } }));
      equal(late["error"], "Unauthorized Connection: Signature has expired");
      equal(
        (await errorOf(connect(simulator, { key: null, params: { token: "x" } })))["error"],
        "Unauthorized Connection: Invalid API key",
      );
    });
    it("gives a token for one session with singleUseTokens", async () => {
      const simulator = await start({ singleUseTokens: true });
      const token = await tokenOf(simulator, "?expires_in_seconds=60");
      await connect(simulator, { key: null, params: { token } }).message("Begin");
      equal((await errorOf(connect(simulator, { key: null, params: { token } })))["error_code"], 1008);
    });
    it("answers a bad request with FastAPI's details", async () => {
      const simulator = await start({ keys: ["a-key"] });
      const zero = await ask(simulator, "?expires_in_seconds=0");
      equal(zero.status, 422);
      deepEqual(zero.body["detail"], [
        {
          type: "greater_than_equal",
          loc: ["query", "expires_in_seconds"],
          msg: "Input should be greater than or equal to 1",
          input: "0",
          ctx: { ge: 1 },
        },
      ]);
      const types = async (query: string, key?: string | null): Promise<unknown[]> =>
        ((await ask(simulator, query, key)).body["detail"] as Message[]).map(({ type }) => type);
      deepEqual(await types("", null), ["missing", "missing"]);
      deepEqual(await types("?expires_in_seconds=soon&max_session_duration_seconds=10801"), ["int_parsing", "less_than_equal"]);
      equal((await ask(simulator, "?expires_in_seconds=60", "wrong")).status, 401);
      equal((await ask(simulator, "?expires_in_seconds=60", "Bearer a-key")).status, 200);
    });
  });

  describe("15: the ledger", () => {
    it("bills from Begin until the socket closes", async () => {
      const clock = new FakeClock();
      const ended: number[] = [];
      const simulator = await start({ clock, latency: { begin: 5000 }, onEnd: (session) => ended.push(session.record.index) });
      const [terminated, vanished] = [connect(simulator), connect(simulator)];
      await Promise.all([terminated.opened(), vanished.opened(), simulator.session(1)]);
      deepEqual(simulator.ledger.state, { open: 2, connections: 2, sessions: 0, billedSeconds: 0 });
      clock.advance(5000);
      await Promise.all([terminated.message("Begin"), vanished.message("Begin")]);
      clock.advance(10_000);
      await terminated.finish();
      clock.advance(20_000);
      deepEqual(simulator.ledger.state, { open: 1, connections: 2, sessions: 2, billedSeconds: 40 });
      vanished.socket.terminate();
      await (
        await simulator.session(1)
      ).closed;
      clock.advance(20_000);
      const state = { open: 0, connections: 2, sessions: 2, billedSeconds: 40 };
      deepEqual(simulator.ledger.state, state);
      deepEqual(await (await fetch(`${simulator.httpUrl}/ledger`)).json(), state);
      deepEqual(ended, [0, 1]);
      equal(simulator.sessions[1]?.record.closeCode, 1006);
    });
    it("bills nothing for a session that never began", async () => {
      const simulator = await start({ keys: [] });
      await connect(simulator).closed;
      deepEqual(simulator.ledger.state, { open: 0, connections: 1, sessions: 0, billedSeconds: 0 });
    });
  });

  describe("beside the protocol", () => {
    it("serves the sample recordings, and no other file", async () => {
      const simulator = await start();
      const list = (await (await fetch(`${simulator.httpUrl}/samples/`)).json()) as string[];
      deepEqual(
        list.map((file) => file.replace(/\.wav$/, "")),
        ["called_by_name", "goforward", "hey_jarvis", "hey_mycroft", "librivox_0870", "librivox_0880", "librivox_0930", "okay_nabu"],
      );
      const response = await fetch(`${simulator.httpUrl}/samples/librivox_0880.wav`);
      deepEqual([response.headers.get("content-type"), (await response.arrayBuffer()).byteLength], ["audio/wav", 95_724]);
      for (const path of ["/samples/..%2Fcli.js", "/samples/README.md", "/samples/none.wav", "/"]) {
        equal((await fetch(simulator.httpUrl + path)).status, 404);
      }
      equal((await fetch(`${simulator.httpUrl}/samples/`, { method: "POST" })).status, 405);
    });
    it("upgrades at /v3/ws only", async () => {
      const simulator = await start();
      const client = connect({ ...simulator, url: simulator.url.replace("/v3/ws", "/v2/realtime/ws") });
      await client.closed;
      equal(client.refused, 404);
    });
    it("leaves nothing behind when it is closed in the middle of everything", async () => {
      const clock = new FakeClock();
      const simulator = await start({ clock, latency: { partial: 100 }, processing: "realtime" });
      const params = { inactivity_timeout: 5, session_heartbeat: "true" };
      const clients = [connect(simulator, { params }), connect(simulator, { params })];
      for (const client of clients) (await client.opened()).pcm(SPOKEN);
      for (const client of clients) await client.message("Begin");
      await simulator.close();
      for (const client of clients) equal((await client.closed).code, 1006);
      deepEqual([simulator.ledger.state.open, clock.timers], [0, 0]);
    });
    it("fails where its port is taken", async () => {
      const { port } = await start();
      let code: unknown;
      await startSimulator({ port }).catch((error: NodeJS.ErrnoException) => (code = error.code));
      equal(code, "EADDRINUSE");
    });
  });
});
