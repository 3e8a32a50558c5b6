import type { Clock, Timer } from "../../nodes/lib/common/clock";

interface Entry {
  due: number;
  order: number;
  owner: string;
  /** of the input or connection in whose course it was set */
  stream: number | undefined;
  callback: (() => void) | undefined;
}

/**
 * The time of one schedule: a heap of timers, each with an owner, so that the engine's own can be counted apart from the service's. What
 * runs in a timer belongs to the stream in whose course the timer was set: so a connection is known to be one stream's before a word of
 * it was heard.
 */
export class ModelClock {
  time = 1_000;
  /** the stream in whose course the present code runs */
  stream: number | undefined;
  private readonly heap: Entry[] = [];
  private readonly running = new Map<string, number>();
  private created = 0;
  private readonly epoch = Date.UTC(2026, 10, 20, 12);

  /** The clock as one owner sees it. An owner that is `dead` is called back no more: its process has crashed. */
  ownedBy(owner: string): Clock & { kill(): void } {
    const state = { dead: false };
    return {
      now: () => this.time,
      date: () => this.epoch + this.time,
      setTimeout: (callback, ms) => this.schedule(owner, () => state.dead || callback(), ms),
      kill: () => (state.dead = true),
    };
  }

  schedule(owner: string, callback: () => void, ms: number): Timer {
    const entry: Entry = { due: this.time + Math.max(0, ms), order: this.created++, owner, stream: this.stream, callback };
    this.push(entry);
    this.running.set(owner, this.timersOf(owner) + 1);
    return { cancel: () => this.done(entry) };
  }

  timersOf(owner: string): number {
    return this.running.get(owner) ?? 0;
  }

  /** When the next timer is due; Infinity where none runs. */
  get nextDue(): number {
    while (this.heap[0] && !this.heap[0].callback) this.pop();
    return this.heap[0]?.due ?? Infinity;
  }

  /** Turns on to the next timer and fires it. */
  fireNext(): void {
    const entry = this.pop();
    const { callback } = entry;
    this.time = Math.max(this.time, entry.due);
    this.done(entry);
    this.within(entry.stream, () => callback?.());
  }

  /** Runs something in the course of a stream. */
  within<Result>(stream: number | undefined, run: () => Result): Result {
    const outer = this.stream;
    this.stream = stream;
    try {
      return run();
    } finally {
      this.stream = outer;
    }
  }

  private done(entry: Entry): void {
    if (!entry.callback) return;
    entry.callback = undefined;
    this.running.set(entry.owner, this.timersOf(entry.owner) - 1);
  }

  private push(entry: Entry): void {
    const { heap } = this;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent] as Entry)) break;
      heap[at] = heap[parent] as Entry;
      at = parent;
    }
    heap[at] = entry;
  }

  private pop(): Entry {
    const { heap } = this;
    const first = heap[0] as Entry;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return first;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      const right = heap[child + 1];
      if (right && isBefore(right, heap[child] as Entry)) child++;
      if (!isBefore(heap[child] as Entry, last)) break;
      heap[at] = heap[child] as Entry;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.due < other.due || (one.due === other.due && one.order < other.order);
}
