/**
 * Spares the network in a quiet room.
 *
 *   RUNNING: every frame goes through the network. A second of frames that neither rise above the noise floor nor sound like speech
 *     → SPARED: frames are only kept, the last half second of them. One that rises above the floor
 *     → RUNNING: the kept frames go through the network first, then this one.
 *
 * So the network processes an utterance from before its beginning, even where its first sounds did not rise above the noise. The network's
 * state stays that of the same quiet room while it is spared.
 */
import { NoiseFloor } from "../audio/noise-floor";
import { FRAME_SAMPLES, type SpeechDetector } from "./silero";

/** Below this probability, certainly nobody speaks. */
const CALM_PROBABILITY = 0.1;
/** 1.02 s: longer than the gate stays open after the last voice, so that the network is never spared with the gate open. */
export const SPARE_AFTER_FRAMES = 32;
/** 512 ms */
export const KEPT_FRAMES = 16;

/** Called for each frame that went through the network, in order; `index` counts all frames, from 0. */
export type JudgementListener = (index: number, probability: number) => void;

export class SparingDetector {
  private readonly floor = new NoiseFloor(FRAME_SAMPLES);
  private readonly kept = Array.from({ length: KEPT_FRAMES }, () => new Float32Array(FRAME_SAMPLES));
  /** The number of frames since the network was last run. */
  private spared = 0;
  private calm = 0;
  private frames = 0;

  constructor(
    private readonly detector: SpeechDetector,
    private readonly listener: JudgementListener,
  ) {}

  process(frame: Float32Array): void {
    const index = this.frames++;
    const more = this.floor.isExceededBy(frame);
    if (!more && this.calm >= SPARE_AFTER_FRAMES) {
      this.floor.follow(true);
      this.kept[index % KEPT_FRAMES]!.set(frame);
      this.spared++;
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
    this.spared = 0;
    this.calm = 0;
    this.frames = 0;
  }

  private judgeKept(end: number): void {
    for (let index = end - Math.min(this.spared, KEPT_FRAMES); index < end; index++) {
      this.listener(index, this.detector.process(this.kept[index % KEPT_FRAMES]!));
    }
    this.spared = 0;
  }
}
