import type { Account } from "./account";
import type { Clock, Timer } from "./clock";
import type { Connect } from "./connection";
import { AaiError, toAaiError } from "./errors";
import type { Failure } from "./failure";
import { Feed } from "./feed";
import { turnText, type BeginMessage, type JsonObject } from "./protocol";
import { HEALTHY_SESSION_MS, RetryPace } from "./retry";
import { Session, type EndReason, type SessionAccount, type SessionEnd } from "./session";
import type { StreamingSettings } from "./streaming-settings";
import type { Timeline } from "./timeline";
import type { TurnEvent } from "./turns";

/**
 * One occasion of listening: from the moment a session is wanted until it is ended on purpose, or cannot be had. A dropped connection
 * is replaced by another session that hears the unfinished part again, so that it reads as one.
 *
 *   connecting ──Begin──▶ open ──silence, end(reason), cap──▶ ending ──all sessions over──▶ over
 *     ▲    │                │                                   ▲
 *     │    │      dropped, transient                            │
 *     │    └──transient─────┴──▶ waiting ──end(reason), no audio any more───┤
 *     └────────timer────────────────┘                           │
 *   connecting, open ──failure that would repeat────────────────┘
 */
export interface TranscriptionHandlers {
  begun(begin: BeginMessage): void;
  turn(event: TurnEvent, sessionId: string): void;
  terminated(account: SessionAccount): void;
  reconnecting(info: Reconnecting): void;
  error(error: AaiError): void;
  warning(error: AaiError): void;
  /** Something that the status shows has changed. */
  changed(): void;
  /** No more audio is taken; the last session may still be on its way out. Called once. */
  ending(): void;
  /** Nothing of it is left. Called once, after `ending`. */
  over(): void;
}

export interface Reconnecting {
  /** counts from 1 in a row of failures */
  attempt: number;
  delaySeconds: number;
  code: string;
  message: string;
}

export interface TranscriptionOptions {
  clock: Clock;
  connect: Connect;
  /** @throws AaiError where no usable account is set up */
  account: () => Account;
  settings: StreamingSettings;
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
  private phase: "connecting" | "open" | "waiting" | "ending" | "over" = "connecting";
  private feed: Feed | undefined;
  private readonly sessions = new Set<Session>();
  private readonly pace = new RetryPace();
  private configuration: JsonObject = {};
  private endAtBegin: EndReason | undefined;
  private lastAudioAt: number;
  private retryDelayMs: number | undefined;
  private retryAt = 0;
  private failedToOpen = false;
  /** the newest partial of a turn whose session broke off */
  private unfinished: { event: TurnEvent; sessionId: string } | undefined;
  private capTimer: Timer | undefined;
  private retryTimer: Timer | undefined;

  /** @param from position of the first sample to be heard: of the audio that waits for the next session, later */
  constructor(
    private readonly options: TranscriptionOptions,
    readonly timeline: Timeline,
    private from: number,
    private readonly handlers: TranscriptionHandlers,
  ) {
    this.lastAudioAt = options.clock.now();
  }

  get status(): TranscriptionStatus {
    const { phase } = this;
    if (phase === "open") return { phase, silenceRemainingMs: this.feed?.session.silenceRemainingMs };
    if (phase === "waiting") return { phase, retryInMs: Math.max(0, this.retryAt - this.options.clock.now()) };
    return { phase: phase === "over" ? "ending" : phase };
  }

  /** The oldest sample that may still be sent. */
  get needsFrom(): number {
    return this.feed ? Math.min(this.feed.cursor, this.feed.replayFrom) : this.from;
  }

  /** Opens the first session, or the next. */
  open(): void {
    const { clock, connect, account, settings } = this.options;
    this.phase = "connecting";
    try {
      const { url, apiKey } = account();
      const session: Session = new Session(
        {
          clock,
          connect,
          url: settings.sessionUrl(url, this.timeline.sampleRate),
          apiKey,
          model: settings.model,
          sampleRate: this.timeline.sampleRate,
          silenceTimeoutMs: settings.silenceTimeoutMs,
          formatTurns: settings.formatTurns,
        },
        {
          begun: (begin) => this.begun(session, begin),
          turn: (event) => this.turn(session, event),
          silent: () => this.end("silence"),
          warning: (error) => this.handlers.warning(error),
          willReplay: (failure) => this.decideRetry(session, failure),
          ended: (end) => this.ended(session, end),
        },
      );
      this.sessions.add(session);
      this.feed = new Feed(clock, this.timeline, session, this.from);
    } catch (error) {
      this.fail(toAaiError(error));
    }
    this.handlers.changed();
  }

  /** More audio is on the timeline. */
  audioArrived(): void {
    this.lastAudioAt = this.options.clock.now();
    this.feed?.pump();
  }

  /** Ends the open turn now. */
  flush(): void {
    if (this.phase !== "open" || !this.feed) return;
    this.feed.pumpAll();
    this.feed.session.forceEndpoint();
  }

  /** @param fields checked `UpdateConfiguration` fields; kept for the sessions that follow after a drop */
  configure(fields: JsonObject): void {
    Object.assign(this.configuration, fields);
    this.feed?.session.configure(fields);
  }

  /**
   * Ends it on purpose. What was said until now still comes out; "redeploy" alone does not wait for a session that has not begun.
   */
  end(reason: EndReason): void {
    if (this.phase === "ending" || this.phase === "over") return;
    const { feed } = this;
    if (this.phase === "connecting" && reason !== "redeploy" && feed && this.timeline.end > feed.cursor) {
      this.endAtBegin = reason;
      return this.handlers.changed();
    }
    if (feed && reason !== "redeploy") feed.pumpAll();
    feed?.session.end(reason);
    this.finish();
  }

  /** A start while the end waits for Begin: goes on. */
  resume(): void {
    this.endAtBegin = undefined;
  }

  private begun(session: Session, begin: BeginMessage): void {
    const { clock, settings } = this.options;
    this.handlers.begun(begin);
    if (this.feed?.session !== session) return;
    this.phase = "open";
    this.failedToOpen = false;
    if (Object.keys(this.configuration).length > 0) session.configure(this.configuration);
    const lost = this.feed.skipLost();
    if (lost > 0) this.handlers.warning(new AaiError("AAI_AUDIO_LOST", { seconds: Math.ceil(lost / this.timeline.sampleRate) }));
    this.feed.pump();
    if (this.endAtBegin) return this.end(this.endAtBegin);
    if (settings.maxSessionMs > 0) this.capTimer = clock.setTimeout(() => this.end("max-duration"), settings.maxSessionMs);
    this.handlers.changed();
  }

  private turn(session: Session, event: TurnEvent): void {
    if (this.feed?.session === session) {
      if (event.final) this.feed.turnEnded(event.turn);
      else this.feed.turnOpened();
      // What broke off is being heard again.
      this.unfinished = undefined;
    }
    this.handlers.turn(event, session.id as string);
  }

  private decideRetry(session: Session, failure: Failure): boolean {
    if (this.feed?.session !== session || this.endAtBegin) return false;
    if (session.ageMs >= HEALTHY_SESSION_MS) this.pace.reset();
    this.retryDelayMs = this.options.settings.reconnect ? this.pace.next(failure.retry) : undefined;
    return this.retryDelayMs !== undefined;
  }

  private ended(session: Session, { account, failure }: SessionEnd): void {
    this.sessions.delete(session);
    if (account) this.handlers.terminated(account);
    if (this.feed?.session === session) {
      if (failure && this.retryDelayMs !== undefined) this.retryLater(this.feed, failure, this.retryDelayMs);
      else if (failure && !failure.expected) this.fail(failure.error);
      else this.finish();
    }
    this.overIfEmpty();
    this.handlers.changed();
  }

  private retryLater(feed: Feed, failure: Failure, delayMs: number): void {
    const { clock } = this.options;
    const { id, openTurn } = feed.session;
    this.from = feed.replayFrom;
    if (id !== undefined && openTurn) {
      this.unfinished = { event: { final: true, text: turnText(openTurn), turn: openTurn }, sessionId: id };
    }
    this.letGoOfFeed();
    this.phase = "waiting";
    this.retryDelayMs = undefined;
    this.retryAt = clock.now() + delayMs;
    this.retryTimer = clock.setTimeout(() => this.retry(), delayMs);
    // A drop that heals is told by the event alone; that no session can be had is an error, told once.
    if (id === undefined && !this.failedToOpen) {
      this.failedToOpen = true;
      this.handlers.error(failure.error);
    }
    const { code, message } = failure.error;
    this.handlers.reconnecting({ attempt: this.pace.attempt, delaySeconds: Math.round(delayMs) / 1000, code, message });
  }

  private retry(): void {
    if (this.options.clock.now() - this.lastAudioAt > STALE_MS) return this.finish();
    this.open();
  }

  private fail(error: AaiError): void {
    this.finish();
    this.handlers.error(error);
  }

  private finish(): void {
    this.letGoOfFeed();
    this.retryTimer?.cancel();
    this.phase = "ending";
    if (this.unfinished) this.handlers.turn(this.unfinished.event, this.unfinished.sessionId);
    this.unfinished = undefined;
    this.handlers.ending();
    this.overIfEmpty();
    this.handlers.changed();
  }

  private letGoOfFeed(): void {
    this.feed?.close();
    this.feed = undefined;
    this.capTimer?.cancel();
  }

  private overIfEmpty(): void {
    if (this.phase !== "ending" || this.sessions.size > 0) return;
    this.phase = "over";
    this.handlers.over();
  }
}
