import type { Clock } from "../common/clock";
import { Feed } from "./feed";
import { turnSpan } from "../assemblyai/protocol";
import type { Session } from "../session/session";
import type { SessionSummary } from "../session/session-summary";
import type { Timeline } from "../audio/timeline";
import type { TurnEvent } from "../assemblyai/turn-assembler";
import { UnfinishedTurns } from "./unfinished-turns";

/**
 * What the sessions of one transcription have covered of its timeline: which of them heard what, how far their texts reach, and which
 * turns were left unfinished and must be heard again, or told after all.
 */
export class Coverage {
  /** of each session that has heard something, also on its way out: late turns belong to a place on the timeline, too */
  private readonly feeds = new Map<Session, Feed>();
  private readonly unfinished: UnfinishedTurns;
  private textEnd = -Infinity;

  constructor(
    private readonly clock: Clock,
    private readonly timeline: Timeline,
  ) {
    this.unfinished = new UnfinishedTurns(timeline.sampleRate / 1000);
  }

  /** where the newest text ends on the timeline */
  get textUntil(): number {
    return this.textEnd;
  }

  /** @param from position of the first sample that the session hears */
  hear(session: Session, from: number): Feed {
    const feed = new Feed(this.clock, this.timeline, session, from);
    this.feeds.set(session, feed);
    return feed;
  }

  turn(session: Session, { final, turn }: TurnEvent): void {
    const feed = this.feeds.get(session);
    if (!feed) return;
    const span = turnSpan(turn);
    this.textEnd = Math.max(this.textEnd, span ? feed.positionOf(span.endMs) : feed.cursor);
    if (!final) return feed.turnOpened();
    feed.turnEnded(turn);
    this.unfinished.heard(feed.heard);
  }

  /** Another session hears again what this one has not finalised. */
  leave({ session, positionOf }: Feed): void {
    for (const turn of session.openTurns) this.unfinished.add(turn, session.id as string, positionOf);
  }

  /** @param summary undefined where the session never began */
  ended(session: Session, summary: SessionSummary | undefined): void {
    const feed = this.feeds.get(session);
    this.feeds.delete(session);
    // A session that ends in order has worked through all that it was sent.
    if (feed && summary) this.unfinished.heard(summary.estimated ? feed.heard : feed.sent);
  }

  /** The turns that no session came to hear again, as finals, which it keeps no longer. */
  takeUnfinished(): { event: TurnEvent; sessionId: string }[] {
    return this.unfinished.take();
  }
}
