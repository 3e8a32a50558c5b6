/**
 * Finds a snippet of audio in known recordings: normalised cross-correlation, by FFT, at a reduced rate.
 *
 * At 4 kHz, of which only what lies below about 1.2 kHz is kept, an offset that is wrong by half a sample still correlates, a 16 s library
 * is searched in a few milliseconds, and the voice's strongest part is there. A first difference takes out rumble, hum and a constant
 * offset, and makes the peak of the correlation sharp.
 */

/** Hz. */
export const MATCH_RATE = 4000;

/** The longest snippet that is searched for: 512 ms. */
export const LONGEST_SNIPPET = 2048;

const BLOCK = 4 * LONGEST_SNIPPET;
/** The number of positions that one block covers: those where the whole snippet lies in it. */
const STEP = BLOCK - LONGEST_SNIPPET;

/** Reduces PCM of any rate to the form that is compared, piece by piece. */
export class Reducer {
  private readonly ratio: number;
  private readonly kernel: Float32Array;
  private readonly half: number;
  private previous = 0;
  private values = new Float32Array(4096);
  private count = 0;

  /** @param sampleRate Hz, at least 8000 */
  constructor(sampleRate: number) {
    this.ratio = sampleRate / MATCH_RATE;
    // A Hann-windowed sinc, 2 ms to each side, with its corner at 1 kHz.
    this.half = Math.round(sampleRate * 0.002);
    this.kernel = Float32Array.from({ length: 2 * this.half + 1 }, (_, i) => {
      const x = (2 * 1000 * (i - this.half)) / sampleRate;
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
      return (sinc * (1 + Math.cos((Math.PI * (i - this.half)) / (this.half + 1)))) / this.ratio;
    });
  }

  /** The reduced samples so far: a view, valid until the next call of `extend`. */
  get reduced(): Float32Array {
    return this.values.subarray(0, this.count);
  }

  /**
   * Reduces the part of growing audio that was not reduced yet.
   * @param pcm all of the audio, from its start
   * @param final also the last 2 ms, for which nothing follows
   */
  extend(pcm: Int16Array, final: boolean): void {
    for (;;) {
      const centre = Math.round(this.count * this.ratio);
      if (centre >= pcm.length || (!final && centre + this.half >= pcm.length)) return;
      let sum = 0;
      const first = Math.max(0, centre - this.half);
      const last = Math.min(pcm.length - 1, centre + this.half);
      for (let i = first; i <= last; i++) sum += (pcm[i] ?? 0) * (this.kernel[i - centre + this.half] ?? 0);
      if (this.count === this.values.length) {
        const larger = new Float32Array(2 * this.values.length);
        larger.set(this.values);
        this.values = larger;
      }
      this.values[this.count++] = sum - this.previous;
      this.previous = sum;
    }
  }
}

/** Where a snippet was found. */
export interface Match {
  /** Index of the recording. */
  recording: number;
  /** Position of the snippet's first sample in it, in reduced samples; negative where the snippet begins before the recording. */
  position: number;
  /** -1 to 1; noise of the snippet's own energy brings it down to 0.7. */
  correlation: number;
}

interface Spectrum {
  re: Float64Array;
  im: Float64Array;
}

interface Entry {
  /** With LONGEST_SNIPPET zeros before and after, so that a snippet may hang over the edge. */
  padded: Float32Array;
  /** energy[i] = sum of the squares before sample i. */
  energy: Float64Array;
  blocks: Spectrum[];
}

export class Matcher {
  private readonly entries: Entry[];

  /** @param recordings in reduced form */
  constructor(recordings: readonly Float32Array[]) {
    this.entries = recordings.map((recording) => {
      const padded = new Float32Array(recording.length + 2 * LONGEST_SNIPPET);
      padded.set(recording, LONGEST_SNIPPET);
      const energy = new Float64Array(padded.length + 1);
      padded.forEach((value, i) => (energy[i + 1] = (energy[i] ?? 0) + value * value));
      const blocks: Spectrum[] = [];
      for (let at = 0; at < padded.length; at += STEP) blocks.push(spectrum(padded.subarray(at, at + BLOCK)));
      return { padded, energy, blocks };
    });
  }

  /** The best place for a snippet of at most LONGEST_SNIPPET samples; undefined where it is silent or there are no recordings. */
  find(snippet: Float32Array): Match | undefined {
    const own = Math.sqrt(snippet.reduce((sum, value) => sum + value * value, 0));
    if (own === 0) return undefined;
    const wanted = spectrum(snippet);
    let best: Match | undefined;
    for (const [recording, entry] of this.entries.entries()) {
      // A stretch of the recording with no energy has no correlation, only rounding errors.
      const least = ((entry.energy.at(-1) ?? 0) / entry.padded.length) * snippet.length * 1e-4;
      for (const [block, known] of entry.blocks.entries()) {
        const products = correlate(known, wanted);
        const from = block * STEP;
        const to = Math.min(STEP, entry.padded.length - snippet.length - from + 1);
        for (let i = 0; i < to; i++) {
          const there = (entry.energy[from + i + snippet.length] ?? 0) - (entry.energy[from + i] ?? 0);
          if (there <= least) continue;
          const correlation = (products[i] ?? 0) / (own * Math.sqrt(there));
          if (!best || correlation > best.correlation) best = { recording, position: from + i - LONGEST_SNIPPET, correlation };
        }
      }
    }
    return best;
  }
}

function spectrum(values: Float32Array): Spectrum {
  const result = { re: new Float64Array(BLOCK), im: new Float64Array(BLOCK) };
  result.re.set(values);
  transform(result);
  return result;
}

/** Cross-correlation of two signals from their spectra: element i is the sum over n of a[n + i] b[n], cyclic. */
function correlate(a: Spectrum, b: Spectrum): Float64Array {
  const re = new Float64Array(BLOCK);
  const im = new Float64Array(BLOCK);
  for (let i = 0; i < BLOCK; i++) {
    const [ar = 0, ai = 0, br = 0, bi = 0] = [a.re[i], a.im[i], b.re[i], b.im[i]];
    re[i] = (ar * br + ai * bi) / BLOCK;
    im[i] = (ar * bi - ai * br) / BLOCK; // conjugated: the inverse transform is the forward one of the conjugate
  }
  transform({ re, im });
  return re;
}

const TWIDDLE = Array.from({ length: BLOCK / 2 }, (_, i) => (-2 * Math.PI * i) / BLOCK);
const COS = Float64Array.from(TWIDDLE, Math.cos);
const SIN = Float64Array.from(TWIDDLE, Math.sin);

/** The discrete Fourier transform in place: radix 2, decimation in time (Cooley and Tukey 1965). */
function transform({ re, im }: Spectrum): void {
  for (let i = 1, j = 0; i < BLOCK; i++) {
    let bit = BLOCK >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j] ?? 0, re[i] ?? 0];
      [im[i], im[j]] = [im[j] ?? 0, im[i] ?? 0];
    }
  }
  for (let size = 2; size <= BLOCK; size *= 2) {
    const half = size / 2;
    const stride = BLOCK / size;
    for (let start = 0; start < BLOCK; start += size) {
      for (let k = 0; k < half; k++) {
        const low = start + k;
        const high = low + half;
        const cos = COS[k * stride] ?? 0;
        const sin = SIN[k * stride] ?? 0;
        const hr = re[high] ?? 0;
        const hi = im[high] ?? 0;
        const tr = hr * cos - hi * sin;
        const ti = hr * sin + hi * cos;
        const lr = re[low] ?? 0;
        const li = im[low] ?? 0;
        re[high] = lr - tr;
        im[high] = li - ti;
        re[low] = lr + tr;
        im[low] = li + ti;
      }
    }
  }
}

/** ms that so many reduced samples last */
export function toMs(reduced: number): number {
  return (reduced * 1000) / MATCH_RATE;
}

/** the nearest number of reduced samples */
export function toReduced(ms: number): number {
  return Math.round((ms * MATCH_RATE) / 1000);
}
