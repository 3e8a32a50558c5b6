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

/** When audio has come today, for each topic. In memory only: after a restart it begins anew. */
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

  private begin(key: string, now: number): void {
    const spans = this.of(key);
    this.spans.delete(key);
    this.spans.set(key, [...spans, { from: now, until: now }]);
    const [oldest] = this.spans.keys();
    if (this.spans.size > MOST_TOPICS && oldest !== undefined) this.spans.delete(oldest);
  }
}
