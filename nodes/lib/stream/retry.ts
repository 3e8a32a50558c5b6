import type { Retry } from "../assemblyai/failure";

/** The first retry after a session that worked: a dropped connection is usually back at once. */
const QUICK_RETRY_MS = 250;
/** The free plan allows 5 new sessions a minute, account-wide: after the quick one, a retry waits at least this long. */
const SLOW_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 60_000;
/** A session that lasted this long clears the count: sessions that live shorter would pass 5 a minute with a quick retry each. */
export const HEALTHY_SESSION_MS = 30_000;
/** Retries after faults of the server itself, of which some never heal (a preview model ends each session with 3005 after 5 s). */
const SERVER_RETRIES = 5;

/** The pace of retries: 0.25 s once, then 5, 10, 20, 40, 60, 60 … s, each up to a fifth longer, so that clients do not retry in step. */
export class RetryPace {
  private attempts = 0;
  private serverFaults = 0;

  constructor(private readonly random: () => number = Math.random) {}

  /** The number of retries in a row. */
  get attempt(): number {
    return this.attempts;
  }

  /** ms to wait before the next try, or undefined where there should be none. After "rate" it is never quick. */
  next(retry: Retry): number | undefined {
    if (retry === "never") return undefined;
    if (retry === "server" && ++this.serverFaults > SERVER_RETRIES) return undefined;
    const step = this.attempts++;
    if (step === 0 && retry !== "rate") return QUICK_RETRY_MS;
    const exponent = retry === "rate" ? step : step - 1;
    return Math.min(SLOW_RETRY_MS * 2 ** exponent, LONGEST_RETRY_MS) * (1 + this.random() / 5);
  }

  /** A session was healthy: the next failure starts a new count. */
  reset(): void {
    this.attempts = 0;
    this.serverFaults = 0;
  }
}
