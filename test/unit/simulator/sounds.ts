/** Sounds to feed the simulator with. */
import { sampleRecordings, type Recording } from "../../../simulator";

export function sample(name: string): Recording {
  const found = sampleRecordings().find((recording) => recording.name === `${name}.wav`);
  if (!found) throw new Error(`no sample ${name}`);
  return found;
}

export const SAMPLE_NAMES = ["goforward", "librivox_0870", "librivox_0880", "librivox_0930"] as const;

export function text(words: readonly { text: string }[]): string {
  return words.map((word) => word.text).join(" ");
}

export function join(...parts: readonly Int16Array[]): Int16Array {
  const joined = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** @param rate Hz */
export function silence(ms: number, rate = 16_000): Int16Array {
  return new Int16Array((ms * rate) / 1000);
}

/** The samples of a recording (16 kHz) from one time to another, in ms. */
export function cut(pcm: Int16Array, fromMs: number, toMs = Infinity): Int16Array {
  return pcm.subarray(Math.round(fromMs * 16), Math.min(pcm.length, toMs * 16));
}

function rms(values: ArrayLike<number>): number {
  let energy = 0;
  for (let i = 0; i < values.length; i++) energy += (values[i] ?? 0) ** 2;
  return Math.sqrt(energy / values.length);
}

/** Pink noise by Paul Kellet's filter, the same each time. */
export function pinkNoise(samples: number, level: number, seed = 1): Int16Array {
  const b = [0, 0, 0, 0, 0, 0];
  const poles = [0.99886, 0.99332, 0.969, 0.8665, 0.55, -0.7616];
  const gains = [0.0555179, 0.0750759, 0.153852, 0.3104856, 0.5329522, -0.016898];
  let state = seed;
  const noise = Float64Array.from({ length: samples }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const white = state / 2 ** 31 - 1;
    for (const i of b.keys()) b[i] = (poles[i] ?? 0) * (b[i] ?? 0) + white * (gains[i] ?? 0);
    return b.reduce((sum, value) => sum + value, 0) + white * 0.5362;
  });
  const gain = level / rms(noise);
  return Int16Array.from(noise, (value) => value * gain);
}

/** Mixed with pink noise that is so many dB below the loudness of `reference`. */
export function withPinkNoise(pcm: Int16Array, reference: Int16Array, snrDb: number): Int16Array {
  const noise = pinkNoise(pcm.length, rms(reference) / 10 ** (snrDb / 20));
  return pcm.map((value, i) => Math.max(-32_768, Math.min(32_767, value + (noise[i] ?? 0))));
}

/** 16 kHz to another rate, by a windowed sinc of 32 taps. */
export function resample(pcm: Int16Array, rate: number): Int16Array {
  const ratio = 16_000 / rate;
  const corner = Math.min(1, 1 / ratio);
  return Int16Array.from({ length: Math.floor(pcm.length / ratio) }, (_, n) => {
    const centre = n * ratio;
    let sum = 0;
    for (let i = Math.ceil(centre - 16); i <= centre + 16; i++) {
      const x = i - centre;
      const phase = Math.PI * x * corner;
      const sinc = x === 0 ? 1 : Math.sin(phase) / phase;
      sum += (pcm[i] ?? 0) * corner * sinc * (0.5 + 0.5 * Math.cos((Math.PI * x) / 17));
    }
    return sum;
  });
}
