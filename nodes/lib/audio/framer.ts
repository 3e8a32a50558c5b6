import { converterFrom, DETECTOR_RATE, type Converter } from "./resampler";

/** Called with each complete frame. The array is reused for the next frame: copy the samples that you keep. */
export type FrameListener = (frame: Float32Array) => void;

/**
 * Cuts PCM at any of DETECTOR_INPUT_RATES into a detector's frames at DETECTOR_RATE, full scale ±1. Holds back less than a frame and
 * 2.5 ms of audio; allocates nothing per chunk.
 *
 * Frame k begins at input sample floor(k × frameSamples × rate / 16,000) exactly, however long the stream: positions are counted, never
 * summed up.
 */
export class Framer {
  private readonly frame: Float32Array;
  private filled = 0;
  private readonly converter: Converter;

  /**
   * @param rate of the input, Hz
   * @param frameSamples of each frame, at DETECTOR_RATE
   * @throws AaiError AAI_AUDIO_FORMAT where the rate is none of DETECTOR_INPUT_RATES
   */
  constructor(
    readonly rate: number,
    private readonly frameSamples: number,
    private readonly listener: FrameListener,
  ) {
    this.converter = converterFrom(rate);
    this.frame = new Float32Array(frameSamples);
  }

  /** @param pcm any number of samples, signed 16-bit, mono */
  push(pcm: Int16Array): void {
    let from = 0;
    while (from < pcm.length) {
      from = this.converter.read(pcm, from);
      for (;;) {
        this.filled = this.converter.write(this.frame, this.filled);
        if (this.filled < this.frameSamples) break;
        this.filled = 0;
        this.listener(this.frame);
      }
    }
  }

  /** The input sample at which frame `index` begins, counted from the first sample that was pushed. */
  positionOf(index: number): number {
    return Math.floor((index * this.frameSamples * this.rate) / DETECTOR_RATE);
  }

  reset(): void {
    this.filled = 0;
    this.converter.reset();
  }
}
