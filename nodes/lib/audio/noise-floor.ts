/**
 * Tracks the noise of a room in which nobody speaks, octave by octave, and finds the frames that rise above it.
 *
 * The octaves come from a Haar wavelet: the differences of neighbouring samples are the highest octave, their sums halve the sample rate
 * for the next one. That costs a few microseconds a frame. Octaves, and not the whole, because a voice that is 5 dB below the noise
 * altogether is still above it in one of them; and because an octave's level hardly varies in steady noise of any colour.
 */
import { DETECTOR_RATE } from "./resampler";

/** 4–8 kHz, 2–4, 1–2, 0.5–1, 0.25–0.5 kHz. Every voice has energy in these octaves; rumble lies below them. */
const OCTAVES = 5;

/**
 * How far above the floor an octave's level still counts as the floor, in standard deviations of the level of white noise: that of n
 * samples varies by 4.34 × √(2/n) dB.
 */
const MARGIN_DEVIATIONS = 5;

/** Added to an octave's mean square: below an RMS of 2 steps of 16 bits (-84 dBFS) levels are not distinguished. */
const LEAST_POWER = (2 / 32_768) ** 2;

/** The floor goes half of the way to a frame's level in this time. */
const HALF_TIME_MS = 432;
/** dB/s: it rises no faster, because a voice grows louder faster than that. */
const FASTEST_RISE = 1.875;

export class NoiseFloor {
  private readonly scratch: Float64Array;
  /** dB */
  private readonly margins: Float64Array;
  /** part of the way to a frame's level that the floor moves, and how far it rises at most, in dB */
  private readonly speed: number;
  private readonly fastestRise: number;
  private readonly levels = new Float64Array(OCTAVES);
  private readonly floor = new Float64Array(OCTAVES);
  private measured = false;

  /** @param frameSamples of each frame, at DETECTOR_RATE: a multiple of 32, so that every octave has whole samples */
  constructor(frameSamples: number) {
    const frameMs = (1000 * frameSamples) / DETECTOR_RATE;
    this.speed = 1 - 0.5 ** (frameMs / HALF_TIME_MS);
    this.fastestRise = (FASTEST_RISE * frameMs) / 1000;
    this.scratch = new Float64Array(frameSamples);
    this.margins = Float64Array.from({ length: OCTAVES }, (_, octave) => {
      const values = frameSamples >> (octave + 1);
      return MARGIN_DEVIATIONS * (10 / Math.LN10) * Math.sqrt(2 / values);
    });
  }

  /** Whether the frame rises above the floor. `follow` then applies to this frame. */
  isExceededBy(frame: Float32Array): boolean {
    this.measure(frame);
    if (!this.measured) {
      this.measured = true;
      this.floor.set(this.levels);
    }
    return this.levels.some((level, octave) => level > this.floor[octave]! + this.margins[octave]!);
  }

  /** Moves the floor towards the last frame. @param rise false where the frame may be speech: then it only falls */
  follow(rise: boolean): void {
    for (let octave = 0; octave < OCTAVES; octave++) {
      const change = (this.levels[octave]! - this.floor[octave]!) * this.speed;
      if (change < 0 || rise) this.floor[octave] = this.floor[octave]! + Math.min(change, this.fastestRise);
    }
  }

  reset(): void {
    this.measured = false;
  }

  private measure(frame: Float32Array): void {
    const { scratch } = this;
    scratch.set(frame);
    let count = scratch.length;
    for (let octave = 0; octave < OCTAVES; octave++) {
      count /= 2;
      let power = 0;
      for (let i = 0; i < count; i++) {
        const a = scratch[2 * i]!;
        const b = scratch[2 * i + 1]!;
        power += (a - b) * (a - b);
        scratch[i] = (a + b) * Math.SQRT1_2;
      }
      this.levels[octave] = 10 * Math.log10(power / (2 * count) + LEAST_POWER);
    }
  }
}
