/**
 * Silero VAD v6 for 16 kHz in plain TypeScript: the probability that someone speaks in a frame of 32 ms.
 *
 *   64 samples of context + 512 new ones + 64 reflected at the end
 *     → STFT: 4 windows × 129 magnitudes
 *     → encoder: four convolutions over time (129 → 128 → 64 → 64 → 128 channels; 4 → 4 → 2 → 1 → 1 points in time)
 *     → LSTM with 128 units, whose state covers the earlier frames
 *     → readout: 128 values → the probability
 *
 * Equal to onnxruntime on the same (float16) weights to 1e-6; against the model's float32 weights it differs by at most 4.3e-3.
 */
import { Stft } from "./fft";
import { Convolution, Lstm, readout } from "./layers";
import { sileroWeights, type SileroWeights } from "./weights";

/** A detector of speech in frames. */
export interface SpeechDetector {
  /**
   * @param frame FRAME_SAMPLES samples at 16 kHz, full scale ±1, the ones that follow the last frame's
   * @returns the probability of speech in it, 0 to 1
   */
  process(frame: Float32Array): number;
  /** Resets the state to that before the first frame. */
  reset(): void;
}

/** 32 ms at 16 kHz. */
export const FRAME_SAMPLES = 512;
const CONTEXT = 64;
const REFLECTED = 64;
const STFT_WINDOWS = 4;

export class Silero implements SpeechDetector {
  private readonly samples = new Float32Array(CONTEXT + FRAME_SAMPLES + REFLECTED);
  private readonly stft = new Stft(STFT_WINDOWS);
  private readonly encoder: readonly Convolution[];
  private readonly lstm: Lstm;

  /** @throws AaiError AAI_VOICE_WEIGHTS where the package's weights cannot be read */
  constructor(private readonly weights: SileroWeights = sileroWeights()) {
    const [first, second, third, fourth] = weights.encoder;
    this.encoder = [
      new Convolution(first, 4, 1),
      new Convolution(second, 4, 2),
      new Convolution(third, 2, 2),
      new Convolution(fourth, 1, 1),
    ];
    this.lstm = new Lstm(weights.lstm.input, weights.lstm.recurrent);
  }

  process(frame: Float32Array): number {
    const { samples } = this;
    samples.copyWithin(0, FRAME_SAMPLES, FRAME_SAMPLES + CONTEXT);
    samples.set(frame, CONTEXT);
    const last = CONTEXT + FRAME_SAMPLES - 1;
    for (let i = 1; i <= REFLECTED; i++) samples[last + i] = samples[last - i]!;

    let values = this.stft.process(samples);
    for (const layer of this.encoder) values = layer.process(values);
    return readout(this.weights.output, this.lstm.process(values));
  }

  reset(): void {
    this.samples.fill(0);
    this.lstm.reset();
  }
}
