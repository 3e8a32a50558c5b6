/**
 * What the front end makes of one channel's magnitude: noise reduction, per-channel energy normalisation (PCAN) and a logarithm, in the
 * integers of TensorFlow's microfrontend, with the settings of microWakeWord.
 */
import { int16 } from "./spectrum";

const f = Math.fround;

const NOISE_BITS = 14;
const SMOOTHING_BITS = 10;
/** What a channel keeps of its signal in steady noise. */
const LEAST_SIGNAL = fixed14(0.05);
/** How fast the noise estimate moves: even channels, odd channels. */
const NOISE_SPEED = [fixed14(0.025), fixed14(0.06)] as const;

const GAIN_STRENGTH = 0.95;
const GAIN_OFFSET = 80;
const GAIN_BITS = 21;
const SNR_BITS = 12;
const SHRUNK_BITS = 6;
/** log2 of the transform's size, less half of the window's bits */
const CORRECTION_BITS = 3;

const LOG_BITS = 16;
const SEGMENT_BITS = 7;
const LOG_OF_2 = 45_426;
const LOG_SHIFT = 6;

/** gain(noise) = 2^21 × (noise / 128 + 80)^-0.95, as a parabola for each bit length of the noise: three coefficients in four places. */
const GAIN = gainTable();
/** log2(1 + x) - x at each 1/128, 16 bits. */
const LOG_BEND = Int32Array.from({ length: 130 }, (_, i) => (i > 128 ? 0 : Math.round((Math.log2(1 + i / 128) - i / 128) * 65_536)));

function fixed14(x: number): number {
  return Math.trunc(f(x) * (1 << NOISE_BITS));
}

/** @returns the new noise estimate of a channel, after its magnitude `signal` */
export function followNoise(estimate: number, signal: number, channel: number): number {
  const speed = NOISE_SPEED[channel % 2 === 0 ? 0 : 1];
  return Math.floor((scaled(signal) * speed + estimate * ((1 << NOISE_BITS) - speed)) / (1 << NOISE_BITS));
}

/** @returns the channel's number of the frame: 64 × ln of what rises above the noise, 0 to about 670 */
export function scaleChannel(signal: number, noise: number): number {
  const above = (scaled(signal) - Math.min(noise, scaled(signal))) >>> SMOOTHING_BITS;
  const cleaned = Math.max(above, Math.floor((signal * LEAST_SIGNAL) / (1 << NOISE_BITS)));
  const snr = Math.floor((cleaned * gainFor(noise)) / (1 << (GAIN_BITS - CORRECTION_BITS - SNR_BITS))) >>> 0;
  const isSmall = snr < 2 << SNR_BITS;
  const shrunk = isSmall ? (snr * snr) >>> (2 + 2 * SNR_BITS - SHRUNK_BITS) : (snr >>> (SNR_BITS - SHRUNK_BITS)) - (1 << SHRUNK_BITS);
  const value = (shrunk << CORRECTION_BITS) >>> 0;
  return value > 1 ? Math.min(logarithm(value), 0xffff) : 0;
}

export function bitLength(x: number): number {
  return 32 - Math.clz32(x);
}

function scaled(signal: number): number {
  return (signal << SMOOTHING_BITS) >>> 0;
}

function gainTable(): Int16Array {
  const gain = (noise: number): number => {
    const level = f(f(noise / 2 ** (SMOOTHING_BITS - CORRECTION_BITS)) + GAIN_OFFSET);
    const value = f(2 ** GAIN_BITS * f(Math.pow(level, -f(GAIN_STRENGTH))));
    return value > 32_767 ? 32_767 : Math.trunc(f(value + 0.5));
  };
  const table = new Int16Array(4 * 33);
  table[0] = gain(0);
  table[1] = gain(1);
  for (let bits = 2; bits <= 32; bits++) {
    const from = 2 ** (bits - 1);
    const to = bits === 32 ? 2 * from - 1 : 2 * from;
    const begin = gain(from);
    const [toMiddle, toEnd] = [gain(from + Math.floor(from / 2)) - begin, gain(to) - begin];
    const slope = 4 * toMiddle - toEnd;
    table.set([begin, slope, toEnd - slope], 4 * bits);
  }
  return table;
}

function gainFor(noise: number): number {
  if (noise <= 2) return GAIN[noise === 2 ? 8 : noise]!;
  const bits = bitLength(noise);
  const at = 4 * bits;
  const part = (bits < 11 ? noise << (11 - bits) : noise >>> (bits - 11)) & 0x3ff;
  const slope = (((GAIN[at + 2]! * part) >> 5) + (GAIN[at + 1]! << 5)) | 0;
  return int16(((Math.imul(slope, part) + (1 << 14)) >> 15) + GAIN[at]!);
}

/** 64 × ln(x), by a straight line for each 1/128 of an octave. */
function logarithm(x: number): number {
  const whole = bitLength(x) - 1;
  const rest = x - 2 ** whole;
  const part = whole < LOG_BITS ? rest << (LOG_BITS - whole) : rest >>> (whole - LOG_BITS);
  const segment = part >> (LOG_BITS - SEGMENT_BITS);
  const base = segment << (LOG_BITS - SEGMENT_BITS);
  const bend = LOG_BEND[segment]! + (((LOG_BEND[segment + 1]! - LOG_BEND[segment]!) * (part - base)) >> LOG_BITS);
  const natural = Math.floor((LOG_OF_2 * ((whole << LOG_BITS) + part + bend) + 32_768) / 65_536);
  return ((natural << LOG_SHIFT) + 32_768) >>> LOG_BITS;
}
