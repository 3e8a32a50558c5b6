import type { Account } from "./account";
import type { Clock, Timer } from "./clock";
import type { Connect } from "./connection";
import { AaiError, toAaiError } from "./errors";
import type { Failure } from "./failure";
import { Feed } from "./feed";
import type { BeginMessage, JsonObject } from "./protocol";
import { HEALTHY_SESSION_MS, RetryPace } from "./retry";
import { Rollover, ROLLOVER_LEAD_MS } from "./rollover";
import { Session, type EndReason, type SessionAccount, type SessionEnd } from "./session";
import type { StreamingSettings } from "./streaming-settings";
import type { Timeline } from "./timeline";
import { wholeText, type TurnEvent } from "./turns";

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
  reconnecting(info: Reconnecting): void;
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

export type AccountAt = (reason: EndReason) => SessionAccount;

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
  private readonly rollover: Rollover;
  private readonly pace = new RetryPace();
  private configuration: JsonObject = {};
  private endAtBegin: EndReason | undefined;
  private lastAudioAt: number;
  private retryDelayMs: number | undefined;
  private retryAt = 0;
  private failedToOpen = false;
  /** a session has listened before the present one */
  private resumed = false;
  /** the newest partial of a turn whose session broke off */
  private unfinished: { event: TurnEvent; sessionId: string } | undefined;
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
    this.rollover = new Rollover(options.clock, {
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

  /** Opens the first session, or another after a failure. */
  open(): void {
    this.phase = "connecting";
    try {
      this.feed = new Feed(this.options.clock, this.timeline, this.createSession(), this.from);
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
    this.finish();
    for (const session of this.sessions) session.end(reason);
  }

  /** Ends it for silence just as someone begins to speak: what that one says is for the transcription that follows. */
  handOver(): void {
    this.feed?.session.mute();
    this.end("silence");
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
  private listenWith(feed: Feed): void {
    this.phase = "open";
    this.failedToOpen = false;
    const lost = feed.skipLost();
    if (lost > 0) this.handlers.warning(new AaiError("AAI_AUDIO_LOST", { seconds: Math.ceil(lost / this.timeline.sampleRate) }));
    if (this.resumed || feed.backlogMs >= LONG_BACKLOG_MS) feed.session.expectBacklog(feed.backlogMs);
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
    const speaking = session.openTurn !== undefined || session.msSinceSpeech < SPEAKING_MS;
    if (speaking && this.audioFlows) this.rollover.begin();
    else this.end("max-duration");
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
      this.rollover.nextFailed();
    }
  }

  /** What the present session has not finalised is heard by the next one, so the present one's late turns would come twice. */
  private takeOver(): void {
    const { feed, next } = this;
    if (!feed || !next) return;
    feed.session.mute();
    const from = feed.resumeFrom(this.options.clock.now());
    this.replaceBy(next, from);
    feed.session.end("max-duration");
  }

  private replaceBy(session: Session, from: number): void {
    this.letGoOfFeed();
    this.next = undefined;
    this.feed = new Feed(this.options.clock, this.timeline, session, from);
    this.phase = "connecting";
    if (!session.isBegun) return;
    session.startListening();
    this.listenWith(this.feed);
  }

  private turn(session: Session, event: TurnEvent): void {
    const feed = this.feed?.session === session ? this.feed : undefined;
    // What broke off is being heard again.
    if (feed) this.unfinished = undefined;
    if (feed && event.final) feed.turnEnded(event.turn);
    else feed?.turnOpened();
    this.handlers.turn(event, session.id as string);
    if (feed && event.final) this.rollover.turnEnded();
  }

  private decideRetry(session: Session, failure: Failure): boolean {
    if (this.feed?.session !== session || this.endAtBegin) return false;
    if (this.next) return true;
    if (session.ageMs >= HEALTHY_SESSION_MS) this.pace.reset();
    this.retryDelayMs = this.options.settings.reconnect ? this.pace.next(failure.retry) : undefined;
    return this.retryDelayMs !== undefined;
  }

  private ended(session: Session, { account, failure }: SessionEnd): void {
    this.sessions.delete(session);
    if (account) this.handlers.terminated(account);
    if (session === this.next) {
      this.next = undefined;
      this.rollover.nextFailed();
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
    const { id, openTurn } = feed.session;
    this.from = feed.resumeFrom();
    if (id !== undefined && openTurn) {
      this.unfinished = { event: { final: true, text: wholeText(openTurn), turn: openTurn }, sessionId: id };
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
    this.next = undefined;
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
    this.limitTimer?.cancel();
    this.rollover.cancel();
  }

  private overIfEmpty(): void {
    if (this.phase !== "ending" || this.sessions.size > 0) return;
    this.phase = "over";
    this.handlers.over();
  }
}
