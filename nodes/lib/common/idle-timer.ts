import type { Clock, Timer } from "./clock";

/** How long before it elapses it calls `near`: enough time for a ping and its answer, and too little for the answer to become outdated. */
const NEAR_MS = 500;

/**
 * Calls `elapsed` once when nothing has touched it for the timeout. It runs on a timer of its own, because a check inside an event handler
 * never runs while there are no events.
 *
 *   stopped ──start()──▶ counting ──nearly the timeout──▶ near() called ──timeout without touch()──▶ stopped, elapsed() called
 *                          │  ▲                                │
 *                          └──┴────── touch(): counts from now ┘
 */
export class IdleTimer {
  private timer: Timer | undefined;
  private deadline = 0;
  /** the deadline that `near` was called for */
  private nearing = 0;

  /**
   * @param timeoutMs ms without a touch; 0 = never elapses
   * @param near called 0.5 s before it elapses, or at half of a timeout that is shorter than a second
   */
  constructor(
    private readonly clock: Clock,
    private readonly timeoutMs: number,
    private readonly elapsed: () => void,
    private readonly near: () => void = () => undefined,
  ) {}

  start(): void {
    if (this.timeoutMs <= 0) return;
    this.stop();
    this.touch();
    this.arm();
  }

  /** Restarts the whole timeout. */
  touch(): void {
    this.elapseIn(this.timeoutMs);
  }

  /** Sets the deadline to `ms` from now. A timer that is running is kept, and waits again when it fires before the deadline. */
  elapseIn(ms: number): void {
    const deadline = this.clock.now() + ms;
    const isSooner = deadline < this.deadline;
    this.deadline = deadline;
    if (!isSooner || !this.timer) return;
    this.stop();
    this.arm();
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  /** ms until it elapses, or undefined where it does not run. */
  get remainingMs(): number | undefined {
    return this.timer ? Math.max(0, this.deadline - this.clock.now()) : undefined;
  }

  private get nextAt(): number {
    return this.nearing === this.deadline ? this.deadline : this.deadline - Math.min(NEAR_MS, this.timeoutMs / 2);
  }

  private arm(): void {
    this.timer = this.clock.setTimeout(() => this.wake(), this.nextAt - this.clock.now());
  }

  private wake(): void {
    // A timer may also fire a fraction of a millisecond early.
    if (this.clock.now() < this.nextAt) return this.arm();
    if (this.nearing === this.deadline) {
      this.timer = undefined;
      return this.elapsed();
    }
    this.nearing = this.deadline;
    this.arm();
    this.near();
  }
}
