import type { Clock, Timer } from "../common/clock";
import type { Failure } from "../assemblyai/failure";
import { HEALTHY_SESSION_MS, RetryPace } from "./retry";

/** The payload of the `reconnecting` event. */
export interface Reconnecting {
  /** counts from 1 in a row of failures */
  attempt: number;
  delaySeconds: number;
  code: string;
  message: string;
}

/**
 * The steps from a session that broke off to the next attempt.
 *
 *   idle ──plan(), worth another try──▶ planned ──wait()──▶ waiting ──the pace's delay──▶ idle, retry() called
 *                                          └──waitInLine()──▶ waiting, until the account's line lets it through
 */
export class Reconnection {
  private readonly pace: RetryPace;
  private delayMs = 0;
  private retryAt = 0;
  private timer: Timer | undefined;

  /** @param random from 0 up to 1, spreads the delays */
  constructor(
    private readonly clock: Clock,
    private readonly retry: () => void,
    random?: () => number,
  ) {
    this.pace = new RetryPace(random);
  }

  /**
   * Decides whether another attempt is worth making.
   * @param ageMs how long the session lasted that broke off
   */
  plan(failure: Failure, ageMs: number): boolean {
    if (ageMs >= HEALTHY_SESSION_MS) this.pace.reset();
    const delayMs = this.pace.next(failure.retry);
    this.delayMs = delayMs ?? 0;
    return delayMs !== undefined;
  }

  /** Makes the planned attempt when it is due. */
  wait(failure: Failure): Reconnecting {
    const info = this.waitInLine(failure, this.delayMs);
    this.cancel();
    this.timer = this.clock.setTimeout(this.retry, this.delayMs);
    return info;
  }

  /** The account's line makes the attempt. @param delayMs ms until then */
  waitInLine({ error: { code, message } }: Failure, delayMs: number): Reconnecting {
    this.retryAt = this.clock.now() + delayMs;
    return { attempt: this.pace.attempt, delaySeconds: Math.round(delayMs) / 1000, code, message };
  }

  /** ms until the attempt */
  get remainingMs(): number {
    return Math.max(0, this.retryAt - this.clock.now());
  }

  cancel(): void {
    this.timer?.cancel();
  }
}
