import type { Clock, Timer } from "../common/clock";
import type { Retry } from "../assemblyai/failure";
import type { Feed } from "./feed";

/**
 * The end of a turn is the best moment for a rollover. The service itself ends each turn after 60 s; this is a little less, so that the
 * whole of the open turn is among the 60 s of audio that are kept.
 */
const TAKEOVER_WAIT_MS = 55_000;
/** The pause after a next session that did not begin; the lead allows for four attempts. */
const RETRY_MS = 20_000;
/** The next session gets no audio while it waits, and the server's inactivity timeout may be as short as 5 s. */
const KEEP_ALIVE_MS = 4_000;

export interface RolloverActions {
  /**
   * Opens the next session beside the present one.
   * @throws AaiError where there is no usable account any more
   */
  openNext(): Feed;
  /** whether audio still flows: checked before another attempt */
  isWanted(): boolean;
  /** The next session has begun and the moment is right: it gets the audio from now on. */
  takeOver(next: Feed): void;
}

/**
 * Opens the next session and decides when it takes the present one's place.
 *
 *   idle ──begin()──▶ opening ──nextBegun()──▶ ready ──turnEnded(), or 55 s──▶ takeOver(), idle
 *    ▲                  └──nextEnded()───┐
 *    └────────20 s later, begin()────────┘
 */
export class Rollover {
  private state: "idle" | "opening" | "ready" = "idle";
  private nextFeed: Feed | undefined;
  private timer: Timer | undefined;
  private keepAliveTimer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly actions: RolloverActions,
  ) {}

  /** The session that is being opened, or waits. */
  get next(): Feed | undefined {
    return this.nextFeed;
  }

  /** Opens the next session now. Does nothing while one is being opened. */
  begin(): void {
    if (this.state !== "idle") return;
    this.state = "opening";
    try {
      this.nextFeed = this.actions.openNext();
    } catch {
      // The account has become unusable: the running session goes on, and its end reports why.
      this.cancel();
    }
  }

  /** @param turnIsOpen whether someone is in the middle of a turn */
  nextBegun(turnIsOpen: boolean): void {
    this.state = "ready";
    if (!turnIsOpen) return this.takeOver();
    this.timer = this.clock.setTimeout(() => this.takeOver(), TAKEOVER_WAIT_MS);
    this.keepAlive();
  }

  /** Without a next session the present one goes on to its limit. */
  nextEnded(retry: Retry): void {
    this.cancel();
    if (retry === "never") return;
    this.timer = this.clock.setTimeout(() => {
      if (this.actions.isWanted()) this.begin();
    }, RETRY_MS);
  }

  turnEnded(): void {
    if (this.state === "ready") this.takeOver();
  }

  cancel(): void {
    this.timer?.cancel();
    this.keepAliveTimer?.cancel();
    this.nextFeed = undefined;
    this.state = "idle";
  }

  /** Keeps the waiting session alive, which gets no audio yet. */
  private keepAlive(): void {
    this.keepAliveTimer = this.clock.setTimeout(() => {
      this.nextFeed?.session.keepAlive();
      this.keepAlive();
    }, KEEP_ALIVE_MS);
  }

  private takeOver(): void {
    const { nextFeed } = this;
    this.cancel();
    if (nextFeed) this.actions.takeOver(nextFeed);
  }
}
