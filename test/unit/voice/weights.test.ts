import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readWeights, sileroWeights } from "../../../nodes/lib/voice/weights";

const root = join(__dirname, "../../../..");
const shipped = join(root, "nodes/lib/voice/weights/silero-vad-v6-16k.f16");

describe("voice/weights", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "weights-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("are read once and shared", () => {
    assert.equal(sileroWeights(), sileroWeights());
  });

  it("have the shape of the model", () => {
    const { encoder, lstm, output } = readWeights(shipped);
    assert.deepEqual(
      encoder.map(({ weight, bias }) => [weight.length, bias.length]),
      [
        [128 * 129 * 3, 128],
        [64 * 128 * 3, 64],
        [64 * 64 * 3, 64],
        [128 * 64 * 3, 128],
      ],
    );
    for (const { weight, bias } of [lstm.input, lstm.recurrent]) assert.deepEqual([weight.length, bias.length], [512 * 128, 512]);
    assert.deepEqual([output.weight.length, output.bias.length], [128, 1]);
  });

  it("that are missing are an error with a code", () => {
    assert.throws(() => readWeights(join(folder, "none.f16")), {
      name: "AaiError",
      code: "AAI_VOICE_WEIGHTS",
      key: "AAI_VOICE_WEIGHTS/missing",
    });
  });

  it("that are cut short or changed in one bit are an error with a code", () => {
    const bytes = readFileSync(shipped);
    const file = join(folder, "bad.f16");
    const corrupt = { name: "AaiError", code: "AAI_VOICE_WEIGHTS", key: "AAI_VOICE_WEIGHTS/corrupt" };
    writeFileSync(file, bytes.subarray(0, -2));
    assert.throws(() => readWeights(file), corrupt);
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    assert.throws(() => readWeights(file), corrupt);
  });

  it("come with Silero's licence, and the script that re-creates them checks for this very file", () => {
    assert.match(readFileSync(join(root, "nodes/lib/voice/weights/LICENSE-silero-vad"), "utf8"), /MIT License[^]*Silero Team/);
    const hash = createHash("sha256").update(readFileSync(shipped)).digest("hex");
    assert.ok(readFileSync(join(root, "scripts/voice-weights.mjs"), "utf8").includes(hash));
  });
});
