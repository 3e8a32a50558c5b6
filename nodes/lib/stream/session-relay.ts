import { Coverage } from "./coverage";
import { AaiError } from "../common/errors";
import type { Failure } from "../assemblyai/failure";
import type { Feed } from "./feed";
import type { Emit, ListeningOptions } from "./stream-events";
import type { JsonObject } from "../common/json";
import type { BeginMessage } from "../assemblyai/protocol";
import { Rollover } from "./rollover";
import { Session } from "../session/session";
import type { SummaryAt, EndReason, SessionEnd } from "../session/session-summary";
import { SessionLimits } from "./session-limits";
import type { Timeline } from "../audio/timeline";
import type { TurnEvent } from "../assemblyai/turn-assembler";

export interface SessionRelayHandlers {
  turn(event: TurnEvent, sessionId: string): void;
  /** The session that listens has passed its silence timeout: `end` must follow at once. */
  silent(): void;
  /** A session has begun to listen. */
  listening(): void;
  /** The session that listens has reached the user's limit of its length. */
  limitReached(): void;
  /** The session that was to listen broke off, and no other is there to take its place: will one be opened, after `leave`? */
  willRetry(session: Session, failure: Failure): boolean;
  /**
   * The session that was to listen has ended, and no other takes its place: `leave` or `stop` must follow at once.
   * @param failure undefined where it ended in order
   */
  lost(session: Session, failure: Failure | undefined): void;
  /** A session has ended, be it one that does not listen any more. */
  ended(): void;
}

/** Someone counts as speaking for this long after a text: the pause before the next sentence. */
const SPEAKING_MS = 5_000;
/** Audio counts as flowing for this long after the last of it. */
const FLOWING_MS = 1_000;
/** What a handshake and a pre-roll leave waiting is less, and nothing that the silence timeout should wait for. */
const LONG_BACKLOG_MS = 3_000;

/**
 * The sessions of one transcription, of which one at a time listens. Where that one nears a limit while it is needed, the next one is
 * opened beside it, takes its place, and hears again what the first one has not finalised.
 *
 *   nobody ──open()──▶ connecting ──Begin──▶ open ──lost(), answered by leave() or stop()──▶ nobody
 *                          ▲                 │  ▲
 *                          │                 ├──┘ the next one has begun, and takes over
 *                          └─────────────────┘    broke off, and the next one has not begun yet
 */
export class SessionRelay {
  /** all that have not ended */
  private readonly sessions = new Set<Session>();
  private readonly coverage: Coverage;
  private readonly rollover: Rollover;
  private readonly limits: SessionLimits;
  private readonly configuration: JsonObject = {};
  private listener: Feed | undefined;
  private listens = false;
  private lastAudioAt: number;
  private lastTextAt = -Infinity;
  /** a session has listened before the present one */
  private resumed = false;

  /** @param from position of the first sample that the next session to be opened must hear */
  constructor(
    private readonly options: ListeningOptions,
    private readonly timeline: Timeline,
    private from: number,
    private readonly emit: Emit,
    private readonly handlers: SessionRelayHandlers,
  ) {
    const { clock, settings } = options;
    this.lastAudioAt = clock.now();
    this.coverage = new Coverage(clock, timeline);
    this.rollover = new Rollover(clock, {
      isWanted: () => this.audioFlows,
      openNext: () => this.createSession(),
      takeOver: (next) => this.takeOver(next),
    });
    this.limits = new SessionLimits(clock, settings.maxSessionMs, {
      audioFlows: () => this.audioFlows,
      someoneSpeaks: () => this.turnIsOpen || clock.now() - this.lastTextAt < SPEAKING_MS,
      rollOver: () => this.rollover.begin(),
      end: () => handlers.limitReached(),
    });
  }

  /** Of the session that listens, or is going to. */
  get feed(): Feed | undefined {
    return this.listener;
  }

  /** The feed's session has begun, and hears. */
  get isOpen(): boolean {
    return this.listens;
  }

  /** Every session has ended. */
  get isEmpty(): boolean {
    return this.sessions.size === 0;
  }

  /** The oldest sample that may still be sent. */
  get needsFrom(): number {
    return this.listener ? this.listener.resumeFrom() : this.from;
  }

  /** Someone is in the middle of a turn. */
  get turnIsOpen(): boolean {
    return this.listener?.session.openTurn !== undefined;
  }

  /** For how long no audio has come, in ms. A file that came at once counts as spoken in its own time; what waits to be sent, as now. */
  get quietMs(): number {
    if (this.listener?.hasQueue) return 0;
    return Math.max(0, this.options.clock.now() - Math.max(this.lastAudioAt, this.timeline.endDue));
  }

  /** A session that was lost in a pause, with all that was said finalised, is not worth buying again. */
  isNeededAfter(session: Session): boolean {
    return this.quietMs < SPEAKING_MS || session.id === undefined || session.openTurn !== undefined;
  }

  /** Where the newest text ends on the timeline. */
  get textUntil(): number {
    return this.coverage.textUntil;
  }

  /** Whether one who began to speak there may be waited for: the session may not have come so far, and has given no text of it. */
  isUnheard(position: number): boolean {
    return this.listener !== undefined && position > this.coverage.textUntil && position > this.listener.processedUntil();
  }

  /**
   * Opens a session that is to listen.
   * @throws AaiError where there is no usable account
   */
  open(): void {
    this.listener = this.coverage.hear(this.createSession(), this.from);
  }

  /** More audio is on the timeline. */
  audioArrived(): void {
    this.lastAudioAt = this.options.clock.now();
    this.listener?.pump();
  }

  /** @param fields checked `UpdateConfiguration` fields; kept for the sessions that follow */
  configure(fields: JsonObject): void {
    Object.assign(this.configuration, fields);
    // The next one, too, where it has begun and waits.
    for (const session of this.sessions) session.configure(fields);
  }

  /**
   * Lets go of the session that was to listen: the next one hears what this one has not finalised.
   * @param aliveAt the clock's time until which it certainly worked; by default when it was last heard from
   */
  leave(aliveAt?: number): void {
    if (!this.listener) return;
    this.from = this.listener.resumeFrom(aliveAt);
    this.stop();
  }

  /** Nobody listens any more; the sessions go on until they end, or are ended. */
  stop(): void {
    this.listener?.close();
    this.listener = undefined;
    this.listens = false;
    this.limits.cancel();
    this.rollover.cancel();
  }

  /** Ends all sessions on purpose. */
  end(reason: EndReason): void {
    for (const session of this.sessions) session.end(reason);
  }

  /** Gives out, as finals, the turns that were left unfinished and that no session came to hear again. */
  tellUnfinished(): void {
    for (const { event, sessionId } of this.coverage.takeUnfinished()) this.handlers.turn(event, sessionId);
  }

  private get audioFlows(): boolean {
    return this.quietMs < FLOWING_MS;
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
        begun: (begin, summaryAt) => this.begun(session, begin, summaryAt),
        turn: (event) => this.turn(session, event),
        silent: () => {
          if (session !== this.rollover.next) this.handlers.silent();
        },
        warning: (error) => this.emit({ type: "warning", error }),
        willReplay: (failure) => this.willReplay(session, failure),
        ended: (end) => this.ended(session, end),
      },
    );
    this.sessions.add(session);
    return session;
  }

  private begun(session: Session, begin: BeginMessage, summaryAt: SummaryAt): void {
    this.emit({ type: "begun", begin, summary: summaryAt });
    if (Object.keys(this.configuration).length > 0) session.configure(this.configuration);
    if (session === this.rollover.next) this.rollover.nextBegun(this.turnIsOpen);
    else if (session === this.listener?.session) this.listenWith(this.listener);
    this.emit({ type: "changed" });
  }

  /** The feed's session has begun: it hears everything from the feed's cursor on. */
  private listenWith(feed: Feed, silenceMs = this.options.settings.silenceTimeoutMs): void {
    this.listens = true;
    const lost = feed.skipLost();
    if (lost > 0) {
      const error = new AaiError("AAI_AUDIO_LOST", { seconds: Math.ceil(lost / this.timeline.sampleRate) });
      this.emit({ type: "warning", error });
    }
    if (this.resumed || feed.backlogMs >= LONG_BACKLOG_MS) feed.session.expectSilence(feed.backlogMs + silenceMs);
    this.resumed = true;
    feed.pump();
    this.limits.watch(feed.session);
    this.handlers.listening();
  }

  private takeOver(next: Session): void {
    if (!this.listener) return;
    const { session } = this.listener;
    // What it has not finalised is heard by the next one, so its late turns would come twice.
    session.mute();
    // That may give out a final, at which a flow may have ended all of this.
    if (!this.listener) return;
    this.coverage.leave(this.listener);
    // For one who is silent, sessions do not matter: the silence goes on.
    const silenceMs = session.silenceRemainingMs;
    this.leave(this.options.clock.now());
    this.goOnWith(next, silenceMs);
    session.end("max-duration");
  }

  /** @param silenceMs until the silence timeout, apart from the time that the session needs for what was before; all of it where absent */
  private goOnWith(next: Session, silenceMs?: number): void {
    this.listener = this.coverage.hear(next, this.from);
    if (!next.isBegun) return;
    next.startListening();
    this.listenWith(this.listener, silenceMs);
  }

  private turn(session: Session, event: TurnEvent): void {
    this.lastTextAt = this.options.clock.now();
    this.coverage.turn(session, event);
    this.handlers.turn(event, session.id as string);
    if (event.final && session === this.listener?.session) this.rollover.turnEnded();
  }

  private willReplay(session: Session, failure: Failure): boolean {
    if (session !== this.listener?.session) return false;
    return this.rollover.next !== undefined || this.handlers.willRetry(session, failure);
  }

  private ended(session: Session, { summary, failure }: SessionEnd): void {
    this.sessions.delete(session);
    this.coverage.ended(session, summary);
    if (session === this.listener?.session) this.coverage.leave(this.listener);
    if (summary) this.emit({ type: "terminated", summary });
    const { next } = this.rollover;
    if (session === next) {
      this.rollover.nextEnded(failure?.retry ?? "never");
    } else if (session === this.listener?.session && failure && next) {
      this.leave();
      this.goOnWith(next);
    } else if (session === this.listener?.session) {
      this.handlers.lost(session, failure);
    }
    this.handlers.ended();
  }
}
