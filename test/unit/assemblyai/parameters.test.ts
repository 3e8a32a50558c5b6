import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { isKnownParameter, nearestParameter, RESERVED, SECRET, takesParameter } from "../../../nodes/lib/assemblyai/parameters";

const root = resolve(__dirname, "../../../..");

describe("parameters", () => {
  it("are all that the official SDK sends", () => {
    const sdk = readFileSync(join(root, "node_modules/assemblyai/dist/streaming.mjs"), "utf8");
    const [, transcriber = ""] = /^class StreamingTranscriber \{$(.*?)^\}$/ms.exec(sdk) ?? [];
    const sent = [...transcriber.matchAll(/searchParams\.set\("(\w+)"/g)].map(([, name = ""]) => name);
    assert.ok(sent.length > 30, `${sent.length}`);
    assert.deepEqual(
      sent.filter((name) => !isKnownParameter(name)),
      [],
    );
  });

  it("are among them all that the node sets itself", () => {
    for (const name of [...RESERVED, SECRET]) assert.ok(isKnownParameter(name), name);
  });

  it("are known by exactly that name", () => {
    for (const name of ["Prompt", "prompt ", "constructor", "__proto__", ""]) assert.ok(!isKnownParameter(name), name);
  });

  const near: [given: string, nearest: string | undefined][] = [
    ["spech_model", "speech_model"],
    ["speechModel", "speech_model"],
    ["speech-model", "speech_model"],
    ["SPEECH_MODEL", "speech_model"],
    ["model", "speech_model"],
    ["speaker_lables", "speaker_labels"],
    ["speakerlabels", "speaker_labels"],
    ["speaker_label", "speaker_labels"],
    ["min_turn_silense", "min_turn_silence"],
    ["max_turn_silense", "max_turn_silence"],
    ["redact_pii_policy", "redact_pii_policies"],
    ["filter_profanty", "filter_profanity"],
    ["promt", "prompt"],
    ["mdoe", "mode"],
    ["keyterms", "keyterms_prompt"],
    ["languages", "language_codes"],
    ["langauge_codes", "language_codes"],
    ["x", undefined],
    ["temperature", undefined],
    ["constructor", undefined],
    ["", undefined],
    ["speech_model".repeat(100), undefined],
  ];
  for (const [given, nearest] of near) {
    it(`have ${nearest ?? "none"} nearest to ${given.slice(0, 30)}`, () => assert.equal(nearestParameter(given), nearest));
  }

  it("are nearest to themselves", () => {
    for (const name of ["mode", "prompt", "language_code", "language_codes", "min_turn_silence", "max_turn_silence"]) {
      assert.equal(nearestParameter(name), name);
    }
  });

  it("are compared in no time, however long a name is", () => {
    const began = performance.now();
    for (let i = 0; i < 64; i++) nearestParameter("x_".repeat(32));
    nearestParameter("x".repeat(10_000_000));
    assert.ok(performance.now() - began < 500);
  });

  it("are not all taken for models other than Pro", () => {
    const [english, multilingual, whisper] = ["universal-streaming-english", "universal-streaming-multilingual", "whisper-rt"];
    for (const model of [english, multilingual, whisper]) {
      for (const name of ["mode", "prompt", "language_codes", "voice_focus", "agent_context"])
        assert.ok(!takesParameter(model, name), name);
      for (const name of ["keyterms_prompt", "speaker_labels", "redact_pii", "format_turns"]) assert.ok(takesParameter(model, name), name);
    }
    assert.deepEqual(
      [english, multilingual].map((model) => takesParameter(model, "language_detection")),
      [false, true],
    );
    for (const model of ["universal-3-6-pro", "universal-3-5-pro", "u3-rt-pro"]) {
      for (const name of ["mode", "prompt", "language_codes", "voice_focus"]) assert.ok(takesParameter(model, name), name);
    }
  });

  it("may all be taken for a model that is not known, and so may one that is not known", () => {
    for (const name of ["mode", "prompt", "language_codes", "x"]) assert.ok(takesParameter("universal-4-pro", name), name);
    assert.ok(takesParameter("whisper-rt", "new_parameter"));
  });
});
