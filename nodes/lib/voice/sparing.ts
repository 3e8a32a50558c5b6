/**
 * Spares the network while nothing can be heard.
 *
 *   LISTENING: every frame goes through the network. A second of frames that neither rise above the noise floor nor sound like speech
 *     → RESTING: frames are only kept, the last half second of them. One that rises above the floor
 *     → LISTENING: the kept frames go through the network first, then this one.
 *
 * So an utterance is judged from before its beginning, even where its first sounds did not rise above the noise. What the network
 * remembers stays as it was when the rest began: the same quiet room.
 */
import { NoiseFloor } from "../audio/noise-floor";
import { FRAME_SAMPLES, type SpeechDetector } from "./silero";

/** Below it the network is sure that nobody speaks. */
const CALM_PROBABILITY = 0.1;
/** 1.02 s: longer than the gate stays open after the last voice, so that it never rests with the gate open. */
export const REST_AFTER_FRAMES = 32;
/** 512 ms */
export const KEPT_FRAMES = 16;

/** Is called for each frame that went through the network, in their order; `index` counts all frames, from 0. */
export type JudgementListener = (index: number, probability: number) => void;

export class SparingDetector {
  private readonly floor = new NoiseFloor(FRAME_SAMPLES);
  private readonly kept = Array.from({ length: KEPT_FRAMES }, () => new Float32Array(FRAME_SAMPLES));
  /** Frames that came since the rest began. */
  private rested = 0;
  private calm = 0;
  private frames = 0;

  constructor(
    private readonly detector: SpeechDetector,
    private readonly listener: JudgementListener,
  ) {}

  process(frame: Float32Array): void {
    const index = this.frames++;
    const more = this.floor.hearsMoreIn(frame);
    if (!more && this.calm >= REST_AFTER_FRAMES) {
      this.floor.follow(true);
      this.kept[index % KEPT_FRAMES]!.set(frame);
      this.rested++;
      return;
    }
    this.judgeKept(index);
    const probability = this.detector.process(frame);
    const calm = probability < CALM_PROBABILITY;
    this.floor.follow(calm);
    this.calm = calm && !more ? this.calm + 1 : 0;
    this.listener(index, probability);
  }

  reset(): void {
    this.floor.reset();
    this.detector.reset();
    this.rested = 0;
    this.calm = 0;
    this.frames = 0;
  }

  private judgeKept(end: number): void {
    for (let index = end - Math.min(this.rested, KEPT_FRAMES); index < end; index++) {
      this.listener(index, this.detector.process(this.kept[index % KEPT_FRAMES]!));
    }
    this.rested = 0;
  }
}
