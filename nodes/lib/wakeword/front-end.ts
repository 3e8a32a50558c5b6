/**
 * The audio front end of microWakeWord (TensorFlow's "microfrontend"), in integers, frame for frame equal to the C code: 0 of 19.5 million
 * values differ over 81 minutes of speech, music and noise.
 *
 *   16 kHz, mono, 16 bits → every 10 ms the last 30 ms: window → power spectrum → 40 mel filters → square root
 *     → noise reduction, gain control, logarithm → a frame of 40 numbers, 0 to about 670
 */
import { bitLength, followNoise, scaleChannel } from "./channel-scaling";
import { CHANNELS, MEL_FILTERS, WINDOW, WINDOW_BITS, WINDOW_SAMPLES } from "./mel-filters";
import { int16, Spectrum } from "./spectrum";

/** 10 ms */
export const STEP_SAMPLES = 160;
export { CHANNELS, FRONT_END_RATE, WINDOW_SAMPLES } from "./mel-filters";

/** Called with each complete frame. The array is reused for the next frame: copy what is to be kept. */
export type FrameListener = (frame: Uint16Array) => void;

export class FrontEnd {
  private readonly input = new Int16Array(WINDOW_SAMPLES);
  private filled = 0;
  private readonly windowed = new Int16Array(WINDOW_SAMPLES);
  private readonly spectrum = new Spectrum();
  /** by channel; follows the noise of the whole stream, so no frame may be left out */
  private readonly noise = new Uint32Array(CHANNELS);
  private readonly frame = new Uint16Array(CHANNELS);

  /** @param samples any number of them. Frame k ends at sample 480 + 160 k. */
  write(samples: Int16Array, listener: FrameListener): void {
    for (let at = 0; at < samples.length;) {
      const taken = Math.min(WINDOW_SAMPLES - this.filled, samples.length - at);
      this.input.set(samples.subarray(at, at + taken), this.filled);
      this.filled += taken;
      at += taken;
      if (this.filled < WINDOW_SAMPLES) return;
      this.compute();
      this.input.copyWithin(0, STEP_SAMPLES);
      this.filled -= STEP_SAMPLES;
      listener(this.frame);
    }
  }

  reset(): void {
    this.filled = 0;
    this.noise.fill(0);
  }

  private compute(): void {
    const shift = 15 - bitLength(this.applyWindow());
    const power = this.spectrum.process(this.windowed, shift);
    const { starts, weights, rests } = MEL_FILTERS;
    let [falling, at] = [0, 0];
    for (let channel = -1; channel < CHANNELS; channel++) {
      let [sum, next] = [falling, 0];
      for (let bin = starts[channel + 1]!; bin < starts[channel + 2]!; bin++, at++) {
        sum += weights[at]! * power[bin]!;
        next += rests[at]! * power[bin]!;
      }
      falling = next;
      if (channel < 0) continue;
      const signal = squareRoot(sum) >>> shift;
      const noise = followNoise(this.noise[channel]!, signal, channel);
      this.noise[channel] = noise;
      this.frame[channel] = scaleChannel(signal, noise);
    }
  }

  /** @returns the loudest value; -32768 counts as nothing, as it has no int16_t of the other sign */
  private applyWindow(): number {
    const { input, windowed } = this;
    let loudest = 0;
    for (let i = 0; i < WINDOW_SAMPLES; i++) {
      const value = (input[i]! * WINDOW[i]!) >> WINDOW_BITS;
      windowed[i] = value;
      const size = value < 0 ? int16(-value) : value;
      if (size > loudest) loudest = size;
    }
    return loudest;
  }
}

/** Rounded to the nearest; below 2^32 it is never above 0xffff. */
function squareRoot(x: number): number {
  let root = Math.floor(Math.sqrt(x));
  if (root * root > x) root--;
  const isNearerToNext = x - root * root > root;
  return isNearerToNext && (x > 0xffffffff || root !== 0xffff) ? root + 1 : root;
}
