import type { Clock } from "./clock";

/** What occurs beyond so many different things within that time does not pass. */
const MOST_THINGS = 1_000;

/** Limits how often each of several events passes: errors that would otherwise occur with every message of live audio. */
export class OncePer {
  private readonly passedAt = new Map<string, number>();

  constructor(
    private readonly clock: Clock,
    private readonly ms: number,
  ) {}

  /** Whether `what` has not passed within the last `ms`; if so, it passes now. */
  passes(what: string): boolean {
    const now = this.clock.now();
    // In the order in which they passed: the oldest come first.
    for (const [passed, at] of this.passedAt) {
      if (now - at < this.ms) break;
      this.passedAt.delete(passed);
    }
    if (this.passedAt.has(what) || this.passedAt.size >= MOST_THINGS) return false;
    this.passedAt.set(what, now);
    return true;
  }
}
