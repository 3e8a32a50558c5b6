import type { Clock, Timer } from "../nodes/lib/common/clock";

/**
 * Deals with items one after the other, each only when the one before it is done with. An item may hold up those after it for as long as
 * it lasts, as audio does that is heard at the pace at which it was spoken.
 *
 *   waiting ──start──▶ idle ⇄ working ⇄ pacing (until the last item's time is over)
 */
export class WorkQueue<Item> {
  private readonly items: { item: Item; lastsMs: number }[] = [];
  private started = false;
  private working = false;
  private pacing: Timer | undefined;
  /** When what was dealt with so far would be over, at its own pace. */
  private busyUntil = 0;
  private hurried = false;

  constructor(
    private readonly clock: Clock,
    private readonly handle: (item: Item) => Promise<void>,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** @param lastsMs how long it holds up the next item that lasts; 0 = neither waits nor makes others wait, but for its place in the queue */
  push(item: Item, lastsMs = 0): void {
    this.items.push({ item, lastsMs });
    this.work();
  }

  /** Nothing is dealt with before. */
  start(): void {
    this.started = true;
    this.work();
  }

  /** From now on nothing waits for the pace of what is before it. */
  hurry(): void {
    this.hurried = true;
    this.pacing?.cancel();
    this.pacing = undefined;
    this.work();
  }

  /** Drops what is left. What is being dealt with is done to its end. */
  clear(): void {
    this.items.length = 0;
    this.pacing?.cancel();
    this.pacing = undefined;
  }

  private work(): void {
    if (!this.started || this.working || this.pacing || this.items.length === 0) return;
    this.working = true;
    this.workOff()
      .catch((error: unknown) => this.failed(error))
      .finally(() => {
        this.working = false;
        this.work(); // what came after the last look
      });
  }

  private async workOff(): Promise<void> {
    for (let next = this.items[0]; next; next = this.items[0]) {
      if (next.lastsMs > 0 && this.mustWait(next.lastsMs)) return;
      this.items.shift();
      await this.handle(next.item);
    }
  }

  private mustWait(lastsMs: number): boolean {
    const wait = this.hurried ? 0 : this.busyUntil - this.clock.now();
    if (wait > 0) {
      this.pacing = this.clock.setTimeout(() => {
        this.pacing = undefined;
        this.work();
      }, wait);
      return true;
    }
    // A timer that was a little late does not slow everything down: what waited is counted from when it was due.
    this.busyUntil = Math.max(this.busyUntil, this.clock.now() - LATE_MS) + lastsMs;
    return false;
  }
}

/** How late a timer of a busy process may be without being taken for a gap in the audio. */
const LATE_MS = 20;
