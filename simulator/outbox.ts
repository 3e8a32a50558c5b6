import type { Clock, Timer } from "../nodes/lib/common/clock";

/** Runs actions in order, each no sooner than its delay after it was added. Actions without a delay run at once. */
export class Outbox {
  private readonly queue: { due: number; action: () => void }[] = [];
  private timer: Timer | undefined;

  constructor(private readonly clock: Clock) {}

  /** @param delay ms */
  add(delay: number, action: () => void): void {
    this.queue.push({ due: this.clock.now() + delay, action });
    if (!this.timer) this.run();
  }

  clear(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.queue.length = 0;
  }

  private run(): void {
    this.timer = undefined;
    for (let next = this.queue[0]; next; next = this.queue[0]) {
      const wait = next.due - this.clock.now();
      if (wait > 0) {
        this.timer = this.clock.setTimeout(() => this.run(), wait);
        return;
      }
      this.queue.shift();
      next.action();
    }
  }
}
