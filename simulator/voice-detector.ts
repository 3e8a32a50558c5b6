import { Framer } from "../nodes/lib/audio/framer";
import { DETECTOR_INPUT_RATES, DETECTOR_RATE } from "../nodes/lib/audio/resampler";
import { FRAME_SAMPLES, Silero } from "../nodes/lib/voice/silero";
import { SparingDetector } from "../nodes/lib/voice/sparing";
import { EnergyDetector, type SpeechDetector } from "./speech-detector";

/** Once someone speaks, frames above this are still speech: a stop within a word falls to it for a few frames. */
const HOLD_PROBABILITY = 0.2;

/** Speech by the package's own voice detector, which noise and music do not deceive. */
class VoiceDetector implements SpeechDetector {
  /** 32 ms, as long as the network's own. */
  readonly frameSamples: number;
  private readonly framer: Framer;
  /** Does not run the network in a quiet room: the probability stays as low as it was. */
  private readonly network = new SparingDetector(new Silero(), (_frame, probability) => this.judge(probability));
  private probability = 0;

  constructor(sampleRate: number) {
    this.frameSamples = Math.round((FRAME_SAMPLES * sampleRate) / DETECTOR_RATE);
    this.framer = new Framer(sampleRate, FRAME_SAMPLES, (frame) => this.network.process(frame));
  }

  /** The network needs no learning of the room. */
  learn(): void {}

  process(frame: Int16Array): number {
    this.framer.push(frame);
    return this.probability; // of the network's frame that ended last, where the two do not fall together
  }

  private judge(probability: number): void {
    const speaking = this.probability >= 0.5 && probability >= HOLD_PROBABILITY;
    this.probability = speaking ? Math.max(0.5, probability) : probability;
  }
}

/** @param sampleRate Hz; for a rate that no microphone has, speech is found by its energy */
export function voiceDetector(sampleRate: number): SpeechDetector {
  return DETECTOR_INPUT_RATES.some((rate) => rate === sampleRate) ? new VoiceDetector(sampleRate) : new EnergyDetector(sampleRate);
}
