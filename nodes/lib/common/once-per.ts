import type { Clock } from "./clock";

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
    for (const [passed, at] of this.passedAt) if (now - at >= this.ms) this.passedAt.delete(passed);
    if (this.passedAt.has(what)) return false;
    this.passedAt.set(what, now);
    return true;
  }
}
