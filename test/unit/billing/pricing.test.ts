import assert from "node:assert/strict";
import { addOnPrice, addOnsOf, hourlyRate, roundUsd, sessionCost } from "../../../nodes/lib/billing/pricing";

describe("pricing", () => {
  it("has the models' prices per hour", () => {
    for (const model of ["universal-3-6-pro", "universal-3-5-pro", "u3-rt-pro"]) assert.equal(hourlyRate(model), 0.45, model);
    for (const model of ["universal-streaming-english", "universal-streaming-multilingual"]) assert.equal(hourlyRate(model), 0.15, model);
    assert.equal(hourlyRate("whisper-rt"), 0.3);
  });

  it("counts an unknown model at the highest price", () => {
    for (const model of [undefined, "", "universal-4-pro", "constructor"]) assert.equal(hourlyRate(model), 0.45);
  });

  it("adds what is paid for on top: Pro with speaker labels and redaction costs $0.69 an hour", () => {
    const rate = (model: string, parameters: Record<string, string>) => hourlyRate(model, addOnsOf(new URLSearchParams(parameters)));
    const pro = "universal-3-6-pro";
    assert.equal(rate(pro, { speaker_labels: "true", redact_pii: "True" }), 0.69);
    assert.equal(rate(pro, { voice_focus: "near-field" }), 0.55);
    assert.equal(rate(pro, { domain: "medical-v1" }), 0.6);
    assert.equal(rate(pro, { keyterms_prompt: '["Shelly"]' }), 0.45, "included");
    assert.equal(rate("universal-streaming-english", { keyterms_prompt: '["Shelly"]' }), 0.19);
    assert.equal(rate("whisper-rt", { speaker_labels: "true" }), 0.42);
    assert.equal(rate("universal-9", { redact_pii: "true" }), 0.57, "an unknown model at the highest price");
    const off = { speaker_labels: "false", redact_pii: "FALSE", voice_focus: "", domain: "general", keyterms_prompt: "[ ]" };
    assert.equal(rate("universal-streaming-english", off), 0.15);
    assert.equal(rate(pro, {}), 0.45);
    for (const on of ["1", "yes", "on", "TRUE"]) assert.equal(rate(pro, { speaker_labels: on }), 0.57, on);
  });

  it("has the price of each add-on with a model: key terms cost extra with Universal-Streaming only", () => {
    assert.equal(addOnPrice("universal-3-6-pro", "redaction"), 0.12);
    assert.equal(addOnPrice("universal-3-6-pro", "key-terms"), 0);
    assert.equal(addOnPrice("universal-streaming-english", "key-terms"), 0.04);
    assert.equal(addOnPrice("whisper-rt", "key-terms"), 0);
  });

  it("counts by the second", () => {
    assert.equal(sessionCost(3600, 0.45), 0.45);
    assert.equal(sessionCost(3 * 3600, 0.45), 1.35);
    assert.equal(sessionCost(124, 0.45), 0.0155);
    assert.equal(sessionCost(1, 0.15), 0.000042);
    assert.equal(sessionCost(0, 0.45), 0);
    assert.equal(sessionCost(3600, 0), 0);
  });

  it("keeps sums free of binary fractions", () => {
    assert.equal(roundUsd(0.1 + 0.2), 0.3);
    let sum = 0;
    for (let session = 0; session < 1000; session++) sum = roundUsd(sum + sessionCost(7, 0.45));
    assert.equal(sum, 0.875);
  });
});
