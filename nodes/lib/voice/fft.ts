/** Points of the transform: 16 ms at 16 kHz. */
const SIZE = 256;
const BITS = 8;
const HOP = SIZE / 2;
/** Frequencies from 0 to half the sample rate. */
const BINS = SIZE / 2 + 1;

/** Periodic Hann window. */
const WINDOW = Float64Array.from({ length: SIZE }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / SIZE));
const COS = Float64Array.from({ length: SIZE / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / SIZE));
const SIN = Float64Array.from({ length: SIZE / 2 }, (_, i) => Math.sin((2 * Math.PI * i) / SIZE));
const BIT_REVERSED = Uint8Array.from({ length: SIZE }, (_, i) => {
  let reversed = 0;
  for (let bit = 0; bit < BITS; bit++) if (i & (1 << bit)) reversed |= 1 << (BITS - 1 - bit);
  return reversed;
});

/**
 * Short-time Fourier transform: the magnitudes of overlapping windows of 256 samples, 128 apart. In Silero's model file this is a
 * convolution with 258 kernels of 256 values; those are this transform's sines and cosines to 7.7e-8.
 */
export class Stft {
  /** [window][frequency] */
  readonly output: Float32Array;
  private readonly real = new Float64Array(SIZE);
  private readonly imaginary = new Float64Array(SIZE);

  /** @param windows an even number: two are transformed at once */
  constructor(private readonly windows: number) {
    this.output = new Float32Array(windows * BINS);
  }

  /** @param samples (windows + 1) × 128 of them */
  process(samples: Float32Array): Float32Array {
    for (let window = 0; window < this.windows; window += 2) this.transformPair(samples, window);
    return this.output;
  }

  /** Two real signals as the real and the imaginary part of one complex transform, separated by its symmetry. */
  private transformPair(samples: Float32Array, window: number): void {
    const { real, imaginary, output } = this;
    const from = window * HOP;
    for (let i = 0; i < SIZE; i++) {
      const to = BIT_REVERSED[i]!;
      real[to] = samples[from + i]! * WINDOW[i]!;
      imaginary[to] = samples[from + HOP + i]! * WINDOW[i]!;
    }
    transform(real, imaginary);
    const first = window * BINS;
    for (let bin = 0; bin < BINS; bin++) {
      const mirror = (SIZE - bin) % SIZE;
      const re = real[bin]!;
      const im = imaginary[bin]!;
      const mirrorRe = real[mirror]!;
      const mirrorIm = imaginary[mirror]!;
      output[first + bin] = magnitude((re + mirrorRe) / 2, (im - mirrorIm) / 2);
      output[first + BINS + bin] = magnitude((im + mirrorIm) / 2, (mirrorRe - re) / 2);
    }
  }
}

function magnitude(re: number, im: number): number {
  return Math.sqrt(re * re + im * im);
}

/** Radix-2 fast Fourier transform in place; the input is in bit-reversed order. */
function transform(real: Float64Array, imaginary: Float64Array): void {
  for (let half = 1; half < SIZE; half *= 2) {
    const step = SIZE / 2 / half;
    for (let block = 0; block < SIZE; block += 2 * half) {
      for (let i = 0; i < half; i++) {
        const cos = COS[i * step]!;
        const sin = SIN[i * step]!;
        const a = block + i;
        const b = a + half;
        const re = real[b]! * cos + imaginary[b]! * sin;
        const im = imaginary[b]! * cos - real[b]! * sin;
        real[b] = real[a]! - re;
        imaginary[b] = imaginary[a]! - im;
        real[a] = real[a]! + re;
        imaginary[a] = imaginary[a]! + im;
      }
    }
  }
}
