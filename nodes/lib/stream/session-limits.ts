import type { Clock, Timer } from "../common/clock";
import type { SessionRecord } from "../session/session-summary";

/** The service ends a session at `expires_at` without warning: this leaves time for a slow Begin and for a turn to end. */
const LEAD_MS = 90_000;

export interface SessionLimitsActions {
  audioFlows(): boolean;
  someoneSpeaks(): boolean;
  /** Opens another session, which replaces the present one. */
  rollOver(): void;
  /** Ends the session because of its length. */
  end(): void;
}

/**
 * Two limits end a session: the user's, counted from its opening, and the service's, which it names in Begin. The earlier one counts.
 *
 *   off ──watch()──▶ counting ──90 s before the service's limit──▶ rollOver(), or end() where no audio flows, off
 *                        │
 *                        └──the user's──▶ end(), off; or while someone speaks: rollOver(), overtime ──90 s──▶ end(), off
 */
export class SessionLimits {
  private timer: Timer | undefined;

  /** @param maxSessionMs the user's limit; 0 = none */
  constructor(
    private readonly clock: Clock,
    private readonly maxSessionMs: number,
    private readonly actions: SessionLimitsActions,
  ) {}

  /** This session has begun, or has taken the place of the one that was watched. */
  watch({ ageMs, expiresAt }: Pick<SessionRecord, "ageMs" | "expiresAt">): void {
    const untilCap = this.maxSessionMs > 0 ? Math.max(0, this.maxSessionMs - ageMs) : Infinity;
    const lifetime = (expiresAt ?? Infinity) * 1000 - this.clock.date();
    // A time in the past shows that the clocks differ, and nothing about the session.
    const untilLead = lifetime > 0 ? lifetime - Math.min(LEAD_MS, lifetime / 2) : Infinity;
    this.cancel();
    if (untilLead < untilCap) this.timer = this.clock.setTimeout(() => this.expiryNears(), untilLead);
    else if (untilCap < Infinity) this.timer = this.clock.setTimeout(() => this.capReached(), untilCap);
  }

  cancel(): void {
    this.timer?.cancel();
  }

  private expiryNears(): void {
    if (this.actions.audioFlows()) this.actions.rollOver();
    else this.actions.end();
  }

  private capReached(): void {
    if (!this.actions.someoneSpeaks() || !this.actions.audioFlows()) return this.actions.end();
    // The cap holds even where no next session could be opened.
    this.timer = this.clock.setTimeout(() => this.actions.end(), LEAD_MS);
    this.actions.rollOver();
  }
}
