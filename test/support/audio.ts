import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Recordings of people, 16 kHz: LibriVox (public domain), goforward: CMU PocketSphinx test data (BSD-2). */
export const RECORDINGS = ["goforward.wav", "librivox_0870.wav", "librivox_0880.wav", "librivox_0930.wav"] as const;

const WAV_HEADER = 44;

export function recording(name: string): Int16Array {
  const bytes = readFileSync(join(__dirname, "../../simulator/samples", name));
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset + WAV_HEADER, bytes.byteOffset + WAV_HEADER + bytes.readUInt32LE(40)));
}

/** Uniform random numbers in -1..1, the same ones for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

/** Returns the next sample, full scale ±1. */
export type Signal = () => number;

export function whiteNoise(rms: number, seed = 1): Signal {
  const next = random(seed);
  return () => next() * rms * Math.sqrt(3);
}

/** -3 dB per octave within 0.05 dB above 9 Hz (Paul Kellet's filter). */
export function pinkNoise(rms: number, seed = 1): Signal {
  const white = random(seed);
  const poles = [0.99886, 0.99332, 0.969, 0.8665, 0.55, -0.7616];
  const gains = [0.0555179, 0.0750759, 0.153852, 0.3104856, 0.5329522, -0.016898];
  const states = poles.map(() => 0);
  let last = 0;
  const PINK_RMS = 1.7511; // of this filter's output for uniform white noise in ±1
  return () => {
    const w = white();
    let sum = last + w * 0.5362;
    for (let i = 0; i < poles.length; i++) {
      states[i] = (poles[i] ?? 0) * (states[i] ?? 0) + w * (gains[i] ?? 0);
      sum += states[i] ?? 0;
    }
    last = w * 0.115926;
    return (sum * rms) / PINK_RMS;
  };
}

/** Mains hum: 50 Hz and its harmonics, falling, as a badly shielded cable picks it up. */
export function hum(rms: number, sampleRate = 16_000): Signal {
  const harmonics = [1, 0.5, 0.6, 0.2, 0.3, 0.1, 0.15, 0.05];
  const power = harmonics.reduce((sum, a) => sum + (a * a) / 2, 0);
  let n = 0;
  return () => {
    const t = n++ / sampleRate;
    const value = harmonics.reduce((sum, a, i) => sum + a * Math.sin(2 * Math.PI * 50 * (i + 1) * t + i), 0);
    return (value * rms) / Math.sqrt(power);
  };
}

export function render(signal: Signal, samples: number): Int16Array {
  return Int16Array.from({ length: samples }, () => toInt16(signal()));
}

export function mix(pcm: Int16Array, noise: Signal): Int16Array {
  return pcm.map((sample) => toInt16(sample / 32_768 + noise()));
}

export function toInt16(value: number): number {
  return Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768)));
}

export function rmsOf(pcm: Int16Array): number {
  return Math.sqrt(pcm.reduce((sum, sample) => sum + sample * sample, 0) / pcm.length) / 32_768;
}

export function concat(...parts: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
