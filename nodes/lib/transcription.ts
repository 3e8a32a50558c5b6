import type { Account } from "./account";
import type { Clock, Timer } from "./clock";
import type { Connect } from "./connection";
import { AaiError, toAaiError } from "./errors";
import type { Failure } from "./failure";
import { Feed } from "./feed";
import { turnSpan, type BeginMessage, type JsonObject } from "./protocol";
import { HEALTHY_SESSION_MS, RetryPace } from "./retry";
import { Rollover, ROLLOVER_LEAD_MS } from "./rollover";
import { Session } from "./session";
import type { AccountAt, EndReason, SessionAccount, SessionEnd } from "./session-account";
import type { StreamingSettings } from "./streaming-settings";
import type { Timeline } from "./timeline";
import type { TurnEvent } from "./turns";
import { UnfinishedTurns } from "./unfinished-turns";

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
 *
 * Near the end of a session that is still needed, the next one is opened beside it (`next`) and takes its place.
 */
export interface TranscriptionHandlers {
  /** @param account the session's account, if it ended at that moment for this reason */
  begun(begin: BeginMessage, account: AccountAt): void;
  turn(event: TurnEvent, sessionId: string): void;
  terminated(account: SessionAccount): void;
  /** @param sessionId of the session that broke off, if it had begun */
  reconnecting(info: Reconnecting, sessionId: string | undefined): void;
  error(error: AaiError): void;
  warning(error: AaiError): void;
  /** The silence timeout has passed: `end` must follow at once. */
  silent(): void;
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

/** Someone counts as speaking for this long after a text: the pause before the next sentence. */
const SPEAKING_MS = 5_000;
/** Audio counts as flowing for this long after the last of it. */
const FLOWING_MS = 1_000;
/** What a handshake and a pre-roll leave waiting is less, and nothing that the silence timeout should wait for. */
const LONG_BACKLOG_MS = 3_000;
/** An attempt is not worth making for audio that ended this long ago. */
const STALE_MS = 60_000;

export class Transcription {
  private phase: "connecting" | "open" | "waiting" | "ending" | "over" = "connecting";
  private feed: Feed | undefined;
  private next: Session | undefined;
  private readonly sessions = new Set<Session>();
  /** of each session that has heard something, also on its way out: late turns belong to a place on the timeline, too */
  private readonly feeds = new Map<Session, Feed>();
  private readonly rollover: Rollover;
  private readonly pace = new RetryPace();
  private configuration: JsonObject = {};
  private endAtBegin: EndReason | undefined;
  private lastAudioAt: number;
  private lastTextAt = -Infinity;
  /** where the newest text ends on the timeline */
  private textUntil = -Infinity;
  private retryDelayMs: number | undefined;
  private retryAt = 0;
  private failedToOpen = false;
  /** a session has listened before the present one */
  private resumed = false;
  private readonly unfinished: UnfinishedTurns;
  private limitTimer: Timer | undefined;
  private retryTimer: Timer | undefined;

  /** @param from position of the first sample to be heard: of the audio that waits for the next session, later */
  constructor(
    private readonly options: TranscriptionOptions,
    readonly timeline: Timeline,
    private from: number,
    private readonly handlers: TranscriptionHandlers,
  ) {
    this.lastAudioAt = options.clock.now();
    this.unfinished = new UnfinishedTurns(timeline.sampleRate / 1000);
    this.rollover = new Rollover(options.clock, {
      isWanted: () => this.audioFlows,
      openNext: () => this.openNext(),
      keepAlive: () => this.next?.keepAlive(),
      takeOver: () => this.takeOver(),
    });
  }

  get status(): TranscriptionStatus {
    const { phase } = this;
    if (phase === "open") return { phase, silenceRemainingMs: this.feed?.session.silenceRemainingMs };
    if (phase === "waiting") return { phase, retryInMs: Math.max(0, this.retryAt - this.options.clock.now()) };
    return { phase: phase === "over" ? "ending" : phase };
  }

  /** The oldest sample that may still be sent. */
  get needsFrom(): number {
    return this.feed ? this.feed.resumeFrom() : this.from;
  }

  /**
   * Opens the first session, or another after a failure.
   * @throws AaiError where there is no usable account; it is over then
   */
  open(): void {
    this.phase = "connecting";
    try {
      this.hearWith(this.createSession(), this.from);
    } catch (error) {
      this.finish();
      throw toAaiError(error);
    } finally {
      this.handlers.changed();
    }
  }

  private hearWith(session: Session, from: number): Feed {
    const feed = new Feed(this.options.clock, this.timeline, session, from);
    this.feed = feed;
    this.feeds.set(session, feed);
    return feed;
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
    this.finish();
    for (const session of this.sessions) session.end(reason);
  }

  /**
   * Ends it for silence just as someone begins to speak: what that one says is for the transcription that follows. What was said before
   * is still this one's, as a session may be behind.
   * @param position from where the other one listens
   */
  handOver(position: number): void {
    this.feed?.session.mute(this.feed.timeOf(position));
    this.end("silence");
  }

  /** Whether one who began to speak there may be waited for: the session may not have come so far, and has given no text of it. */
  isUnheard(position: number): boolean {
    return this.feed !== undefined && position > this.textUntil && position > this.feed.processedUntil();
  }

  /** Someone is in the middle of a turn. */
  get turnIsOpen(): boolean {
    return this.feed?.session.openTurn !== undefined;
  }

  /** A start while the end waits for Begin: goes on. */
  resume(): void {
    this.endAtBegin = undefined;
  }

  private createSession(): Session {
    const { clock, connect, account, settings } = this.options;
    const { sampleRate } = this.timeline;
    const { url, apiKey } = account();
    const session: Session = new Session(
      {
        clock,
        connect,
        url: settings.sessionUrl(url, sampleRate),
        apiKey,
        model: settings.model,
        sampleRate,
        silenceTimeoutMs: settings.silenceTimeoutMs,
        formatTurns: settings.formatTurns,
      },
      {
        begun: (begin, accountAt) => this.begun(session, begin, accountAt),
        turn: (event) => this.turn(session, event),
        silent: () => {
          if (session !== this.next) this.handlers.silent();
        },
        warning: (error) => this.handlers.warning(error),
        willReplay: (failure) => this.decideRetry(session, failure),
        ended: (end) => this.ended(session, end),
      },
    );
    this.sessions.add(session);
    return session;
  }

  private begun(session: Session, begin: BeginMessage, accountAt: AccountAt): void {
    this.handlers.begun(begin, accountAt);
    if (Object.keys(this.configuration).length > 0) session.configure(this.configuration);
    if (session === this.next) this.rollover.nextBegun(this.turnIsOpen);
    else if (this.feed?.session === session) this.listenWith(this.feed);
    this.handlers.changed();
  }

  /** The feed's session has begun: it hears everything from the feed's cursor on. */
  private listenWith(feed: Feed, silenceMs = this.options.settings.silenceTimeoutMs): void {
    this.phase = "open";
    this.failedToOpen = false;
    const lost = feed.skipLost();
    if (lost > 0) this.handlers.warning(new AaiError("AAI_AUDIO_LOST", { seconds: Math.ceil(lost / this.timeline.sampleRate) }));
    if (this.resumed || feed.backlogMs >= LONG_BACKLOG_MS) feed.session.expectSilence(feed.backlogMs + silenceMs);
    this.resumed = true;
    feed.pump();
    if (this.endAtBegin) return this.end(this.endAtBegin);
    this.watchLimits(feed.session);
  }

  /** Two limits end a session: the user's, counted from its opening, and the service's, which it names in Begin. */
  private watchLimits(session: Session): void {
    const { clock, settings } = this.options;
    const untilCap = settings.maxSessionMs > 0 ? Math.max(0, settings.maxSessionMs - session.ageMs) : Infinity;
    const lifetime = (session.expiresAt ?? Infinity) * 1000 - clock.date();
    // A time that is past already says that the clocks differ, and nothing about the session.
    const untilLead = lifetime > 0 ? lifetime - Math.min(ROLLOVER_LEAD_MS, lifetime / 2) : Infinity;
    this.limitTimer?.cancel();
    if (untilLead < untilCap) this.limitTimer = clock.setTimeout(() => this.expiryNears(), untilLead);
    else if (untilCap < Infinity) this.limitTimer = clock.setTimeout(() => this.capReached(session), untilCap);
  }

  private capReached(session: Session): void {
    const speaking = session.openTurn !== undefined || this.options.clock.now() - this.lastTextAt < SPEAKING_MS;
    if (!speaking || !this.audioFlows) return this.end("max-duration");
    // The cap holds, be it that no next session can be had.
    this.limitTimer = this.options.clock.setTimeout(() => this.end("max-duration"), ROLLOVER_LEAD_MS);
    this.rollover.begin();
  }

  private expiryNears(): void {
    if (this.audioFlows) this.rollover.begin();
  }

  private get audioFlows(): boolean {
    return this.options.clock.now() - this.lastAudioAt < FLOWING_MS || (this.feed?.hasQueue ?? false);
  }

  private openNext(): void {
    try {
      this.next = this.createSession();
    } catch {
      // The account has become unusable: the running session goes on, and its end will tell.
      this.rollover.nextFailed("never");
    }
  }

  /** What the present session has not finalised is heard by the next one, so the present one's late turns would come twice. */
  private takeOver(): void {
    const { feed, next } = this;
    if (!feed || !next) return;
    feed.session.mute();
    const from = feed.resumeFrom(this.options.clock.now());
    // For one who is silent, sessions do not matter: the silence goes on.
    this.replaceBy(next, from, feed.session.silenceRemainingMs);
    feed.session.end("max-duration");
  }

  /** @param silenceMs until the silence timeout, apart from the time that the session needs for what was before; all of it where absent */
  private replaceBy(session: Session, from: number, silenceMs?: number): void {
    if (this.feed) this.keepUnfinished(this.feed);
    this.letGoOfFeed();
    this.next = undefined;
    const feed = this.hearWith(session, from);
    this.phase = "connecting";
    if (!session.isBegun) return;
    session.startListening();
    this.listenWith(feed, silenceMs);
  }

  private keepUnfinished({ session, positionOf }: Feed): void {
    for (const turn of session.openTurns) this.unfinished.add(turn, session.id as string, positionOf);
  }

  private turn(session: Session, event: TurnEvent): void {
    const feed = this.feeds.get(session);
    this.lastTextAt = this.options.clock.now();
    const span = turnSpan(event.turn);
    if (feed) this.textUntil = Math.max(this.textUntil, span ? feed.positionOf(span.endMs) : feed.cursor);
    if (event.final) feed?.turnEnded(event.turn);
    else feed?.turnOpened();
    if (feed && event.final) this.unfinished.heard(feed.heard);
    this.handlers.turn(event, session.id as string);
    if (event.final && feed === this.feed) this.rollover.turnEnded();
  }

  private decideRetry(session: Session, failure: Failure): boolean {
    if (this.feed?.session !== session || this.endAtBegin) return false;
    if (this.next) return true;
    if (session.ageMs >= HEALTHY_SESSION_MS) this.pace.reset();
    const retries = this.options.settings.reconnect && this.hasSomethingToHear(session);
    this.retryDelayMs = retries ? this.pace.next(failure.retry) : undefined;
    return this.retryDelayMs !== undefined;
  }

  /** A session that was lost in a pause, with all that was said finalised, is not bought again. */
  private hasSomethingToHear(session: Session): boolean {
    const paused = this.options.clock.now() - this.lastAudioAt >= SPEAKING_MS && !this.feed?.hasQueue;
    return !paused || session.id === undefined || session.openTurn !== undefined;
  }

  private ended(session: Session, { account, failure }: SessionEnd): void {
    this.sessions.delete(session);
    const feed = this.feeds.get(session);
    this.feeds.delete(session);
    // A session that ends in order has worked through all that it was sent.
    if (feed && account) this.unfinished.heard(account.estimated ? feed.heard : feed.sent);
    if (account) this.handlers.terminated(account);
    if (session === this.next) {
      this.next = undefined;
      this.rollover.nextFailed(failure?.retry ?? "never");
    } else if (this.feed?.session === session) {
      if (failure && this.next) this.replaceBy(this.next, this.feed.resumeFrom());
      else if (failure && this.retryDelayMs !== undefined) this.retryLater(this.feed, failure, this.retryDelayMs);
      else if (failure && !failure.expected) this.fail(failure.error);
      else this.finish();
    }
    this.overIfEmpty();
    this.handlers.changed();
  }

  private retryLater(feed: Feed, failure: Failure, delayMs: number): void {
    const { clock } = this.options;
    const { id } = feed.session;
    this.from = feed.resumeFrom();
    if (id !== undefined) this.keepUnfinished(feed);
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
    const info = { attempt: this.pace.attempt, delaySeconds: Math.round(delayMs) / 1000, code, message };
    this.handlers.reconnecting(info, id);
  }

  private retry(): void {
    if (this.options.clock.now() - this.lastAudioAt > STALE_MS) return this.finish();
    try {
      this.open();
    } catch (error) {
      this.handlers.error(toAaiError(error));
    }
  }

  private fail(error: AaiError): void {
    this.finish();
    this.handlers.error(error);
  }

  private finish(): void {
    this.letGoOfFeed();
    this.next = undefined;
    this.retryTimer?.cancel();
    this.phase = "ending";
    this.handlers.ending();
    this.overIfEmpty();
    this.handlers.changed();
  }

  private letGoOfFeed(): void {
    this.feed?.close();
    this.feed = undefined;
    this.limitTimer?.cancel();
    this.rollover.cancel();
  }

  private overIfEmpty(): void {
    if (this.phase !== "ending" || this.sessions.size > 0) return;
    this.phase = "over";
    for (const { event, sessionId } of this.unfinished.take()) this.handlers.turn(event, sessionId);
    this.handlers.over();
  }
}
