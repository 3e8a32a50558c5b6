import type { Clock, Timer } from "./clock";

/**
 * Calls `elapsed` once when nothing has touched it for the timeout. It runs on a timer of its own: a check that is made when something
 * happens is never made while nothing happens.
 *
 *   stopped ──touch()──▶ counting ──timeout without touch()──▶ stopped, elapsed() called
 *                          │  ▲
 *                          └──┴── touch(): counts from now
 */
export class IdleTimer {
  private timer: Timer | undefined;
  private deadline = 0;

  /** @param timeoutMs ms without a touch */
  constructor(
    private readonly clock: Clock,
    private readonly timeoutMs: number,
    private readonly elapsed: () => void,
  ) {}

  /** Counts from now, whether it was counting before or not. */
  touch(): void {
    // A timer that runs stays, and finds the later deadline when it fires: touches are many.
    this.deadline = this.clock.now() + this.timeoutMs;
    if (!this.timer) this.arm();
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private arm(): void {
    this.timer = this.clock.setTimeout(() => this.wake(), this.deadline - this.clock.now());
  }

  private wake(): void {
    // A timer may also come a fraction of a millisecond early.
    if (this.clock.now() < this.deadline) return this.arm();
    this.timer = undefined;
    this.elapsed();
  }
}
