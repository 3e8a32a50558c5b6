import type { Clock } from "../common/clock";
import { startOfDay } from "../common/day";

/** A pause of less than this is none: a day has 1,440 of them, and no screen shows that many. */
const PAUSE_MS = 60_000;
/** Of so many topics the times are known. */
const MOST_TOPICS = 1_000;

/** Times in ms since the epoch. */
export interface TimeSpan {
  from: number;
  until: number;
}

/** When audio has come today, for each topic. What a life of the node knows, it can leave to the next one. */
export class ListeningTimes {
  private readonly spans = new Map<string, TimeSpan[]>();

  constructor(private readonly clock: Clock) {}

  /** Audio has come. Called with each message, so it allocates nothing where audio goes on. */
  heard(key: string): void {
    const now = this.clock.date();
    const newest = this.spans.get(key)?.at(-1);
    if (newest && now - newest.until < PAUSE_MS) newest.until = Math.max(newest.until, now);
    else this.begin(key, now);
  }

  get keys(): string[] {
    return [...this.spans.keys()].filter((key) => this.of(key).length > 0);
  }

  /** Oldest first; a span that began yesterday is whole. */
  of(key: string): TimeSpan[] {
    const today = startOfDay(this.clock.date());
    return (this.spans.get(key) ?? []).filter(({ until }) => until >= today);
  }

  /** What is to be kept until the next life. */
  get record(): Record<string, [number, number][]> {
    return Object.fromEntries(this.keys.map((key) => [key, this.of(key).map(({ from, until }) => [from, until])]));
  }

  /** @param record what an earlier life has kept; what of it is not of that form is left out */
  restore(record: object): void {
    for (const [key, value] of Object.entries(record)) {
      const before: unknown[] = Array.isArray(value) ? value : [];
      const spans = before.filter(isPair).map(([from, until]) => ({ from, until }));
      this.spans.set(key, [...spans, ...(this.spans.get(key) ?? [])]);
    }
  }

  private begin(key: string, now: number): void {
    const spans = this.of(key);
    this.spans.delete(key);
    this.spans.set(key, [...spans, { from: now, until: now }]);
    const [oldest] = this.spans.keys();
    if (this.spans.size > MOST_TOPICS && oldest !== undefined) this.spans.delete(oldest);
  }
}

function isPair(value: unknown): value is [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every((time) => Number.isFinite(time));
}
