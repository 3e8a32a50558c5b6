/**
 * The tables of the front end's window and of its 40 filters, triangles on the mel scale. The original computes them in float32, and so
 * each operation is rounded here (Math.fround).
 */
import { FFT_SIZE } from "./spectrum";

/** Hz */
export const FRONT_END_RATE = 16_000;
/** Numbers in a frame. */
export const CHANNELS = 40;
/** 30 ms */
export const WINDOW_SAMPLES = 480;
export const WINDOW_BITS = 12;

const BIN_HZ = FRONT_END_RATE / FFT_SIZE;
const LOWEST_HZ = 125;
const HIGHEST_HZ = 7500;
const WEIGHT = 1 << 12;

const f = Math.fround;

/** Hann, centred on the half sample, in WINDOW_BITS bits. */
export const WINDOW = Int16Array.from({ length: WINDOW_SAMPLES }, (_, i) => {
  const angle = f(f(f(f(Math.PI) * 2) / WINDOW_SAMPLES) * f(i + 0.5));
  return Math.floor(f(f(f(0.5 - f(0.5 * f(Math.cos(angle)))) * (1 << WINDOW_BITS)) + 0.5));
});

/**
 * Every frequency lies on the falling side of one triangle and on the rising side of the next: its weight goes to the one, the rest of
 * 4096 to the other.
 */
export interface MelFilters {
  /** where each triangle's rising side begins, as a frequency of the spectrum; the last entry is the end of all */
  readonly starts: Int16Array;
  /** by frequency, from starts[0] on */
  readonly weights: Int16Array;
  readonly rests: Int16Array;
}

export const MEL_FILTERS = melFilters();

function mel(hertz: number): number {
  return f(1127 * f(Math.log1p(f(f(hertz) / 700))));
}

function melFilters(): MelFilters {
  const low = mel(LOWEST_HZ);
  const spacing = f(f(mel(HIGHEST_HZ) - low) / (CHANNELS + 1));
  const centre = (channel: number): number => (channel < 0 ? low : f(low + f(spacing * (channel + 1))));
  const first = Math.trunc(1.5 + LOWEST_HZ / BIN_HZ);
  const starts: number[] = [];
  const weights: number[] = [];
  const rests: number[] = [];
  let bin = first;
  for (let channel = 0; channel <= CHANNELS; channel++) {
    starts.push(bin);
    for (; mel(bin * BIN_HZ) <= centre(channel); bin++) {
      const weight = f(f(centre(channel) - mel(bin * BIN_HZ)) / f(centre(channel) - centre(channel - 1)));
      weights.push(Math.floor(f(f(weight * WEIGHT) + 0.5)));
      rests.push(Math.floor(f(f(f(1 - weight) * WEIGHT) + 0.5)));
    }
  }
  starts.push(bin);
  // The C library's log1pf (glibc's and newlib's) is not rounded correctly at 148, 216 and 218, which moves these two weights.
  for (const moved of [149 - first, 221 - first]) {
    weights[moved] = weights[moved]! + 1;
    rests[moved] = rests[moved]! - 1;
  }
  return { starts: Int16Array.from(starts), weights: Int16Array.from(weights), rests: Int16Array.from(rests) };
}
