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

export interface RolloverActions {
  /**
   * Opens the next session beside the present one. @returns undefined where others wait for one already
   * @throws AaiError where there is no usable account any more
   */
  openNext(): Feed | undefined;
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
  /** The session that is being opened, or waits. */
  next: Feed | undefined;
  private timer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly actions: RolloverActions,
  ) {}

  /** Opens the next session now. Does nothing while one is being opened. */
  begin(): void {
    if (this.next) return;
    this.cancel();
    try {
      this.next = this.actions.openNext();
    } catch {
      // The account has become unusable: the running session goes on, and its end reports why.
      return;
    }
    if (!this.next) this.tryLater();
  }

  /** @param turnIsOpen whether someone is in the middle of a turn */
  nextBegun(turnIsOpen: boolean): void {
    if (!turnIsOpen) return this.takeOver();
    this.timer = this.clock.setTimeout(() => this.takeOver(), TAKEOVER_WAIT_MS);
  }

  /** Without a next session the present one goes on to its limit. */
  nextEnded(retry: Retry): void {
    this.cancel();
    if (retry !== "never") this.tryLater();
  }

  turnEnded(): void {
    if (this.next?.session.isBegun) this.takeOver();
  }

  cancel(): void {
    this.timer?.cancel();
    this.next = undefined;
  }

  private tryLater(): void {
    this.timer = this.clock.setTimeout(() => {
      if (this.actions.isWanted()) this.begin();
    }, RETRY_MS);
  }

  private takeOver(): void {
    const { next } = this;
    this.cancel();
    if (next) this.actions.takeOver(next);
  }
}
