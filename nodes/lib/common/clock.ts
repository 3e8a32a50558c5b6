/**
 * The engine's time. Everything that waits or measures takes a Clock, so that tests can control the time.
 */
export interface Clock {
  /** Monotonic milliseconds from an arbitrary origin; never steps back when the system's date is set. */
  now(): number;
  /** Wall-clock milliseconds since the Unix epoch: for timestamps shown to people, never for measuring. */
  date(): number;
  /** Calls `callback` once, after at least `ms` milliseconds. The timer never keeps the process alive by itself. */
  setTimeout(callback: () => void, ms: number): Timer;
}

/** A running timer. Cancelling one that has fired, or was cancelled, does nothing. */
export interface Timer {
  cancel(): void;
}

/** The longest delay that Node's setTimeout takes (2^31 - 1 ms, about 24.8 days); a longer one would fire at once. */
const LONGEST_DELAY_MS = 2_147_483_647;

export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => Date.now(),
  setTimeout(callback, ms) {
    const timer = setTimeout(callback, Math.min(Math.max(0, ms), LONGEST_DELAY_MS));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
