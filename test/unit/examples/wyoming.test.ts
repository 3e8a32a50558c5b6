import assert from "node:assert/strict";
import { ExampleFunction } from "../../support/example-function";
import { countingPcm, cutAnywhere } from "../../support/pcm";
import { Random } from "../../support/random";

const INFO = { asr: [{ name: "assemblyai" }] };
const FORMAT = { rate: 16_000, width: 2, channels: 1 };
const session = { type: "tcp", id: "abc" };
const topic = "wyoming/abc";

type Message = Record<string, unknown>;
interface Answer {
  _session: object;
  payload?: string;
  reset?: boolean;
}

/** An event as Wyoming's clients write it. */
function event(type: string, data: object = {}, sound?: Buffer): Buffer {
  const body = Buffer.from(JSON.stringify(data));
  const header = { type, version: "1.7.2", data_length: body.length, ...(sound ? { payload_length: sound.length } : {}) };
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), body, sound ?? Buffer.alloc(0)]);
}

/** An event whose end is its own beginning: whoever believes its length reads it for ever. */
function goesBack(type: string): Buffer {
  const header = (length: number) => `{"type":"${type}","data_length":${length}}\n`;
  return Buffer.from(header(-header(-10).length));
}

describe("example 19: Wyoming", () => {
  let events: ExampleFunction;
  let transcript: ExampleFunction;

  beforeEach(() => setUp("audio-stop"));

  function setUp(END: string): void {
    events = new ExampleFunction("19-wyoming-events.js", { INFO });
    transcript = new ExampleFunction("19-transcript.js", { END }, events.flow);
  }

  /** @returns what goes to speech to text, and what is answered */
  function receive(payload: Buffer): { audio: Message[]; answers: Answer[] } {
    const sent = events.receive({ payload, _session: session }) as [Message | null, Answer | null][];
    return {
      audio: sent.map(([msg]) => msg).filter((msg) => msg !== null),
      answers: sent.map(([, msg]) => msg).filter((msg) => msg !== null),
    };
  }

  const said = (answers: Answer[]) =>
    answers
      .filter(({ payload }) => payload !== undefined)
      .map(({ payload }) => JSON.parse(payload ?? "") as { type: string; data: Record<string, unknown> });
  /** @returns what the caller gets, and what speech to text does */
  function hear(msg: Record<string, unknown>): { answers: Answer[]; action: object | null } {
    const [first] = transcript.receive({ topic, ...msg }) as [[Answer | null | (Answer | null)[], object | null] | undefined];
    if (!first) return { answers: [], action: null };
    return { answers: [first[0]].flat().filter((answer) => answer !== null), action: first[1] };
  }

  it("describes itself, and answers a ping", () => {
    assert.deepEqual(said(receive(event("describe")).answers), [{ type: "info", data: INFO }]);
    assert.deepEqual(said(receive(event("ping", { text: "x" })).answers), [{ type: "pong", data: { text: "x" } }]);
  });

  it("takes the samples out, however TCP cuts the events", () => {
    const pcm = countingPcm(3200);
    const chunks = [0, 1, 2].map((i) => event("audio-chunk", FORMAT, pcm.subarray(i * 2000, i === 2 ? pcm.length : (i + 1) * 2000)));
    const all = Buffer.concat([event("transcribe", { language: "en" }), event("audio-start", FORMAT), ...chunks]);
    const random = new Random(19);
    for (const longest of [1, 7, 100, 5000, 100_000]) {
      setUp("audio-stop");
      const heard = cutAnywhere(all, longest, random).flatMap((piece) => receive(piece).audio);
      assert.deepEqual(Buffer.concat(heard.map(({ payload }) => payload as Buffer)), pcm);
      assert.deepEqual(
        heard.map(({ first }) => first),
        [true, false, false],
      );
      for (const msg of heard)
        assert.deepEqual([msg["topic"], msg["audio"]], [topic, { encoding: "pcm_s16le", sampleRate: 16_000, channels: 1 }]);
    }
  });

  it("ends the session at audio-stop, and answers with its turns when it has ended", () => {
    receive(event("audio-start", FORMAT));
    receive(event("audio-chunk", FORMAT, countingPcm(10)));
    assert.deepEqual(hear({ event: "begin", payload: {} }).answers, []);
    assert.deepEqual(hear({ final: true, payload: "Turn the light on." }).answers, []);
    assert.deepEqual(receive(event("audio-stop")), { audio: [{ topic, action: "stop" }], answers: [] });
    hear({ final: true, payload: "Please." });
    const { answers } = hear({ event: "termination", payload: { reason: "stop" } });
    assert.deepEqual(said(answers), [{ type: "transcript", data: { text: "Turn the light on. Please." } }]);
    assert.deepEqual(hear({ event: "termination", payload: { reason: "stop" } }).answers, [], "once");
  });

  it("answers at once where no session is open at audio-stop", () => {
    receive(event("audio-start", FORMAT));
    assert.deepEqual(said(receive(event("audio-stop")).answers), [{ type: "transcript", data: { text: "" } }]);
    receive(event("audio-start", FORMAT));
    receive(event("audio-chunk", FORMAT, countingPcm(10)));
    hear({ final: true, payload: "Hello." });
    hear({ event: "termination", payload: { reason: "silence" } });
    assert.deepEqual(said(receive(event("audio-stop")).answers), [{ type: "transcript", data: { text: "Hello." } }]);
  });

  it("takes the service's first turn for the end, where it is set so", () => {
    setUp("turn");
    receive(event("audio-start", FORMAT));
    receive(event("audio-chunk", FORMAT, countingPcm(10)));
    const { answers, action } = hear({ final: true, payload: "Turn the light on." });
    assert.deepEqual(said(answers), [{ type: "transcript", data: { text: "Turn the light on." } }]);
    assert.deepEqual(action, { topic, action: "stop" });
    assert.deepEqual(receive(event("audio-chunk", FORMAT, countingPcm(10))).audio, [], "what follows is not listened to");
    hear({ event: "termination", payload: { reason: "stop" } });
    assert.deepEqual(said(receive(event("audio-stop")).answers), []);
    receive(event("audio-start", FORMAT));
    assert.equal(receive(event("audio-chunk", FORMAT, countingPcm(10))).audio.length, 1, "until the next sentence");
  });

  for (const msg of [
    { error: { message: "AAI_KEY_MISSING: No API key", code: "AAI_KEY_MISSING" } },
    { event: "failed", payload: { message: "No API key", code: "AAI_KEY_MISSING" } },
  ]) {
    it(`answers with an error and hangs up where no session can be had (${Object.keys(msg)[0]})`, () => {
      receive(event("audio-start", FORMAT));
      receive(event("audio-chunk", FORMAT, countingPcm(10)));
      const { answers } = hear(msg);
      assert.deepEqual(
        said(answers).map(({ type, data }) => [type, data["code"]]),
        [["error", "AAI_KEY_MISSING"]],
      );
      assert.equal(answers.at(-1)?.reset, true);
      assert.deepEqual(said(hear(msg).answers), [], "once");
    });
  }

  for (const [what, bytes] of [
    ["no JSON", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
    ["a header without end", Buffer.alloc(70_000, "a")],
    ["an event that is too large", Buffer.from('{"type":"audio-chunk","payload_length":99999999}\n')],
    ["lengths that are none", Buffer.from('{"type":"audio-chunk","payload_length":-5}\n')],
    ["a length that is no number", Buffer.from('{"type":"ping","payload_length":"5"}\n12345')],
    ["half a byte", Buffer.from('{"type":"ping","data_length":2.5}\n{}')],
    ["a question that goes back to its own beginning", goesBack("describe")],
    ["an event of no known type that goes back to its own beginning", goesBack("x")],
    ["samples of another width", event("audio-chunk", { ...FORMAT, width: 4 }, Buffer.alloc(4))],
  ] as const) {
    it(`answers ${what} with an error, and hangs up`, () => {
      const { audio, answers } = receive(bytes);
      assert.deepEqual(audio, []);
      assert.deepEqual(said(answers)[0]?.data["code"], "bad-event");
      assert.equal(answers.at(-1)?.reset, true);
    });
  }

  it("ends the session of a caller that hangs up, and forgets the caller", () => {
    receive(event("audio-start", FORMAT));
    receive(event("audio-chunk", FORMAT, countingPcm(10)));
    assert.deepEqual(events.receive({ status: { event: "connect", _session: session } }), []);
    assert.deepEqual(events.receive({ status: { event: "disconnect", _session: session } }), [[{ topic, action: "stop" }, null]]);
    assert.deepEqual(events.flow.get("calls"), {});
    assert.deepEqual(hear({ event: "termination", payload: { reason: "stop" } }).answers, []);
    assert.deepEqual(events.receive({ status: { text: "connections: 0" } }), []);
  });
});
