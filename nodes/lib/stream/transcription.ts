import { toAaiError } from "../common/errors";
import type { Failure } from "../assemblyai/failure";
import type { Emit, ListeningOptions } from "./stream-events";
import type { JsonObject } from "../common/json";
import { Reconnection } from "./reconnection";
import type { Session } from "../session/session";
import type { EndReason } from "../session/session-summary";
import { SessionRelay } from "./session-relay";
import type { Timeline } from "../audio/timeline";
import type { TurnEvent } from "../assemblyai/turn-assembler";

/**
 * One occasion of listening: from the moment a session is wanted until it is ended on purpose, or cannot be had. A dropped connection
 * is replaced by another session that hears the unfinished part again, so that it reads as one. Which session listens, and which takes
 * its place near the end of its time, is the relay's to know.
 *
 *   connecting ──Begin──▶ open ──silence, end(reason), cap──▶ ending ──all sessions over──▶ over
 *     ▲    │                │                                   ▲
 *     │    │      dropped, transient                            │
 *     │    └──transient─────┴──▶ waiting ──end(reason), no audio any more───┤
 *     └────────timer────────────────┘                           │
 *   connecting, open ──failure that would repeat────────────────┘
 */
export interface TranscriptionHandlers {
  turn(event: TurnEvent, sessionId: string): void;
  /** The silence timeout has passed: `end` must follow at once. */
  silent(): void;
  /** No more audio is taken; the last session may still be on its way out. Called once. */
  ending(): void;
  /** Nothing of it is left. Called once, after `ending`. */
  over(): void;
}

export interface TranscriptionStatus {
  phase: "connecting" | "open" | "waiting" | "ending";
  /** until the silence timeout */
  silenceRemainingMs?: number | undefined;
  /** until the next attempt */
  retryInMs?: number | undefined;
}

/** An attempt is not worth making for audio that ended this long ago. */
const STALE_MS = 60_000;

export class Transcription {
  /** While a session is wanted, the relay knows whether it is there. */
  private phase: "listening" | "waiting" | "ending" | "over" = "listening";
  private readonly relay: SessionRelay;
  private readonly reconnection: Reconnection;
  private endAtBegin: EndReason | undefined;
  private failedToOpen = false;

  /** @param from position of the first sample to be heard */
  constructor(
    private readonly options: ListeningOptions,
    readonly timeline: Timeline,
    from: number,
    private readonly emit: Emit,
    private readonly handlers: TranscriptionHandlers,
  ) {
    this.reconnection = new Reconnection(options.clock, () => this.retry());
    this.relay = new SessionRelay(options, timeline, from, emit, {
      ...handlers,
      listening: () => this.listening(),
      limitReached: () => this.end("max-duration"),
      willRetry: (session, failure) => this.willRetry(session, failure),
      lost: (session, failure) => this.lost(session, failure),
      ended: () => {
        this.overIfEmpty();
        emit({ type: "changed" });
      },
    });
  }

  get status(): TranscriptionStatus {
    const { phase, relay } = this;
    if (relay.isOpen) return { phase: "open", silenceRemainingMs: relay.feed?.session.silenceRemainingMs };
    if (phase === "waiting") return { phase, retryInMs: this.reconnection.remainingMs };
    return { phase: phase === "listening" ? "connecting" : "ending" };
  }

  /** The oldest sample that may still be sent. */
  get needsFrom(): number {
    return this.relay.needsFrom;
  }

  /**
   * Opens the first session, or another after a failure.
   * @throws AaiError where there is no usable account; it is over then
   */
  open(): void {
    this.phase = "listening";
    try {
      this.relay.open();
    } catch (error) {
      this.finish();
      throw toAaiError(error);
    } finally {
      this.emit({ type: "changed" });
    }
  }

  /** More audio is on the timeline. */
  audioArrived(): void {
    this.relay.audioArrived();
  }

  /** Ends the open turn now. */
  flush(): void {
    const { feed, isOpen } = this.relay;
    if (!isOpen || !feed) return;
    feed.pumpAll();
    feed.session.forceEndpoint();
  }

  /** @param fields checked `UpdateConfiguration` fields; kept for the sessions that follow after a drop */
  configure(fields: JsonObject): void {
    this.relay.configure(fields);
  }

  /**
   * Ends it on purpose. What was said until now still comes out; "redeploy" alone does not wait for a session that has not begun.
   */
  end(reason: EndReason): void {
    if (this.phase === "ending" || this.phase === "over") return;
    const { feed, isOpen } = this.relay;
    if (feed && !isOpen && reason !== "redeploy" && this.timeline.end > feed.cursor) {
      this.endAtBegin = reason;
      return this.emit({ type: "changed" });
    }
    if (feed && reason !== "redeploy") feed.pumpAll();
    this.finish();
    this.relay.end(reason);
  }

  /**
   * Ends it for silence just as someone begins to speak: what that one says is for the transcription that follows. What was said before
   * is still this one's, as a session may be behind.
   * @param position from where the other one listens
   */
  handOver(position: number): void {
    const { feed } = this.relay;
    feed?.session.mute(feed.timeOf(position));
    this.end("silence");
  }

  /** Whether one who began to speak there may be waited for: the session may not have come so far, and has given no text of it. */
  isUnheard(position: number): boolean {
    return this.relay.isUnheard(position);
  }

  /** Where its newest text ends on the timeline: what lies before is told, or will be in its finals. */
  get textUntil(): number {
    return this.relay.textUntil;
  }

  /** Someone is in the middle of a turn. */
  get turnIsOpen(): boolean {
    return this.relay.turnIsOpen;
  }

  /** A start while the end waits for Begin: goes on. */
  resume(): void {
    this.endAtBegin = undefined;
  }

  private listening(): void {
    this.failedToOpen = false;
    if (this.endAtBegin) this.end(this.endAtBegin);
  }

  private willRetry(session: Session, failure: Failure): boolean {
    if (this.endAtBegin || !this.options.settings.reconnect || !this.relay.isNeededAfter(session)) return false;
    return this.reconnection.plan(failure, session.ageMs);
  }

  private lost({ id }: Session, failure: Failure | undefined): void {
    if (failure && this.reconnection.isPlanned) return this.retryLater(id, failure);
    this.finish();
    if (failure && !failure.expected) this.emit({ type: "error", error: failure.error });
  }

  private retryLater(id: string | undefined, failure: Failure): void {
    this.relay.leave();
    this.phase = "waiting";
    const info = this.reconnection.wait(failure);
    // A drop that heals is told by the event alone; that no session can be had is an error, told once.
    if (id === undefined && !this.failedToOpen) {
      this.failedToOpen = true;
      this.emit({ type: "error", error: failure.error });
    }
    this.emit({ type: "reconnecting", info, sessionId: id });
  }

  private retry(): void {
    if (this.relay.quietMs > STALE_MS) return this.finish();
    try {
      this.open();
    } catch (error) {
      this.emit({ type: "error", error: toAaiError(error) });
    }
  }

  private finish(): void {
    this.relay.stop();
    this.reconnection.cancel();
    this.phase = "ending";
    this.handlers.ending();
    this.overIfEmpty();
    this.emit({ type: "changed" });
  }

  private overIfEmpty(): void {
    if (this.phase !== "ending" || !this.relay.isEmpty) return;
    this.phase = "over";
    this.relay.tellUnfinished();
    this.handlers.over();
  }
}
