import type { Clock, Timer } from "../nodes/lib/common/clock";

/**
 * Processes items one after the other, each only when the one before it is done. An item may hold up those after it for as long as it
 * lasts, as audio does that is processed at the pace of speech.
 *
 *   waiting ──start──▶ idle ⇄ working ⇄ pacing (until the last item's time is over)
 */
export class WorkQueue<Item> {
  private readonly items: { item: Item; lastsMs: number }[] = [];
  private started = false;
  private working = false;
  private pacing: Timer | undefined;
  /** When the items processed so far would be over, at their own pace. */
  private busyUntil = 0;
  private hurried = false;

  constructor(
    private readonly clock: Clock,
    private readonly handle: (item: Item) => Promise<void>,
    private readonly failed: (error: unknown) => void,
  ) {}

  /**
   * @param lastsMs how long the item holds up the next one that lasts; 0 = it waits for no pace and holds up nothing, but keeps its place
   */
  push(item: Item, lastsMs = 0): void {
    this.items.push({ item, lastsMs });
    this.work();
  }

  /** No item is processed before this call. */
  start(): void {
    this.started = true;
    this.work();
  }

  /** From now on no item waits for the pace of those before it. */
  hurry(): void {
    this.hurried = true;
    this.pacing?.cancel();
    this.pacing = undefined;
    this.work();
  }

  /** Drops the waiting items. The one that is being processed is finished. */
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
        this.work(); // items that were added since the last check
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
    // A timer that fires a little late must not slow everything down: the next item counts from when this one was due.
    this.busyUntil = Math.max(this.busyUntil, this.clock.now() - LATE_MS) + lastsMs;
    return false;
  }
}

/** How late a timer of a busy process may be without being taken for a gap in the audio. */
const LATE_MS = 20;
