import type { Clock, Timer } from "../common/clock";
import type { Failure, Retry } from "../assemblyai/failure";

/** The first retry after a session that worked: a dropped connection is usually back at once. */
const QUICK_RETRY_MS = 250;
/** The free plan allows 5 new sessions a minute, account-wide: after the quick one, a retry waits at least this long. */
const SLOW_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 60_000;
/** A session that lasted this long clears the count: sessions that live shorter would pass 5 a minute with a quick retry each. */
const HEALTHY_SESSION_MS = 30_000;
/** Retries after faults of the server itself, of which some never heal (a preview model ends each session with 3005 after 5 s). */
const SERVER_RETRIES = 5;

/** The payload of the `reconnecting` event. */
export interface Reconnecting {
  /** counts from 1 in a row of failures */
  attempt: number;
  delaySeconds: number;
  code: string;
  message: string;
}

/**
 * The steps from a session that broke off to the next attempt. The pace is 0.25 s once, then 5, 10, 20, 40, 60, 60 … s, each up to a fifth
 * longer, so that clients do not retry in step.
 *
 *   idle ──plan(), worth another try──▶ planned ──wait()──▶ waiting ──delay──▶ idle, retry() called
 *                                                              └──the account's line lets it through──▶ idle
 */
export class Reconnection {
  /** retries in a row */
  private attempts = 0;
  private serverFaults = 0;
  private delayMs = 0;
  private retryAt = 0;
  private timer: Timer | undefined;

  /** @param random from 0 up to 1, spreads the delays */
  constructor(
    private readonly clock: Clock,
    private readonly retry: () => void,
    private readonly random: () => number = Math.random,
  ) {}

  /**
   * Decides whether another attempt is worth making, and when. After "rate" it is never quick.
   * @param ageMs how long the session lasted that broke off
   */
  plan(retry: Retry, ageMs: number): boolean {
    if (ageMs >= HEALTHY_SESSION_MS) this.attempts = this.serverFaults = 0;
    if (retry === "never" || (retry === "server" && ++this.serverFaults > SERVER_RETRIES)) return false;
    const step = this.attempts++ - (retry === "rate" ? 0 : 1);
    this.delayMs = step < 0 ? QUICK_RETRY_MS : Math.min(SLOW_RETRY_MS * 2 ** step, LONGEST_RETRY_MS) * (1 + this.random() / 5);
    return true;
  }

  /** Makes the planned attempt when it is due. @param inLineMs ms until the account's line makes it instead */
  wait({ error: { code, message } }: Failure, inLineMs?: number): Reconnecting {
    const delayMs = inLineMs ?? this.delayMs;
    this.cancel();
    if (inLineMs === undefined) this.timer = this.clock.setTimeout(this.retry, delayMs);
    this.retryAt = this.clock.now() + delayMs;
    return { attempt: this.attempts, delaySeconds: Math.round(delayMs) / 1000, code, message };
  }

  /** ms until the attempt */
  get remainingMs(): number {
    return Math.max(0, this.retryAt - this.clock.now());
  }

  cancel(): void {
    this.timer?.cancel();
  }
}
