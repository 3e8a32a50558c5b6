import { AaiError } from "../common/errors";

/** The detectors' sample rate, Hz. */
export const DETECTOR_RATE = 16_000;
/** The rates that are converted to it, those of microphones, Hz. */
export const DETECTOR_INPUT_RATES = [8000, DETECTOR_RATE, 22_050, 24_000, 32_000, 44_100, 48_000] as const;

/** Zero crossings of the sinc on either side: with the Blackman window, everything above 9 kHz is attenuated by 70 dB. */
const ZERO_CROSSINGS = 12;
/** Where the filter has fallen by half, as a part of the lower of the two Nyquist frequencies. */
const CUTOFF = 0.9;
/** Input samples that are taken in at a time. */
const BLOCK = 1024;
const FULL_SCALE = 32_768;

/** Converts PCM to samples at DETECTOR_RATE, full scale ±1. */
export interface Converter {
  /** Takes samples from `from` on; returns the index of the first one for which there was no room. */
  read(pcm: Int16Array, from: number): number;
  /** Writes the converted samples into the frame from `filled` on; returns how far the frame is filled then. */
  write(frame: Float32Array, filled: number): number;
  reset(): void;
}

/**
 * @param rate of the input, Hz
 * @throws AaiError AAI_AUDIO_FORMAT where it is none of DETECTOR_INPUT_RATES
 */
export function converterFrom(rate: number): Converter {
  if (!DETECTOR_INPUT_RATES.some((known) => known === rate)) {
    throw new AaiError("AAI_AUDIO_FORMAT/voice-rate", { rate, accepted: DETECTOR_INPUT_RATES.join(", ") });
  }
  return rate === DETECTOR_RATE ? new Passage() : new Resampler(rate);
}

/** 16 kHz stays as it is. */
class Passage implements Converter {
  private readonly block = new Float32Array(BLOCK);
  private begin = 0;
  private end = 0;

  read(pcm: Int16Array, from: number): number {
    const to = Math.min(pcm.length, from + BLOCK);
    this.begin = 0;
    this.end = to - from;
    for (let i = from; i < to; i++) this.block[i - from] = pcm[i]! / FULL_SCALE;
    return to;
  }

  write(frame: Float32Array, filled: number): number {
    const count = Math.min(this.end - this.begin, frame.length - filled);
    for (let i = 0; i < count; i++) frame[filled + i] = this.block[this.begin + i]!;
    this.begin += count;
    return filled + count;
  }

  reset(): void {
    this.begin = this.end;
  }
}

/**
 * A polyphase windowed-sinc filter. Its state is the last few input samples, so the length of the chunks makes no difference.
 */
export class Resampler implements Converter {
  private readonly filter: Filter;
  /** Input samples; the next output's first tap lies at `at`. */
  private readonly input: Float32Array;
  private at = 0;
  private end = 0;
  /** The next output's place between two input samples, in parts of filter.phases. */
  private phase = 0;

  constructor(rate: number) {
    this.filter = filterFor(rate);
    this.input = new Float32Array(this.filter.taps + BLOCK);
    this.reset();
  }

  read(pcm: Int16Array, from: number): number {
    const { input } = this;
    input.copyWithin(0, this.at, this.end);
    this.end -= this.at;
    this.at = 0;
    const to = Math.min(pcm.length, from + input.length - this.end);
    for (let i = from; i < to; i++) input[this.end++] = pcm[i]! / FULL_SCALE;
    return to;
  }

  write(frame: Float32Array, filled: number): number {
    const { input, filter } = this;
    const { coefficients, taps, phases, step } = filter;
    while (filled < frame.length && this.at + taps <= this.end) {
      frame[filled++] = dotProduct(input, this.at, coefficients, this.phase * taps, taps);
      this.phase += step;
      const whole = Math.floor(this.phase / phases);
      this.phase -= whole * phases;
      this.at += whole;
    }
    return filled;
  }

  /** Silence before the first sample, so that the first output lies on it. */
  reset(): void {
    this.input.fill(0);
    this.at = 0;
    this.end = this.filter.taps / 2 - 1;
    this.phase = 0;
  }
}

interface Filter {
  /** [phase][tap] */
  readonly coefficients: Float32Array;
  /** A multiple of four: half of them before the output's place, half after. */
  readonly taps: number;
  /** Places between two input samples on which an output can lie. */
  readonly phases: number;
  /** Phases from one output to the next. */
  readonly step: number;
}

const filters = new Map<number, Filter>();

function filterFor(rate: number): Filter {
  let filter = filters.get(rate);
  if (!filter) {
    filter = designFilter(rate);
    filters.set(rate, filter);
  }
  return filter;
}

function designFilter(rate: number): Filter {
  const common = greatestCommonDivisor(rate, DETECTOR_RATE);
  const phases = DETECTOR_RATE / common;
  const step = rate / common;
  const bandwidth = CUTOFF * Math.min(1, DETECTOR_RATE / rate); // 1 = the input's Nyquist frequency
  const half = 2 * Math.ceil(ZERO_CROSSINGS / bandwidth / 2);
  const taps = 2 * half;
  const coefficients = new Float32Array(phases * taps);
  for (let phase = 0; phase < phases; phase++) {
    const row = coefficients.subarray(phase * taps, (phase + 1) * taps);
    for (let tap = 0; tap < taps; tap++) {
      const distance = tap - (half - 1) - phase / phases;
      row[tap] = sinc(bandwidth * distance) * blackman(distance / half);
    }
    const gain = row.reduce((sum, value) => sum + value, 0);
    for (let tap = 0; tap < taps; tap++) row[tap] = row[tap]! / gain; // each phase lets a constant through unchanged
  }
  return { coefficients, taps, phases, step };
}

/** Four sums side by side, so that none waits for another. @param length a multiple of four */
function dotProduct(a: Float32Array, fromA: number, b: Float32Array, fromB: number, length: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  for (let i = 0; i < length; i += 4) {
    s0 += a[fromA + i]! * b[fromB + i]!;
    s1 += a[fromA + i + 1]! * b[fromB + i + 1]!;
    s2 += a[fromA + i + 2]! * b[fromB + i + 2]!;
    s3 += a[fromA + i + 3]! * b[fromB + i + 3]!;
  }
  return s0 + s1 + s2 + s3;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** @param x -1 to 1 */
function blackman(x: number): number {
  return Math.abs(x) >= 1 ? 0 : 0.42 + 0.5 * Math.cos(Math.PI * x) + 0.08 * Math.cos(2 * Math.PI * x);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
