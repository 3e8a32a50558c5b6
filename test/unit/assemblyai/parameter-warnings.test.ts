import assert from "node:assert/strict";
import { configurationWarnings, parameterWarning } from "../../../nodes/lib/assemblyai/parameter-warnings";
import { Redaction } from "../../../nodes/lib/assemblyai/redact";
import type { BeginMessage } from "../../../nodes/lib/assemblyai/protocol";

describe("parameter warnings", () => {
  const told = (parameter: string, model = "universal-3-6-pro") => parameterWarning(parameter, model)?.message;

  it("name the nearest known parameter", () => {
    assert.match(told("spech_model") ?? "", /^The parameter spech_model is not known\. Did you mean speech_model\?/);
    assert.equal(parameterWarning("spech_model", "x")?.code, "AAI_PARAMETER");
  });

  it("guess nothing where none is near", () => {
    assert.match(told("temperature") ?? "", /^The parameter temperature is not known\. AssemblyAI ignores/);
  });

  it("tell of a model that does not take a parameter, and of nothing else that is known", () => {
    assert.match(told("mode", "whisper-rt") ?? "", /^The model whisper-rt does not take the parameter mode:/);
    for (const model of ["universal-3-6-pro", "universal-9"]) assert.equal(told("mode", model), undefined);
    assert.equal(told("keyterms_prompt", "whisper-rt"), undefined);
  });
});

describe("configuration warnings", () => {
  const KEY = "0123456789abcdef";
  /** As observed live: eight fields. */
  const CONFIGURATION = {
    model: "universal-3-6-pro",
    mode: "balanced",
    api_version: "2025-05-12",
    speaker_labels: false,
    redact_pii: false,
    filter_profanity: false,
    domain: null,
    voice_focus: null,
  };
  const begin = (configuration?: object | null) => ({ type: "Begin", id: "a", configuration }) as BeginMessage;
  const told = (configuration: object | null | undefined, asked: Record<string, string>) =>
    configurationWarnings(begin(configuration), new URLSearchParams({ speech_model: "universal-3-6-pro", ...asked }), (text) =>
      new Redaction(KEY).text(text),
    ).map(({ message }) => message);

  it("are none where the service does as it was asked to", () => {
    assert.deepEqual(told(CONFIGURATION, {}), []);
    const asked = { mode: "max_accuracy", speaker_labels: "True", redact_pii: "true", domain: "medical-v1", voice_focus: "near-field" };
    const granted = { mode: "max_accuracy", speaker_labels: true, redact_pii: true, domain: "medical-v1", voice_focus: "near-field" };
    assert.deepEqual(told({ ...CONFIGURATION, ...granted }, asked), []);
    assert.deepEqual(told({ ...CONFIGURATION, speaker_labels: null }, { speaker_labels: "false", voice_focus: "" }), []);
  });

  it("are none where a boolean was asked for in another of the ways in which the service reads it", () => {
    for (const on of ["1", "yes", "True", "on", "t", "Y"]) {
      assert.deepEqual(told({ ...CONFIGURATION, redact_pii: true }, { redact_pii: on }), [], on);
      assert.equal(told(CONFIGURATION, { redact_pii: on }).length, 1, on);
    }
    for (const off of ["0", "no", "False", "off"]) assert.deepEqual(told(CONFIGURATION, { redact_pii: off }), [], off);
  });

  it("are none for what the service does not report, and for defaults of its own", () => {
    assert.deepEqual(told(undefined, { speaker_labels: "true" }), []);
    assert.deepEqual(told(null, { speaker_labels: "true" }), []);
    assert.deepEqual(told({ model: "universal-3-6-pro" }, { redact_pii: "true", prompt: "x" }), []);
    assert.deepEqual(told({ ...CONFIGURATION, mode: "max_accuracy" }, {}), []);
  });

  it("name each difference: another model, an add-on that is missing, one that nobody asked for", () => {
    const differences = { model: "universal-3-5-pro", mode: null, filter_profanity: true };
    assert.deepEqual(told({ ...CONFIGURATION, ...differences }, { mode: "min_latency", speaker_labels: "true" }), [
      "AssemblyAI runs the session with speech_model = universal-3-5-pro, not universal-3-6-pro.",
      "AssemblyAI runs the session with mode = null, not min_latency.",
      "AssemblyAI runs the session with speaker_labels = false, not true.",
      "AssemblyAI runs the session with filter_profanity = true, not false.",
    ]);
  });

  it("quote no piece of the key", () => {
    assert.deepEqual(told({ ...CONFIGURATION, mode: `of ${KEY.slice(0, 10)}`, domain: `${"x".repeat(75)}${KEY}` }, { mode: "balanced" }), [
      "AssemblyAI runs the session with mode = of …, not balanced.",
      `AssemblyAI runs the session with domain = ${"x".repeat(75)}…, not false.`,
    ]);
  });

  it("quote little of whatever is reported", () => {
    const [message = ""] = told({ ...CONFIGURATION, domain: "x".repeat(10_000) }, {});
    assert.ok(message.length < 200, message);
    assert.equal(told({ ...CONFIGURATION, domain: { deep: [] } }, {}).length, 1);
  });
});
