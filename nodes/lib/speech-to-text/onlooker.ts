import type { TurnEvent } from "../assemblyai/turn-assembler";
import type { Clock } from "../common/clock";
import { IdleTimer } from "../common/idle-timer";

/** Whoever looks on asks about once a second; a browser's tab in the background may skip some. */
const LEFT_AFTER_MS = 5_000;
const KEPT_SENTENCES = 3;
/** So many topics at once are shown with their sentences. */
const MOST_TOPICS = 1_000;

export interface Sentence {
  text: string;
  /** false while its turn goes on */
  final: boolean;
}

/** Somebody who looks on in the editor. The last sentences are kept only meanwhile, and in memory only. */
export class Onlooker {
  private present = false;
  private readonly sentences = new Map<string, Sentence[]>();
  private readonly leaving: IdleTimer;

  constructor(clock: Clock) {
    this.leaving = new IdleTimer(clock, LEFT_AFTER_MS, () => this.leave());
  }

  get isPresent(): boolean {
    return this.present;
  }

  looks(): void {
    this.present = true;
    this.leaving.touch();
  }

  leave(): void {
    this.present = false;
    this.leaving.stop();
    this.sentences.clear();
  }

  hears(key: string, { text, final }: TurnEvent): void {
    if (!this.present) return;
    const before = (this.sentences.get(key) ?? []).filter((sentence) => sentence.final);
    this.sentences.delete(key);
    this.sentences.set(key, [...before, { text, final }].slice(-KEPT_SENTENCES));
    for (const oldest of this.sentences.keys()) {
      if (this.sentences.size <= MOST_TOPICS) break;
      this.sentences.delete(oldest);
    }
  }

  /** Oldest first. */
  sentencesOf(key: string): Sentence[] {
    return this.sentences.get(key) ?? [];
  }
}
