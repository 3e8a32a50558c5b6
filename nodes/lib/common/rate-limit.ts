import type { Clock, Timer } from "./clock";

/** Milliseconds in which at most `perSecond` values are shown. */
const WINDOW_MS = 1000;

/**
 * Shows values, at most so many in any second: each status that a node sets goes to every open editor. The first ones are shown at
 * once; of further ones in the same second only the newest is kept, and shown when its turn comes.
 */
export class RateLimit<Value> {
  private readonly shownAt: number[] = [];
  private newest: { value: Value } | undefined;
  private timer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly show: (value: Value) => void,
    private readonly perSecond = 2,
  ) {}

  push(value: Value): void {
    this.newest = { value };
    if (!this.timer) this.flush();
  }

  /** Drops the value that waits. */
  cancel(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.newest = undefined;
  }

  private flush(): void {
    this.timer = undefined;
    if (!this.newest) return;
    const now = this.clock.now();
    const wait = this.shownAt.length < this.perSecond ? 0 : (this.shownAt[0] ?? now) + WINDOW_MS - now;
    if (wait > 0) {
      this.timer = this.clock.setTimeout(() => this.flush(), wait);
      return;
    }
    const { value } = this.newest;
    this.newest = undefined;
    this.shownAt.push(now);
    if (this.shownAt.length > this.perSecond) this.shownAt.shift();
    this.show(value);
  }
}
