import type { Clock, Timer } from "../../nodes/lib/common/clock";

interface Pending {
  due: number;
  order: number;
  callback: () => void;
}

/** A clock that moves only when a test advances it. Timers fire in the order of their due times, then of their creation. */
export class FakeClock implements Clock {
  private time = 1000;
  private created = 0;
  private readonly pending = new Set<Pending>();

  constructor(private readonly epoch = Date.UTC(2026, 10, 20, 12)) {}

  now(): number {
    return this.time;
  }

  date(): number {
    return this.epoch + this.time;
  }

  setTimeout(callback: () => void, ms: number): Timer {
    const entry = { due: this.time + Math.max(0, ms), order: this.created++, callback };
    this.pending.add(entry);
    return { cancel: () => this.pending.delete(entry) };
  }

  /** Advances the clock by `ms`, and fires every timer that becomes due, at its own time. */
  advance(ms: number): void {
    const end = this.time + ms;
    for (let next = this.nextBefore(end); next; next = this.nextBefore(end)) {
      this.pending.delete(next);
      this.time = Math.max(this.time, next.due);
      next.callback();
    }
    this.time = end;
  }

  /** How many timers are running: 0 once everything under test has cancelled its own. */
  get timers(): number {
    return this.pending.size;
  }

  private nextBefore(end: number): Pending | undefined {
    let first: Pending | undefined;
    for (const entry of this.pending) {
      if (entry.due > end) continue;
      if (!first || entry.due < first.due || (entry.due === first.due && entry.order < first.order)) first = entry;
    }
    return first;
  }
}
