/**
 * The power spectrum of the front end: a real transform of 512 points in 16-bit fixed point, every rounding and overflow as in kissfft,
 * which TensorFlow's microfrontend uses. One transform of 256 complex points, split into 257 real frequencies.
 */
export const FFT_SIZE = 512;
const HALF = FFT_SIZE / 2;
const FULL_SCALE = 32_767;

const TURN = twiddles(HALF, (i) => (-2 * Math.PI * i) / HALF);
const SPLIT = twiddles(HALF / 2, (i) => -Math.PI * ((i + 1) / HALF + 0.5));
/** Of radix 4: the digits to base 4, reversed. */
const ORDER = Uint8Array.from({ length: HALF }, (_, i) => ((i & 3) << 6) | ((i & 12) << 2) | ((i & 48) >> 2) | (i >> 6));

function twiddles(length: number, phase: (i: number) => number): { cos: Int16Array; sin: Int16Array } {
  const fixed = (value: number): number => Math.floor(0.5 + FULL_SCALE * value);
  return {
    cos: Int16Array.from({ length }, (_, i) => fixed(Math.cos(phase(i)))),
    sin: Int16Array.from({ length }, (_, i) => fixed(Math.sin(phase(i)))),
  };
}

/** What is too large for int16_t wraps in C, and so it must here. */
export function int16(x: number): number {
  return (x << 16) >> 16;
}

function round15(x: number): number {
  return int16((x + 16_384) >> 15);
}

/** Each of the four stages divides by 4, so that nothing overflows. */
function quarter(x: number): number {
  return round15(x * 8191);
}

function half(x: number): number {
  return round15(x * 16_383);
}

export class Spectrum {
  /** By frequency, 0 to 256 times 31.25 Hz. The first one is never computed: no filter takes it. */
  readonly power = new Float64Array(HALF + 1);
  private readonly real = new Int16Array(HALF);
  private readonly imaginary = new Int16Array(HALF);

  /**
   * @param samples a window of at most 512; the rest is silence
   * @param shift bits that the samples can be shifted up before they overflow
   */
  process(samples: Int16Array, shift: number): Float64Array {
    const { real, imaginary } = this;
    for (let i = 0; i < HALF; i++) {
      const from = 2 * ORDER[i]!;
      real[i] = from < samples.length ? samples[from]! << shift : 0;
      imaginary[i] = from < samples.length ? samples[from + 1]! << shift : 0;
    }
    transform(real, imaginary);
    this.split();
    return this.power;
  }

  /** From the complex points to the power of the real frequencies. */
  private split(): void {
    const { real, imaginary, power } = this;
    for (let k = 1; k <= HALF / 2; k++) {
      const n = HALF - k;
      const [pr, pi, qr, qi] = [half(real[k]!), half(imaginary[k]!), half(real[n]!), half(-imaginary[n]!)];
      const [sr, si, dr, di] = [int16(pr + qr), int16(pi + qi), int16(pr - qr), int16(pi - qi)];
      const [cos, sin] = [SPLIT.cos[k - 1]!, SPLIT.sin[k - 1]!];
      const tr = round15((dr * cos - di * sin) | 0);
      const ti = round15((dr * sin + di * cos) | 0);
      const [ar, ai, br, bi] = [(sr + tr) >> 1, (si + ti) >> 1, (sr - tr) >> 1, (ti - si) >> 1];
      power[k] = ar * ar + ai * ai;
      power[n] = br * br + bi * bi;
    }
  }
}

/** Radix 4, in place; the input is in ORDER. */
function transform(real: Int16Array, imaginary: Int16Array): void {
  const { cos, sin } = TURN;
  for (let m = 1, stride = HALF / 4; m < HALF; m *= 4, stride /= 4) {
    for (let block = 0; block < HALF; block += 4 * m) {
      for (let k = 0; k < m; k++) {
        const i0 = block + k;
        const i1 = i0 + m;
        const i2 = i1 + m;
        const i3 = i2 + m;
        const t = k * stride;
        const r0 = quarter(real[i0]!);
        const j0 = quarter(imaginary[i0]!);
        let r = quarter(real[i1]!);
        let j = quarter(imaginary[i1]!);
        const ar = round15((r * cos[t]! - j * sin[t]!) | 0);
        const ai = round15((r * sin[t]! + j * cos[t]!) | 0);
        r = quarter(real[i2]!);
        j = quarter(imaginary[i2]!);
        const br = round15((r * cos[2 * t]! - j * sin[2 * t]!) | 0);
        const bi = round15((r * sin[2 * t]! + j * cos[2 * t]!) | 0);
        r = quarter(real[i3]!);
        j = quarter(imaginary[i3]!);
        const cr = round15((r * cos[3 * t]! - j * sin[3 * t]!) | 0);
        const ci = round15((r * sin[3 * t]! + j * cos[3 * t]!) | 0);
        const dr = int16(r0 - br);
        const di = int16(j0 - bi);
        const sr = int16(r0 + br);
        const si = int16(j0 + bi);
        const er = int16(ar + cr);
        const ei = int16(ai + ci);
        const gr = int16(ar - cr);
        const gi = int16(ai - ci);
        // Int16Array wraps as int16_t does.
        real[i0] = sr + er;
        imaginary[i0] = si + ei;
        real[i1] = dr + gi;
        imaginary[i1] = di - gr;
        real[i2] = sr - er;
        imaginary[i2] = si - ei;
        real[i3] = dr - gi;
        imaginary[i3] = di + gr;
      }
    }
  }
}
