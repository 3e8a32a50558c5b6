import { CHANNELS } from "./front-end";
import { Interpreter } from "./interpreter";
import type { WakeWord } from "./wake-word";

/**
 * Frames of 10 ms without a new detection, at the beginning and after a detection, as ESPHome has it. A model that
 * has received only half a word detects names that nobody said.
 */
const COOL_OFF_FRAMES = 100;
/** A frame's numbers are those of TensorFlow's front end, times 25.6. */
const FEATURE_SCALE = 10 / 256;
/** A front end's number is at most about 670. */
const FEATURES = 1024;
const FULL = 255;

/**
 * Detects one wake word in the frames of a front end. A step of the model takes some frames (3) and gives a probability; the word is
 * detected when the mean of the last few (5) lies above the word's cutoff.
 *
 * Frames that are not to be judged are kept, as far as the model's memory reaches. The next judged frame processes them first, so the
 * result is the same as if all had been judged.
 */
export class WakeWordDetector {
  private readonly interpreter: Interpreter;
  private readonly input: Int8Array;
  private readonly framesPerStep: number;
  /** the front end's number → the model's int8 */
  private readonly quantised: Int8Array;
  /** probabilities of the last steps, 0 to 255; the next one's place is `next` */
  private readonly recent: Uint8Array;
  private next = 0;
  /** the sum of `recent` that a detection is above */
  private readonly limit: number;
  /** after a detection: the probability above which it is still the same word */
  private readonly stillHigh: number;
  /** the input of the last `keptSteps` steps, one after the other around the ring */
  private readonly kept: Int8Array;
  private readonly keptSteps: number;
  private framesOfStep = 0;
  /** complete steps, and those of them that are not judged yet */
  private steps = 0;
  private waiting = 0;
  /** steps to ignore, because the model was reset */
  private warming = 0;
  private coolOff: number;
  private lastStep = 0;
  private lastMean = 0;

  /** @param coolOffFrames of 10 ms, at the beginning and after a detection */
  constructor(
    readonly word: WakeWord,
    private readonly coolOffFrames = COOL_OFF_FRAMES,
  ) {
    this.interpreter = new Interpreter(word.graphs);
    const { input, memorySteps } = this.interpreter;
    const { scale, zeroPoint } = input;
    this.input = input.elements as Int8Array;
    this.framesPerStep = this.input.length / CHANNELS;
    this.quantised = Int8Array.from({ length: FEATURES }, (_, value) =>
      Math.max(-128, Math.min(127, roundHalfToEven((value * FEATURE_SCALE) / scale + zeroPoint))),
    );
    this.recent = new Uint8Array(word.window);
    this.limit = Math.trunc(word.cutoff * FULL) * word.window;
    this.stillHigh = word.cutoff * FULL;
    this.keptSteps = memorySteps + word.window;
    this.kept = new Int8Array(this.keptSteps * this.input.length);
    this.coolOff = coolOffFrames;
  }

  /** What the last step of the model gave, 0 to 255. */
  get stepProbability(): number {
    return this.lastStep;
  }

  /** The mean of the last few steps, 0 to 1: what is compared with the cutoff. At a detection, the probability of the word. */
  get probability(): number {
    return this.lastMean;
  }

  /** The most frames between a frame that is not judged and the end of the word that is detected in it. */
  get longestDelayFrames(): number {
    return this.keptSteps * this.framesPerStep;
  }

  /**
   * @param frame the front end's next one
   * @param judge false: the frame is only kept
   * @returns how many frames ago the word was detected, 0 for this one; undefined where it was not
   */
  frame(frame: Uint16Array, judge = true): number | undefined {
    const size = this.input.length;
    const to = (this.steps % this.keptSteps) * size + this.framesOfStep * CHANNELS;
    for (let i = 0; i < CHANNELS; i++) this.kept[to + i] = this.quantised[Math.min(frame[i]!, FEATURES - 1)]!;
    if (++this.framesOfStep < this.framesPerStep) return undefined;
    this.framesOfStep = 0;
    this.steps++;
    this.waiting++;
    if (!judge) return undefined;
    if (this.waiting > this.keptSteps) this.skipLost();
    let heard: number | undefined;
    for (; this.waiting > 0; this.waiting--) {
      const slot = (this.steps - this.waiting) % this.keptSteps;
      this.input.set(this.kept.subarray(slot * size, (slot + 1) * size));
      if (this.step()) heard ??= (this.waiting - 1) * this.framesPerStep;
    }
    return heard;
  }

  /** Resets: the next frame counts as the first. */
  reset(): void {
    this.interpreter.reset();
    this.framesOfStep = 0;
    this.steps = 0;
    this.waiting = 0;
    this.warming = 0;
    this.lastStep = 0;
    this.lastMean = 0;
    this.rest();
  }

  /** Drops steps that are no longer kept, and clears the model's memory, which the kept steps fill again. */
  private skipLost(): void {
    this.coolOff = Math.max(0, this.coolOff - (this.waiting - this.keptSteps) * this.framesPerStep);
    this.waiting = this.keptSteps;
    this.warming = this.interpreter.memorySteps;
    this.interpreter.reset();
  }

  /** @returns whether the word was detected */
  private step(): boolean {
    this.interpreter.step();
    const probability = this.warming > 0 ? 0 : this.interpreter.output.elements![0]!;
    if (this.warming > 0) this.warming--;
    this.lastStep = probability;
    this.recent[this.next] = probability;
    this.next = (this.next + 1) % this.recent.length;
    if (this.coolOff > 0 && probability < this.stillHigh) this.coolOff = Math.max(0, this.coolOff - this.framesPerStep);
    let sum = 0;
    for (const recent of this.recent) sum += recent;
    this.lastMean = sum / this.recent.length / FULL;
    if (this.coolOff > 0 || sum <= this.limit) return false;
    this.rest();
    return true;
  }

  private rest(): void {
    this.recent.fill(0);
    this.next = 0;
    this.coolOff = this.coolOffFrames;
  }
}

/** As the original rounds. */
function roundHalfToEven(x: number): number {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
