import assert from "node:assert/strict";
import {
  FORCE_ENDPOINT,
  parseServerFrame,
  TERMINATE,
  turnSpan,
  turnSpeaker,
  turnText,
  updateConfiguration,
  type TurnMessage,
} from "../../../nodes/lib/assemblyai/protocol";
import { Random } from "../../support/random";

/** As logged from the real service. */
const BEGIN = {
  type: "Begin",
  id: "12c77068-02b3-4941-a960-275a65230e31",
  expires_at: 1_790_221_526,
  configuration: {
    model: "universal-3-5-pro",
    mode: "balanced",
    api_version: "2025-05-12",
    speaker_labels: false,
    redact_pii: false,
    filter_profanity: false,
    domain: null,
    voice_focus: null,
  },
};
const PRO_PARTIAL = {
  turn_order: 0,
  turn_is_formatted: true,
  end_of_turn: false,
  transcript: "Harbor Point",
  end_of_turn_confidence: 0,
  words: [
    { start: 0, end: 428, text: "Harbor", confidence: 0.921459, word_is_final: false },
    { start: 442, end: 799, text: "Point", confidence: 0.997168, word_is_final: false },
  ],
  utterance: "",
  type: "Turn",
};
const US_PARTIAL = {
  turn_order: 0,
  turn_is_formatted: false,
  end_of_turn: false,
  transcript: "",
  end_of_turn_confidence: 0.017454,
  words: [{ start: 1920, end: 2000, text: "hi", confidence: 0.874618, word_is_final: false }],
  utterance: "",
  type: "Turn",
};
const EMPTY_FINAL = { turn_order: 3, turn_is_formatted: true, end_of_turn: true, transcript: "", words: [], type: "Turn" };
const TERMINATION = { type: "Termination", audio_duration_seconds: 69, session_duration_seconds: 73 };
const ERROR = { type: "Error", error_code: 3008, error: "Session Expired: Maximum session duration exceeded" };

const turn = (transcript: string, ...words: string[]) =>
  ({ ...PRO_PARTIAL, transcript, words: words.map((text, index) => ({ text, start: index, end: index + 1 })) }) as TurnMessage;

const parse = (value: unknown) => parseServerFrame(JSON.stringify(value));
const kindOf = (value: unknown) => parse(value).kind;

describe("protocol", () => {
  describe("frames of the server", () => {
    it("are given on as received", () => {
      assert.deepEqual(parse(BEGIN), { kind: "begin", message: BEGIN });
      for (const message of [PRO_PARTIAL, US_PARTIAL, EMPTY_FINAL]) assert.deepEqual(parse(message), { kind: "turn", message });
      assert.deepEqual(parse(TERMINATION), { kind: "termination", message: TERMINATION });
      assert.deepEqual(parse(ERROR), { kind: "error", message: ERROR });
    });

    it("may leave out or null what a client can do without", () => {
      for (const begin of [
        { type: "Begin", id: "x" },
        { ...BEGIN, expires_at: null },
        { ...BEGIN, configuration: null },
        { ...BEGIN, configuration: { model: null } },
        { ...BEGIN, configuration: {} },
      ]) {
        assert.equal(kindOf(begin), "begin", JSON.stringify(begin));
      }
      const { turn_is_formatted: _, ...unmarked } = PRO_PARTIAL;
      assert.equal(kindOf(unmarked), "turn");
      assert.equal(kindOf({ ...unmarked, turn_is_formatted: null }), "turn");
      assert.equal(kindOf({ type: "Warning" }), "warning");
    });

    it("are errors by their type or by an error text, with or without a code", () => {
      for (const error of [
        { type: "Error" },
        { error: "no type" },
        { error: "no type", error_code: 1008 },
        { type: "Error", error_code: 3005 },
        { type: "Error", error: null, error_code: null },
        { type: "Error", error_code: "3006", error: "text" },
        { type: "Error", error: { message: "x" } },
        { error: { message: "x" } },
        { error: null, error_code: 3005 },
      ]) {
        assert.equal(kindOf(error), "error", JSON.stringify(error));
      }
    });

    it("of unused or unknown types are others, as received", () => {
      for (const type of [
        "SpeechStarted",
        "Heartbeat",
        "Silence",
        "SpeakerRevision",
        "LLMGatewayResponse",
        "begin",
        "__proto__",
        "constructor",
        "x".repeat(64),
      ]) {
        const message = { type, timestamp: 0, deep: [{ confidence: null }] };
        assert.deepEqual(parse(message), { kind: "other", message }, type);
      }
    });

    it("whose type cannot be the name of an event are malformed", () => {
      for (const type of ["", " ", "-_-", "x".repeat(65), "x".repeat(100_000)])
        assert.equal(kindOf({ type }), "malformed", type.slice(0, 9));
    });

    it("are turns without words, too: the text counts", () => {
      const { words: _, ...wordless } = PRO_PARTIAL;
      const frame = parse(wordless);
      assert.equal(frame.kind === "turn" && turnText(frame.message), PRO_PARTIAL.transcript);
    });

    it("are no errors by a field `error` where their type is another: the session goes on", () => {
      for (const message of [
        { type: "LLMGatewayResponse", turn_order: 0, error: "no access to this model" },
        { type: "Whatever", error: "text", error_code: 3005 },
      ]) {
        assert.deepEqual(parse(message), { kind: "other", message });
      }
      assert.equal(kindOf({ ...BEGIN, error: "text" }), "begin");
      assert.equal(kindOf({ ...PRO_PARTIAL, error: "text" }), "turn");
    });

    it("keep what is usable of an error whose text or code is none", () => {
      for (const [frame, left] of [
        [{ type: "Error", error_code: 3005, error: null }, { error_code: 3005 }],
        [{ type: "Error", error_code: "3005", error: "text" }, { error: "text" }],
        [{ type: "Error", error_code: [], error: {} }, {}],
      ]) {
        assert.deepEqual(parse(frame), { kind: "error", message: { type: "Error", ...left } });
      }
    });

    it("keep a session that begins with an odd side field, without that field", () => {
      const { id, type } = BEGIN;
      for (const [frame, left] of [
        [{ id, type, expires_at: "soon" }, {}],
        [{ id, type, expires_at: null, configuration: null }, {}],
        [{ id, type, configuration: "x" }, {}],
        [{ id, type, configuration: [] }, {}],
        [{ id, type, configuration: { model: 5, mode: "balanced" } }, { configuration: { mode: "balanced" } }],
      ]) {
        assert.deepEqual(parse(frame), { kind: "begin", message: { id, type, ...left } }, JSON.stringify(frame));
      }
    });

    it("keep the text of a turn whose words or marks are wrong", () => {
      const [first, second] = PRO_PARTIAL.words;
      const { words: _, ...plain } = PRO_PARTIAL;
      const wrongWords: unknown[] = [
        null,
        {},
        { length: 1, 0: first },
        [null],
        ["Harbor"],
        [first, { ...second, text: 5 }],
        [{ ...first, start: "0" }, second],
        [first, { ...second, end: null }],
      ];
      for (const words of wrongWords) {
        assert.deepEqual(parse({ ...plain, words }), { kind: "turn", message: plain }, JSON.stringify(words));
      }
      assert.deepEqual(parse({ ...plain, transcript: "", words: [{ ...first, end: null }, second] }), {
        kind: "turn",
        message: { ...plain, transcript: "Harbor Point" },
      });
      for (const transcript of [null, undefined, ["x"]]) {
        const message = { ...PRO_PARTIAL, transcript: "Harbor Point" };
        assert.deepEqual(parse({ ...PRO_PARTIAL, transcript }), { kind: "turn", message });
      }
      const { turn_is_formatted: __, ...unmarked } = PRO_PARTIAL;
      assert.deepEqual(parse({ ...PRO_PARTIAL, turn_is_formatted: 1 }), { kind: "turn", message: unmarked });
    });

    it("keep a word that is placed before the session's first sample, at that sample", () => {
      const [first, second] = PRO_PARTIAL.words;
      const placed = { ...PRO_PARTIAL, words: [{ ...first, start: -640, end: -20 }, second] };
      const message = { ...PRO_PARTIAL, words: [{ ...first, start: 0, end: 0 }, second] };
      assert.deepEqual(parse(placed), { kind: "turn", message });
    });

    const malformed: unknown[] = [
      {},
      [],
      null,
      5,
      "Begin",
      [BEGIN],
      { type: null },
      { type: 5 },
      { type: ["Begin"] },
      { type: "Begin" },
      { ...BEGIN, id: "" },
      { ...BEGIN, id: 5 },
      { ...BEGIN, id: null },
      { type: "Turn" },
      { ...PRO_PARTIAL, turn_order: -1 },
      { ...PRO_PARTIAL, turn_order: 0.5 },
      { ...PRO_PARTIAL, turn_order: "0" },
      { ...PRO_PARTIAL, turn_order: null },
      { ...PRO_PARTIAL, turn_order: 1e300 },
      { ...PRO_PARTIAL, end_of_turn: "true" },
      { ...PRO_PARTIAL, end_of_turn: null },
      { ...PRO_PARTIAL, transcript: null, words: null },
      { ...PRO_PARTIAL, transcript: ["x"], words: [null, { text: " " }, { text: 5 }] },
      { type: "Termination" },
      { ...TERMINATION, audio_duration_seconds: "69" },
      { ...TERMINATION, session_duration_seconds: null },
      { ...TERMINATION, session_duration_seconds: -1 },
      { ...TERMINATION, session_duration_seconds: 9e15 },
    ];
    for (const value of malformed) {
      it(`are malformed as ${JSON.stringify(value).slice(0, 100)}`, () => {
        assert.equal(kindOf(value), "malformed");
      });
    }

    it("are malformed where a number is beyond all bounds", () => {
      const text = JSON.stringify(TERMINATION).replace("73", "1e999");
      assert.equal(parseServerFrame(text).kind, "malformed");
    });

    it("are malformed wherever they are cut off, and never a throw", () => {
      for (const message of [BEGIN, PRO_PARTIAL, TERMINATION, ERROR]) {
        const text = JSON.stringify(message);
        for (let length = 0; length < text.length; length++) assert.equal(parseServerFrame(text.slice(0, length)).kind, "malformed");
      }
    });

    it("name the fault without quoting their content", () => {
      for (const text of [`{"type":"Turn","transcript":"my secret"}`, `my secret`, `["my secret"]`, `{"secret":1}`]) {
        const frame = parseServerFrame(text);
        assert.ok(frame.kind === "malformed" && !frame.error.message.includes("secret"), text);
      }
    });

    it("pollute no prototype", () => {
      for (const key of ["__proto__", "constructor", "prototype"]) {
        const text = JSON.stringify(PRO_PARTIAL).replace("{", `{"${key}":{"polluted":true,"type":"Turn"},`);
        const frame = parseServerFrame(text);
        assert.equal(frame.kind, "turn");
        updateConfiguration(JSON.parse(text) as Record<string, unknown>);
        assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
      }
      // The value of a polluting key does not replace a missing field.
      assert.equal(parseServerFrame(`{"__proto__":${JSON.stringify(BEGIN)}}`).kind, "malformed");
      assert.equal(parseServerFrame(`{"type":"Begin","__proto__":{"id":"x"}}`).kind, "malformed");
    });

    it("survive great depth and length", () => {
      assert.equal(parseServerFrame("[".repeat(2_000_000)).kind, "malformed");
      assert.equal(parseServerFrame("x".repeat(4_000_000)).kind, "malformed");
      for (const message of [BEGIN, PRO_PARTIAL, TERMINATION, ERROR, { type: "Heartbeat" }]) {
        const nested = (levels: number) =>
          parseServerFrame(JSON.stringify(message).replace("{", `{"deep":${"[".repeat(levels)}${"]".repeat(levels)},`));
        assert.equal(nested(5000).kind, "malformed");
        assert.notEqual(nested(60).kind, "malformed");
        assert.doesNotThrow(() => structuredClone(nested(60)));
      }
    });

    it("never throw, whatever single value or byte is changed in them", () => {
      const random = new Random(7);
      const strange: unknown[] = [
        null,
        undefined,
        true,
        -1,
        0.5,
        1e308,
        "",
        "x",
        [],
        {},
        [null],
        { type: "Turn" },
        { toString: null },
        "__proto__",
      ];
      const kinds = new Set<string>();
      for (let round = 0; round < 5000; round++) {
        const message = structuredClone(random.pick<object>([BEGIN, PRO_PARTIAL, US_PARTIAL, TERMINATION, ERROR]));
        spoil(message as Record<string, unknown>, random, strange);
        let text = JSON.stringify(message);
        if (round % 2 === 0) {
          const at = random.whole(0, text.length - 1);
          text = text.slice(0, at) + String.fromCharCode(random.whole(0, 0xffff)) + text.slice(at + random.whole(0, 3));
        }
        const frame = parseServerFrame(text);
        kinds.add(frame.kind);
        if (frame.kind === "turn") assert.equal(typeof turnText(frame.message), "string");
      }
      assert.deepEqual([...kinds].sort(), ["begin", "error", "malformed", "other", "termination", "turn"]);
    });
  });

  it("the speaker of a turn is its label, where the service has told one apart", () => {
    const speaker = (label?: unknown) => turnSpeaker({ ...turn("Hello."), ...(label === undefined ? {} : { speaker_label: label }) });
    assert.equal(speaker("A"), "A");
    for (const label of [undefined, null, "", 1, {}, "PENDING", "UNKNOWN"]) assert.equal(speaker(label), undefined);
  });

  describe("the text of a turn", () => {
    it("is its transcript, trimmed", () => {
      assert.equal(turnText(turn(" Harbor Point. ", "harbor", "point")), "Harbor Point.");
    });

    it("is its words where the transcript is empty", () => {
      assert.equal(turnText(turn("", "hi")), "hi");
      assert.equal(turnText(turn("  ", " hi ", "there")), "hi there");
      assert.equal(turnText(turn("", "hi", "", " ", "there")), "hi there");
    });

    it("is empty where neither has any", () => {
      assert.equal(turnText(turn("")), "");
      assert.equal(turnText(turn(" ", "", " ")), "");
    });
  });

  it("finds the span of a turn that has a text and word times", () => {
    assert.deepEqual(turnSpan(turn("Lights on, please.", "Lights", "on,", "please.")), { startMs: 0, endMs: 3 });
    assert.equal(turnSpan(turn("Lights on, please.")), undefined);
    assert.equal(turnSpan(turn("", " ")), undefined);
  });

  it("sends the messages that the server accepts", () => {
    assert.equal(TERMINATE, '{"type":"Terminate"}');
    assert.equal(FORCE_ENDPOINT, '{"type":"ForceEndpoint"}');
    assert.deepEqual(JSON.parse(updateConfiguration({ min_turn_silence: 400, type: "Terminate" })), {
      type: "UpdateConfiguration",
      min_turn_silence: 400,
    });
  });
});

/** Puts a strange value in the place of one of an object's, at any depth. */
function spoil(target: Record<string, unknown>, random: Random, values: readonly unknown[]): void {
  const key = random.pick(Object.keys(target));
  const inner = target[key];
  const deeper = typeof inner === "object" && inner !== null && Object.keys(inner).length > 0 && random.next() < 0.6;
  if (deeper) spoil(inner as Record<string, unknown>, random, values);
  else target[key] = random.pick(values);
}
