/**
 * The fixed-point arithmetic of TensorFlow Lite's int8 kernels: x × scale as x × multiplier × 2^(shift-31), with the library's own
 * roundings, of which it has three. They differ by one unit in rare cases only, but the results here equal the library's bit for bit.
 */
import { ModelError } from "./model-error";

export interface FixedScale {
  /** 2^30 to 2^31 */
  readonly multiplier: number;
  readonly shift: number;
}

/** @throws ModelError for a scale that is not positive, or that no kernel of a wake word model needs */
export function fixedScale(scale: number): FixedScale {
  if (!(scale > 0) || !Number.isFinite(scale)) throw new ModelError("AAI_WAKE_WORD/damaged");
  let shift = Math.ceil(Math.log2(scale));
  let mantissa = scale / 2 ** shift;
  if (mantissa >= 1) {
    mantissa /= 2;
    shift++;
  }
  if (mantissa < 0.5) {
    mantissa *= 2;
    shift--;
  }
  let multiplier = Math.round(mantissa * 2 ** 31);
  if (multiplier === 2 ** 31) {
    multiplier /= 2;
    shift++;
  }
  if (shift > 14 || shift < -30) throw new ModelError("AAI_WAKE_WORD/damaged");
  return { multiplier, shift };
}

/** Rounds to 2^-31 first and by the shift then, halves upwards: DEPTHWISE_CONV_2D, in blocks of 8 channels. */
export function scaleHalvesUp(x: number, multiplier: number, shift: number): number {
  const high = highProduct(x, multiplier, shift);
  return shift >= 0 ? high : (high + (1 << (-shift - 1))) >> -shift;
}

/** As scaleHalvesUp, but the second time halves go away from zero: CONV_2D, QUANTIZE, and the channels that fill no block of 8. */
export function scaleHalvesAway(x: number, multiplier: number, shift: number): number {
  const high = highProduct(x, multiplier, shift);
  if (shift >= 0) return high;
  const mask = (1 << -shift) - 1;
  const threshold = (mask >> 1) + (high < 0 ? 1 : 0);
  return (high >> -shift) + ((high & mask) > threshold ? 1 : 0);
}

/** Rounds once, halves upwards: FULLY_CONNECTED. */
export function scaleOnce(x: number, multiplier: number, shift: number): number {
  const bits = 31 - shift; // at least 17
  const low = Math.floor((x * (multiplier & 0xffff)) / 65536);
  return Math.floor((x * (multiplier >> 16) + 2 ** (bits - 17) + low) / 2 ** (bits - 16));
}

/** round(x × 2^max(shift, 0) × multiplier / 2^31). The product has 62 bits: exact in doubles, as the multiplier is split in two. */
function highProduct(x: number, multiplier: number, shift: number): number {
  const a = shift > 0 ? x << shift : x;
  const low = Math.floor((a * (multiplier & 0xffff) + 0x40000000) / 65536);
  return Math.floor((a * (multiplier >> 16) + low) / 32768);
}

export function clamp(x: number, low: number, high: number): number {
  if (x < low) return low;
  return x > high ? high : x;
}
