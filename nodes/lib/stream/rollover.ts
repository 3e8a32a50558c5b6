import type { Clock, Timer } from "../common/clock";
import type { Retry } from "../assemblyai/failure";
import type { SessionRecord } from "../session/session-summary";
import type { Feed } from "./feed";

/** The service ends a session at `expires_at` without warning: this leaves time for a slow Begin and for a turn to end. */
const LEAD_MS = 90_000;
/**
 * The end of a turn is the best moment for a rollover. The service itself ends each turn after 60 s; this is a little less, so that the
 * whole of the open turn is among the 60 s of audio that are kept.
 */
const TAKEOVER_WAIT_MS = 55_000;
/** The pause after a next session that did not begin; the lead allows for four attempts. */
const RETRY_MS = 20_000;

export interface RolloverActions {
  audioFlows(): boolean;
  someoneSpeaks(): boolean;
  /**
   * Opens the next session beside the present one. @returns undefined where others wait for one already
   * @throws AaiError where there is no usable account any more
   */
  openNext(): Feed | undefined;
  /** The next session has begun and the moment is right: it gets the audio from now on. */
  takeOver(next: Feed): void;
  /** Ends the present session because of its length. */
  end(): void;
}

/**
 * Two limits end a session: the user's, counted from its opening, and the service's, which it names in Begin. The earlier one counts.
 * Near the service's limit, or at the user's while someone speaks, another session is opened and takes the present one's place.
 *
 *   off ──watch()──▶ counting ──90 s before the service's limit──▶ opening, or end() where no audio flows
 *                        └──the user's──▶ end(); or while someone speaks: opening, end() 90 s later
 *
 *   opening ──nextBegun()──▶ ready ──takeOver() at a turn's end, or 55 s──▶ off
 *     ▲ └──nextEnded()──┐
 *     └────20 s later───┘
 */
export class Rollover {
  /** The session that is being opened, or waits. */
  next: Feed | undefined;
  private limitTimer: Timer | undefined;
  private timer: Timer | undefined;

  /** @param maxSessionMs the user's limit; 0 = none */
  constructor(
    private readonly clock: Clock,
    private readonly maxSessionMs: number,
    private readonly actions: RolloverActions,
  ) {}

  /** This session has begun, or has taken the place of the one that was watched. */
  watch({ ageMs, expiresAt }: Pick<SessionRecord, "ageMs" | "expiresAt">): void {
    const untilCap = this.maxSessionMs > 0 ? Math.max(0, this.maxSessionMs - ageMs) : Infinity;
    const lifetime = (expiresAt ?? Infinity) * 1000 - this.clock.date();
    // A time in the past shows that the clocks differ, and nothing about the session.
    const untilLead = lifetime > 0 ? lifetime - Math.min(LEAD_MS, lifetime / 2) : Infinity;
    this.cancel();
    if (untilLead < untilCap) this.limitTimer = this.clock.setTimeout(() => this.expiryNears(), untilLead);
    else if (untilCap < Infinity) this.limitTimer = this.clock.setTimeout(() => this.capReached(), untilCap);
  }

  /** @param turnIsOpen whether someone is in the middle of a turn */
  nextBegun(turnIsOpen: boolean): void {
    if (!turnIsOpen) return this.takeOver();
    this.timer = this.clock.setTimeout(() => this.takeOver(), TAKEOVER_WAIT_MS);
  }

  /** Without a next session the present one goes on to its limit. */
  nextEnded(retry: Retry): void {
    this.timer?.cancel();
    this.next = undefined;
    if (retry !== "never") this.tryLater();
  }

  /** The moment is good: a next session that has begun takes over. */
  takeOver(): void {
    const { next } = this;
    if (!next?.session.isBegun) return;
    this.cancel();
    this.actions.takeOver(next);
  }

  cancel(): void {
    this.limitTimer?.cancel();
    this.timer?.cancel();
    this.next = undefined;
  }

  private expiryNears(): void {
    if (this.actions.audioFlows()) this.begin();
    else this.actions.end();
  }

  private capReached(): void {
    if (!this.actions.someoneSpeaks() || !this.actions.audioFlows()) return this.actions.end();
    // The cap holds even where no next session could be opened.
    this.limitTimer = this.clock.setTimeout(() => this.actions.end(), LEAD_MS);
    this.begin();
  }

  private begin(): void {
    try {
      this.next = this.actions.openNext();
    } catch {
      // The account has become unusable: the running session goes on, and its end reports why.
      return;
    }
    if (!this.next) this.tryLater();
  }

  private tryLater(): void {
    this.timer = this.clock.setTimeout(() => {
      if (this.actions.audioFlows()) this.begin();
      else this.tryLater();
    }, RETRY_MS);
  }
}
