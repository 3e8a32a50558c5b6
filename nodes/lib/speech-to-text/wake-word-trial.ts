import type { Clock } from "../common/clock";
import type { WakeWord } from "../wakeword/wake-word";

/** As long as it takes to say a word some times. */
const TRIAL_MS = 15_000;

/** What a trial shows to whoever says the word. */
export interface TrialState {
  /** of the trial, ms; 0 = over */
  remainingMs: number;
  /** whether audio comes to the node at all */
  isFed: boolean;
  /** the highest since it was asked last, 0 to 1 */
  probability: number;
  /** the lowest of the words' cutoffs: a session opens above it */
  cutoff: number;
  /** what would have opened a session since the trial began */
  heard: readonly { phrase: string; probability: number }[];
}

/** What a trial has to know of its node's streams. */
interface Listening {
  readonly isFed: boolean;
  takeHighestProbability(): number;
}

/** For some seconds a node's wake words open nothing, and someone watches how well they are heard. */
export class WakeWordTrial {
  private until = -Infinity;
  private heard: { phrase: string; probability: number }[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly words: readonly WakeWord[],
    private readonly streams: Listening,
  ) {}

  /** Begins, or begins anew. */
  begin(): TrialState {
    this.until = this.clock.now() + TRIAL_MS;
    this.heard = [];
    this.streams.takeHighestProbability();
    return this.state;
  }

  get isRunning(): boolean {
    return this.clock.now() < this.until;
  }

  called({ phrase }: WakeWord, probability: number): void {
    this.heard.push({ phrase, probability });
  }

  get state(): TrialState {
    return {
      remainingMs: Math.max(0, Math.round(this.until - this.clock.now())),
      isFed: this.streams.isFed,
      probability: this.streams.takeHighestProbability(),
      cutoff: Math.min(...this.words.map(({ cutoff }) => cutoff)),
      heard: this.heard,
    };
  }
}
