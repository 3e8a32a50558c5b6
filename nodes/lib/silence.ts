import type { Clock, Timer } from "./clock";

/**
 * The silence clock: calls `elapsed` once when nothing was heard for the timeout. It runs on a timer of its own, because the
 * server sends nothing in silence: a check made when a message arrives is never made.
 *
 *   stopped ──start()──▶ counting ──timeout without heard()──▶ stopped, elapsed() called
 *                          │  ▲
 *                          └──┘ heard(): counts from now
 */
export class SilenceClock {
  private timer: Timer | undefined;
  private deadline = 0;

  /** @param timeoutMs ms without anything heard; 0 = never elapses */
  constructor(
    private readonly clock: Clock,
    private readonly timeoutMs: number,
    private readonly elapsed: () => void,
  ) {}

  start(): void {
    if (this.timeoutMs <= 0) return;
    this.stop();
    this.heard();
    this.arm();
  }

  /** Something was said: the whole timeout is ahead again. The running timer stays and finds the later deadline when it fires. */
  heard(): void {
    this.deadline = this.clock.now() + this.timeoutMs;
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  /** ms until it elapses, or undefined where it does not run. */
  get remainingMs(): number | undefined {
    return this.timer ? Math.max(0, this.deadline - this.clock.now()) : undefined;
  }

  private arm(): void {
    this.timer = this.clock.setTimeout(() => {
      // A timer may also come a fraction of a millisecond early.
      if (this.clock.now() < this.deadline) return this.arm();
      this.timer = undefined;
      this.elapsed();
    }, this.deadline - this.clock.now());
  }
}
