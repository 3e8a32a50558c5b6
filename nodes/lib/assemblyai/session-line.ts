import type { Clock, Timer } from "../common/clock";

/** The free plan allows 5 new sessions a minute, account-wide. */
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 60_000;

/** A request for a session. */
export interface Place {
  /** Opens it. Must not throw. */
  readonly connect: () => void;
  /** The order in which requests came. */
  readonly number: number;
}

/**
 * The line in which the streams of one account wait for new sessions, once the service has refused one for the account's rate. Streams
 * that retried each in its own time would starve one another.
 *
 *   free ──refused()──▶ crowded: first come, first served, one at a time; a wait of 5, 10, 20, 40, 60 s after each refusal in a row
 *    ▲                     │
 *    └──nobody waits───────┘
 */
export class SessionLine {
  /** in the order in which they came */
  private readonly waiting: Place[] = [];
  private places = 0;
  private trying: Place | undefined;
  private refusals = 0;
  private timer: Timer | undefined;
  private nextAt = 0;

  /** @param random from 0 up to 1, spreads the waits */
  constructor(
    private readonly clock: Clock,
    private readonly random: () => number = Math.random,
  ) {}

  /** Whether a new request has to wait. */
  get isCrowded(): boolean {
    return this.timer !== undefined || this.trying !== undefined;
  }

  /** Calls `connect` when it is its turn: at once where the line is free. Ends with `begun` or `leave`. */
  enter(connect: () => void): Place {
    const place = { connect, number: this.places++ };
    if (this.isCrowded) this.waiting.push(place);
    else connect();
    return place;
  }

  /** Its session has begun: the next one's turn. */
  begun(place: Place): void {
    if (this.trying !== place) return;
    this.refusals = 0;
    this.trying = undefined;
    this.next();
  }

  /**
   * The service has refused its session for the account's rate. It keeps its place, and `connect` is called again.
   * @returns ms until the next one in the line is let through
   */
  refused(place: Place): number {
    if (this.trying === place) this.trying = undefined;
    const before = this.waiting.findIndex((other) => other.number > place.number);
    this.waiting.splice(before < 0 ? this.waiting.length : before, 0, place);
    if (!this.timer) {
      const wait = Math.min(FIRST_WAIT_MS * 2 ** this.refusals++, LONGEST_WAIT_MS) * (1 + this.random() / 5);
      this.nextAt = this.clock.now() + wait;
      this.timer = this.clock.setTimeout(() => {
        this.timer = undefined;
        this.next();
      }, wait);
    }
    return this.nextAt - this.clock.now();
  }

  /** It wants no session any more, or has failed for another reason. */
  leave(place: Place): void {
    const index = this.waiting.indexOf(place);
    if (index >= 0) this.waiting.splice(index, 1);
    if (this.trying === place) this.trying = undefined;
    if (this.waiting.length === 0) {
      this.timer?.cancel();
      this.timer = undefined;
    }
    this.next();
  }

  private next(): void {
    if (this.timer || this.trying) return;
    this.trying = this.waiting.shift();
    if (this.trying) this.trying.connect();
    else this.refusals = 0;
  }
}
