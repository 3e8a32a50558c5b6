import assert from "node:assert/strict";
import { addressFields, readConfiguration as readFor, updateFields } from "../../../nodes/lib/assemblyai/update-configuration";

const PRO = "universal-3-6-pro";
const readConfiguration = (payload: unknown) => readFor(payload, PRO).fields;
const texts = (count: number, length: number) => Array.from({ length: count }, () => "x".repeat(length));

describe("session-configuration", () => {
  /** For each parameter, values that the service accepts and values for which it would end the session. */
  const parameters: [name: string, good: unknown[], bad: unknown[]][] = [
    ["min_turn_silence", [0, 400, 60_000], [-1, 60_001, 1.5, "400", null, Number.NaN]],
    ["max_turn_silence", [0, 1280, 60_000], [-1, 60_001, 1.5, "400", true]],
    ["min_end_of_turn_silence_when_confident", [160], [-1, "160"]],
    ["end_of_turn_confidence_threshold", [0, 0.4, 1], [-0.1, 1.1, "0.4", Infinity]],
    ["vad_threshold", [0, 0.5, 1], [-0.1, 1.1, null]],
    ["interruption_delay", [0, 500, 1000], [-1, 1001, 0.5]],
    ["turn_left_pad_ms", [0, 100], [-1, "100"]],
    ["format_turns", [true, false], ["true", 1, null]],
    ["filter_profanity", [true, false], ["false", 0]],
    ["session_heartbeat", [true, false], [5]],
    ["acknowledge_silence", [true, false], [{}]],
    ["continuous_partials", [true, false], [[]]],
    ["keyterms_prompt", [[], texts(100, 50), ["Node-RED"]], [texts(101, 1), texts(1, 51), "Node-RED", [5], [null], { 0: "x" }]],
    [
      "language_codes",
      [[], ["en", "de"], ["multi"]],
      [Array.from({ length: 11 }, () => "en"), "en", [1], ["en-US"], ["xx"], ["multi", "en"]],
    ],
    ["prompt", ["", "x".repeat(1750)], ["x".repeat(1751), 5, null]],
    ["agent_context", ["", "x".repeat(1750)], ["x".repeat(1751), ["x"]]],
    ["language_detection", [true, false], ["true"]],
    ["previous_context_n_turns", [0, 100], [-1, 101, 0.5]],
    ["speaker_labels", [true, false], ["A"]],
    ["max_speakers", [1, 10], [0, 11, "2"]],
    ["speaker_labels_revision_interval_ms", [0, 120_000], [-1, 86_400_001]],
    ["voice_focus", ["near-field", "far-field", ""], [true, "near", null]],
    ["domain", ["medical-v1", ""], ["medical", false]],
    ["llm_gateway", [{}, { model: "m", messages: [{ role: "user", content: "{{turn}}" }] }], ["{}", [], null, { x: "x".repeat(8000) }]],
    ["mode", ["min_latency", "balanced", "max_accuracy"], ["fast", "", null, "Balanced"]],
  ];
  for (const [name, good, bad] of parameters) {
    it(`takes ${name} within the service's limits, and refuses what would end the session`, () => {
      for (const value of good) assert.deepEqual(readConfiguration({ [name]: value }), { [name]: value });
      for (const value of bad) {
        const error = { code: "AAI_CONFIGURE", message: new RegExp(`^${name} must be `) };
        assert.throws(() => readConfiguration({ [name]: value }), error, JSON.stringify(value));
      }
    });
  }

  it("copies what the flow may change later, and refuses what cannot be copied", () => {
    const keyterms = ["Shelly"];
    const messages = [{ content: "{{turn}}" }];
    const fields = readConfiguration({ keyterms, llm_gateway: { messages } });
    keyterms.push("x".repeat(51));
    messages.length = 0;
    assert.deepEqual(fields, { keyterms_prompt: ["Shelly"], llm_gateway: { messages: [{ content: "{{turn}}" }] } });
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    for (const value of [circle, { big: 5n }, new Proxy({}, { ownKeys: () => assert.fail() })]) {
      assert.throws(() => readConfiguration({ llm_gateway: value }), { code: "AAI_CONFIGURE", message: /must be an object of/ });
    }
  });

  it("tells what goes into the address of a session from what a running one takes", () => {
    const fields = { prompt: "kitchen", speaker_labels: true, brand_new: 1, llm_gateway: {} };
    assert.deepEqual(addressFields(fields), { speaker_labels: true, llm_gateway: {} });
    assert.deepEqual(updateFields(fields), { prompt: "kitchen", brand_new: 1 });
  });

  it("takes the node's own names", () => {
    assert.deepEqual(readConfiguration({ minTurnSilence: 1, maxTurnSilence: 2, formatTurns: true, keyterms: ["a"], languages: ["en"] }), {
      min_turn_silence: 1,
      max_turn_silence: 2,
      format_turns: true,
      keyterms_prompt: ["a"],
      language_codes: ["en"],
    });
    assert.deepEqual(readConfiguration({ filterProfanity: true }), { filter_profanity: true });
    assert.throws(() => readConfiguration({ keyterms: "a" }), { message: /^keyterms must be a list of at most 100 texts/ });
  });

  it("refuses what only the node's settings may change, and what cannot be a name of its", () => {
    const names = [
      "speech_model",
      "sample_rate",
      "inactivity_timeout",
      "redact_pii",
      "include_partial_turns",
      "webhook_url",
      "token",
      "silenceTimeout",
      "type",
      "Prompt",
      "toString",
      "a b",
      "",
    ];
    for (const name of [...names, "x".repeat(65)])
      assert.throws(() => readConfiguration({ [name]: 1 }), { code: "AAI_CONFIGURE", message: /cannot be changed/ }, name);
    assert.throws(() => readConfiguration(JSON.parse('{"__proto__":{"prompt":"x"}}')), { code: "AAI_CONFIGURE" });
  });

  it("passes on a name that it does not know, as the service may have a new one, with any value but an object", () => {
    for (const value of [true, 5, "x", ["x"]]) assert.deepEqual(readConfiguration({ brand_new: value }), { brand_new: value });
    for (const value of [{}, null, undefined, Number.NaN, Infinity, 5n, [5], "x".repeat(1751)]) {
      assert.throws(() => readConfiguration({ brand_new: value }), { code: "AAI_CONFIGURE" });
    }
    const { warnings } = readFor({ brand_new: 1, prompt: "x" }, PRO);
    assert.deepEqual(
      warnings.map(({ message }) => message),
      ["The parameter brand_new is not known. AssemblyAI ignores unknown parameters silently."],
    );
  });

  it("does not send a name that is near a known one, and says so: the service may end the session for it", () => {
    const { fields, warnings } = readFor({ promt: "x", mdoe: "balanced", word_boost: ["x"], prompt: "y" }, PRO);
    assert.deepEqual(fields, { prompt: "y" });
    assert.deepEqual(
      warnings.map(({ code, message }) => [code, message]),
      [
        ["promt", "prompt"],
        ["mdoe", "mode"],
        ["word_boost", "keyterms_prompt"],
      ].map(([name, nearest]) => ["AAI_PARAMETER", `The parameter ${name} is not known and was not sent. Did you mean ${nearest}?`]),
    );
  });

  it("refuses what the session's model does not take", () => {
    for (const name of ["prompt", "mode", "languages", "agent_context"]) {
      assert.throws(() => readFor({ [name]: name === "mode" ? "balanced" : [] }, "whisper-rt"), {
        code: "AAI_CONFIGURE",
        message: `The model whisper-rt does not take ${name}.`,
      });
    }
    assert.deepEqual(readFor({ keyterms: ["a"] }, "universal-streaming-english").fields, { keyterms_prompt: ["a"] });
    assert.deepEqual(readFor({ prompt: "a" }, "universal-9").fields, { prompt: "a" });
  });

  it("takes any languages for a model that is not known, as the property does", () => {
    for (const codes of [["xx"], ["en-US", "multi"]]) {
      assert.deepEqual(readFor({ languages: codes }, "universal-9").fields, { language_codes: codes });
      assert.throws(() => readFor({ languages: codes }, PRO), { code: "AAI_CONFIGURE" });
    }
    assert.throws(() => readFor({ languages: [1] }, "universal-9"), { code: "AAI_CONFIGURE" });
  });

  it("takes nothing of a payload of which one value is wrong", () => {
    assert.throws(() => readConfiguration({ prompt: "good", mode: "bad" }), {
      message: /^mode must be one of min_latency, balanced, max_accuracy\.$/,
    });
  });

  it("quotes no text of the payload", () => {
    assert.throws(
      () => readConfiguration({ prompt: `secret ${"x".repeat(1750)}` }),
      (error: Error) => !error.message.includes("secret"),
    );
  });

  it("refuses a payload that is no object", () => {
    for (const payload of [undefined, null, "", "{}", 5, [], [{}], true]) {
      assert.throws(() => readConfiguration(payload), { code: "AAI_CONFIGURE", message: /must be an object/ });
    }
  });
});
