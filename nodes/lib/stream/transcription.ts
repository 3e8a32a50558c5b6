import type { Account } from "../assemblyai/account";
import { changedConfiguration, isEmptyConfiguration } from "../assemblyai/configuration";
import { internalFailure, unansweredTerminate, type Failure } from "../assemblyai/failure";
import type { JsonObject } from "../common/json";
import type { Place, SessionLine } from "../assemblyai/session-line";
import type { TurnEvent } from "../assemblyai/turn-assembler";
import type { Timeline } from "../audio/timeline";
import { AaiError, toAaiError } from "../common/errors";
import { updateFields } from "../assemblyai/update-configuration";
import type { Session, SessionEvent } from "../session/session";
import type { EndReason, SessionSummary } from "../session/session-summary";
import { VoiceListener } from "../voice/voice-listener";
import { Feed } from "./feed";
import { Reconnection } from "./reconnection";
import { Rollover } from "./rollover";
import type { RunToCompletion } from "./run-to-completion";
import { COVERED_MS, Silence, WORD_TIMES_MS } from "./silence";
import type { ListeningOptions, StreamEvent } from "./stream-events";
import { UnfinishedTurns } from "./unfinished-turns";

/**
 * One occasion of listening: from the moment a session is wanted until it is ended on purpose, or cannot be opened. Sessions that drop, or
 * near a limit while they are needed, are replaced by others that are sent the unfinished part again, so that it reads as one.
 *
 *   connecting ──Begin──▶ open ──silence, end(reason), cap──▶ ending ──all sessions over──▶ over
 *     ▲    │               │ ▲                                  │  ▲
 *     │    │               │ └─the next session takes over      │  │
 *     │    └─refused, drop─┴─▶ waiting ──nothing is owed────────┼──┘
 *     └──────────timer, line─────┘ ▲                            │
 *                                  └─a session ended without its Termination, and owes a voice
 *
 * `end` sets how far audio is sent: in `connecting` and `waiting` it goes on until that is through. Only audio in which nobody speaks is
 * dropped. A session that begins when none is needed is terminated at once.
 */
export type TranscriptionEvent =
  | Exclude<StreamEvent, { type: "turn" | "called" }>
  | { type: "turn"; turn: TurnEvent; sessionId: string }
  /**
   * No more audio is taken; the last session may still be ending. Where it is stopped while it waits for a session, this is emitted twice:
   * then, and when no more sessions are opened.
   */
  | { type: "ending"; reason: EndReason | undefined }
  /** After `ending`: silence was a dead line, on which someone spoke. `resume` makes it take audio again. */
  | { type: "mistaken" }
  /** All of its sessions have ended. Emitted once, after `ending`. */
  | { type: "over" };

export interface TranscriptionStatus {
  phase: "connecting" | "open" | "waiting" | "ending";
  /** until the silence timeout */
  silenceRemainingMs?: number | undefined;
  /** until the next attempt */
  retryInMs?: number | undefined;
}

export interface TranscriptionOptions extends ListeningOptions {
  steps: RunToCompletion;
  timeline: Timeline;
  /** undefined where the voice detector cannot be used: then texts alone count */
  voices: VoiceListener | undefined;
}

/** Someone counts as speaking for this long after a text: the pause before the next sentence. */
const SPEAKING_MS = 5_000;
/** Audio counts as flowing for this long after the last of it. */
const FLOWING_MS = 1_000;
/** An attempt is not worth making for audio that ended this long ago. */
const STALE_MS = 60_000;

export class Transcription {
  readonly timeline: Timeline;
  private phase: "connecting" | "open" | "waiting" | "ending" | "over" = "connecting";
  /** all whose session has not ended */
  private readonly feeds = new Set<Feed>();
  /** of the session that listens, or is going to; it stays while that session is ending */
  private listener: Feed | undefined;
  /** why it ends, and how far audio is sent before that */
  private stopped: { reason: EndReason; until: number } | undefined;
  /** what is said from there on is another transcription's */
  private yieldedFrom = Infinity;
  /** the account's line, and its place in it until a session has begun */
  private line: SessionLine | undefined;
  private place: Place | undefined;
  private readonly unfinished = new UnfinishedTurns();
  private readonly silence: Silence;
  private readonly rollover: Rollover;
  private readonly reconnection: Reconnection;
  private configuration: JsonObject;
  /** looks for a voice in audio that a session may not have processed */
  private search: VoiceListener | undefined;
  /** of the session that has ended, until it is known whether another one takes its place */
  private heldTermination: SessionSummary | undefined;
  private textEnd = -Infinity;
  private lastTextAt = -Infinity;
  /** that no session can be had was reported */
  private failedToOpen = false;
  private lastFailure: Failure | undefined;
  /** an unanswered Terminate may be followed by another session */
  private mayRecover = true;
  /** no other session may be opened */
  private isAbandoned = false;
  private readonly beganAt: number;

  /** @param from position of the first sample that the next session to be opened must be sent */
  constructor(
    private readonly options: TranscriptionOptions,
    private from: number,
    private readonly emit: (event: TranscriptionEvent) => void,
  ) {
    const { steps, settings, timeline, voices } = options;
    const { clock } = steps;
    this.timeline = timeline;
    this.beganAt = clock.now();
    this.configuration = options.configuration();
    this.reconnection = new Reconnection(clock, () => this.retry());
    this.silence = new Silence(
      clock,
      timeline,
      { timeoutMs: settings.silenceTimeoutMs, hasPartials: settings.hasPartials, voices },
      {
        textUntil: () => this.textEnd,
        lagMs: () => this.listener?.lagMs ?? 0,
        owesTextFrom: () => this.listener?.owesTextFrom() ?? Infinity,
        near: () => this.listener?.session.ping(),
        silent: () => this.end("silence"),
      },
    );
    this.rollover = new Rollover(clock, settings.maxSessionMs, {
      audioFlows: () => this.quietMs < FLOWING_MS,
      someoneSpeaks: () => this.turnIsOpen || clock.now() - this.lastTextAt < SPEAKING_MS,
      openNext: () => {
        if (this.line?.isCrowded) return undefined;
        // The later its last sign of life, the less the next session is sent again.
        this.listener?.session.ping();
        return this.createFeed(options.account());
      },
      takeOver: (next) => this.takeOver(next),
      end: () => this.end("max-duration"),
    });
  }

  get status(): TranscriptionStatus {
    const { phase } = this;
    if (phase === "open") return { phase, silenceRemainingMs: this.silence.remainingMs };
    if (phase === "waiting") return { phase, retryInMs: this.reconnection.remainingMs };
    return { phase: phase === "connecting" ? phase : "ending" };
  }

  /** The service has sent a part of what is being said, and its end is still to come. */
  get turnIsOpen(): boolean {
    return this.listener?.turnIsOpen ?? false;
  }

  /** The oldest sample that may still be sent. */
  get needsFrom(): number {
    if (this.phase === "over") return Infinity;
    return this.listener?.isStarted ? this.listener.resumeFrom() : this.from;
  }

  /** The position up to which the speech is this transcription's: its sessions got the audio, and have sent the texts, or will. */
  get coveredUntil(): number {
    return this.stopped && !this.isAbandoned ? this.stopped.until : this.textEnd;
  }

  /**
   * Opens the first session, or another after a failure.
   * @throws AaiError where there is no usable account; it is over then
   */
  open(): void {
    try {
      const account = this.options.account();
      this.line = account.line ?? this.options.line;
      this.phase = this.line.isCrowded ? "waiting" : "connecting";
      this.place = this.line.enter(this.options.steps.step(() => this.connect(account)));
    } catch (thrown) {
      const error = toAaiError(thrown);
      this.finish();
      this.emit({ type: "failed", error });
      throw error;
    } finally {
      this.emit({ type: "changed" });
    }
  }

  /** More audio is on the timeline. */
  audioArrived(): void {
    this.listener?.pump();
  }

  /** Ends the open turn now. */
  flush(): void {
    if (this.phase === "open") this.listener?.flush();
  }

  /** @param fields of a configuration, checked; for the sessions that follow, too. `{}`, and what is for the address, is for those only */
  configure(fields: JsonObject): void {
    this.configuration = changedConfiguration(this.configuration, fields);
    // The next one, too, where it has begun and waits.
    for (const { session } of this.feeds) this.update(session, fields);
  }

  /**
   * Ends it on purpose. What was said until now is still transcribed, except with a deploy and an empty budget, which wait for no new
   * session.
   */
  end(reason: EndReason): void {
    const waits = reason !== "redeploy" && reason !== "budget";
    if (!waits) this.isAbandoned = true;
    // Nobody is to listen any more, even if the silence turns out to be a dead line.
    if (this.stopped?.reason === "silence") this.stopped.reason = reason;
    if (this.phase === "over" || this.phase === "ending" || (this.stopped && waits)) return;
    if (waits) this.listener?.pumpAll();
    this.stopped ??= { reason, until: this.timeline.released() };
    if (waits && this.phase !== "open" && this.stopped.until > this.from) this.release();
    else this.finish();
  }

  /** After it has hung up: another transcription listens from `position` on, which may be some ms before this one's end. */
  yieldTo(position: number): void {
    this.yieldedFrom = position;
    if (this.stopped) this.stopped.until = Math.min(this.stopped.until, position);
  }

  /** After `mistaken`: takes audio again. */
  resume(): void {
    this.stopped = undefined;
  }

  private update(session: Session, configuration: JsonObject): void {
    const fields = updateFields(configuration);
    if (!isEmptyConfiguration(fields)) session.configure(fields);
  }

  /** ms since the newest audio, or since this occasion began; audio that waits to be sent counts as new. */
  private get quietMs(): number {
    if (this.listener?.isStarted && this.listener.hasQueue) return 0;
    return Math.min(this.timeline.quietMs, this.options.steps.clock.now() - this.beganAt);
  }

  /** It is this transcription's turn in the account's line. */
  private connect(account: Account): void {
    if (this.phase === "waiting" && this.quietMs > STALE_MS) return this.giveUp(this.lastFailure);
    this.phase = "connecting";
    try {
      this.listener = this.createFeed(account);
    } catch (thrown) {
      this.giveUp(internalFailure(toAaiError(thrown)));
    }
  }

  private createFeed({ url, apiKey }: Account): Feed {
    const { steps, settings, timeline } = this.options;
    const { sampleRate } = timeline;
    const options = {
      clock: steps.clock,
      connect: steps.connect,
      url: settings.sessionUrl(url, sampleRate, this.configuration),
      apiKey,
      model: settings.model,
      sampleRate,
      formatTurns: settings.formatTurns,
      hasPartials: settings.hasPartials,
    };
    const feed: Feed = new Feed(steps.clock, timeline, options, (event) => this.on(feed, event));
    this.feeds.add(feed);
    return feed;
  }

  private on(feed: Feed, event: SessionEvent): void {
    switch (event.type) {
      case "begun":
        this.emit(event);
        return this.begun(feed);
      case "text":
        this.mayRecover ||= feed.textUntil > this.textEnd;
        this.textEnd = Math.max(this.textEnd, feed.textUntil);
        this.lastTextAt = this.options.steps.clock.now();
        if (feed === this.listener) this.silence.textCame();
        return;
      case "turn":
        if (event.turn.final) this.unfinished.covered(feed.processed);
        if (!this.isYielded(feed, event.turn)) this.emit({ type: "turn", turn: event.turn, sessionId: feed.session.id as string });
        if (event.turn.final && feed === this.listener) this.rollover.takeOver();
        return;
      case "message":
        return this.emit({ ...event, sessionId: feed.session.id as string });
      case "warning":
        return this.emit(event);
      case "ended":
        return this.ended(feed, event.failure);
    }
  }

  /** The first moments of a word are no turn, where the next session gets the whole of the word. */
  private isYielded(feed: Feed, { turn }: TurnEvent): boolean {
    if (this.yieldedFrom === Infinity) return false;
    const { words } = feed.placed(turn);
    return words.length > 0 && words.every(({ end }) => end - this.timeline.samples(WORD_TIMES_MS) > this.yieldedFrom);
  }

  private begun(feed: Feed): void {
    const { session } = feed;
    if (!session.isBegun) return;
    this.update(session, this.configuration);
    if (feed === this.rollover.next) this.rollover.nextBegun(this.turnIsOpen);
    else if (feed === this.listener && this.phase === "connecting") this.listen(feed);
    else session.end(this.stopped?.reason ?? "stop");
    this.emit({ type: "changed" });
  }

  /** The feed's session has begun: it is sent everything from `from` on. */
  private listen(feed: Feed): void {
    if (this.place) this.line?.begun(this.place);
    this.place = undefined;
    const lost = Math.max(0, this.timeline.start - this.from);
    this.warnOfLost(lost);
    this.phase = "open";
    this.listener = feed;
    this.failedToOpen = false;
    this.emitUnfinished(this.from + lost);
    feed.start(this.from + lost, this.stopped?.until);
    if (this.stopped) {
      feed.pumpAll();
      return this.finish();
    }
    this.silence.start();
    this.rollover.watch(feed.session.record);
  }

  private takeOver(next: Feed): void {
    const present = this.listener;
    if (!present) return;
    // The next session gets the audio that this one has not finalised, so this one's late turns would be emitted twice.
    present.session.mute();
    this.unfinished.covered(present.processed);
    this.leave(present);
    this.listen(next);
    present.session.end("max-duration");
  }

  /** The next session is sent what this one has not finalised. */
  private leave(feed: Feed): void {
    feed.close();
    this.rollover.cancel();
    this.listener = undefined;
    if (!feed.isStarted) return;
    this.unfinished.add(feed.openTurns, feed.sent.from);
    this.from = feed.resumeFrom();
  }

  private ended(feed: Feed, failure: Failure | undefined): void {
    this.feeds.delete(feed);
    const { session } = feed;
    const { next } = this.rollover;
    const isListener = feed === this.listener;
    const hasSuccessor = isListener && next !== undefined;
    // Terminate was sent, and not answered: the session may not have processed the last audio.
    const cause = failure ?? (session.summary?.estimated ? unansweredTerminate() : undefined);
    // A session that was ended, and has answered, has processed everything that it was sent. What one that was replaced gives out is over.
    if (isListener && feed.isStarted) this.unfinished.covered(cause ? feed.processed : feed.sent);
    const owed = isListener && !hasSuccessor ? this.owed(feed, cause) : "nothing";
    if (!hasSuccessor && owed === "nothing") session.finishTurns();
    const { summary } = session;
    if (summary) {
      // After a stop, another session is only sent what this one owes.
      if (owed === "audio" && (!this.stopped || this.stopped.reason === "silence")) this.heldTermination = summary;
      else {
        const goesOn = !isListener || hasSuccessor || owed === "speech";
        this.emit({ type: "terminated", summary, replaced: goesOn && this.phase !== "ending" && !this.stopped });
      }
    }
    if (feed === next) this.rollover.nextEnded(failure?.retry ?? "never");
    else if (hasSuccessor) this.goOnWith(feed, next);
    else if (owed !== "nothing" && cause) this.replay(feed, cause, owed);
    else if (isListener && this.phase !== "ending") this.giveUp(failure, session.id);
    this.overIfEmpty();
    this.emit({ type: "changed" });
  }

  /** What the session leaves to be sent again, where another session would be opened for it: only a look for a voice can tell of audio. */
  private owed(feed: Feed, cause: Failure | undefined): "speech" | "audio" | "nothing" {
    const { settings } = this.options;
    const isEnding = this.phase === "ending";
    if (!cause || !settings.reconnect || this.isAbandoned || (isEnding && !this.mayRecover)) return "nothing";
    const isInMidTurn = !feed.isStarted || feed.turnIsOpen || this.unfinished.reach(feed.resumeFrom());
    const speech = !isEnding && (isInMidTurn || (!this.stopped && this.quietMs < SPEAKING_MS));
    if (!speech && this.unheardFrom(feed) >= Math.min(this.stopped?.until ?? Infinity, this.timeline.end)) return "nothing";
    // Only once: a server that never answers Terminate would otherwise get sessions for ever.
    if (isEnding) this.mayRecover = false;
    if (!this.reconnection.plan(cause.retry, feed.session.record.ageMs)) return "nothing";
    return speech ? "speech" : "audio";
  }

  /** The position from which there may be a voice without a text. */
  private unheardFrom(feed: Feed): number {
    return Math.max(feed.resumeFrom(), this.textEnd + this.timeline.samples(COVERED_MS));
  }

  private goOnWith(feed: Feed, next: Feed): void {
    this.silence.stop();
    this.leave(feed);
    this.phase = "connecting";
    this.listener = next;
    if (next.session.isBegun) this.listen(next);
  }

  private replay(feed: Feed, cause: Failure, owed: "speech" | "audio"): void {
    const { id } = feed.session;
    const from = this.unheardFrom(feed);
    this.silence.stop();
    this.leave(feed);
    this.phase = "waiting";
    if (owed === "speech") return this.retryLater(cause, id);
    this.lookForVoice(from, (found) => {
      // The microphone may have come back meanwhile.
      if (!found && (this.stopped || this.quietMs >= SPEAKING_MS)) return this.finish();
      if (this.stopped?.reason === "silence") this.emit({ type: "mistaken" });
      this.releaseTermination(!this.stopped);
      this.retryLater(cause, id);
    });
  }

  /** Audio that a session may not have processed is worth another session only where someone speaks in it. */
  private lookForVoice(from: number, done: (found: boolean) => void): void {
    const { steps, timeline, voiceDetector, voices } = this.options;
    if (!voices) return done(true);
    const finish = (found: boolean) => {
      this.search?.close();
      this.search = undefined;
      done(found);
    };
    this.search = new VoiceListener({
      clock: steps.clock,
      timeline,
      detector: voiceDetector?.(),
      preRollMs: 0,
      always: false,
      started: () => finish(true),
      caughtUp: () => finish(false),
    });
    this.search.listenFrom(from);
  }

  private retryLater(cause: Failure, id: string | undefined): void {
    this.lastFailure = cause;
    // Where no session can be opened, an error is reported once. A drop that heals is reported by its event alone.
    if (id === undefined && !this.failedToOpen) {
      this.failedToOpen = true;
      this.emit({ type: "error", error: cause.error });
    }
    const inLineMs = cause.retry === "rate" && this.place ? this.line?.refused(this.place) : undefined;
    if (inLineMs === undefined) this.leaveLine();
    this.emit({ type: "reconnecting", info: this.reconnection.wait(cause, inLineMs), sessionId: id });
  }

  private retry(): void {
    if (this.quietMs > STALE_MS) return this.giveUp(this.lastFailure);
    try {
      this.open();
    } catch (error) {
      this.emit({ type: "error", error: toAaiError(error) });
    }
  }

  /** No other session is tried. @param id of the session that broke off, if it had begun */
  private giveUp(failure: Failure | undefined, id?: string): void {
    if (this.phase === "waiting") this.warnOfLost(Math.min(this.stopped?.until ?? Infinity, this.timeline.end) - this.from);
    this.finish();
    if (!failure || failure.expected) return;
    if (id === undefined) this.emit({ type: "failed", error: failure.error });
    if (!this.failedToOpen) this.emit({ type: "error", error: failure.error });
  }

  /** @param replaced whether another session takes its place: if not, a microphone that stops with its session stops */
  private releaseTermination(replaced: boolean): void {
    if (this.heldTermination) this.emit({ type: "terminated", summary: this.heldTermination, replaced });
    this.heldTermination = undefined;
  }

  /** No more audio is taken; turns that are in transit are still emitted. */
  private finish(): void {
    this.releaseTermination(false);
    this.silence.stop();
    this.rollover.cancel();
    this.reconnection.cancel();
    this.search?.close();
    this.leaveLine();
    this.listener?.close();
    this.phase = "ending";
    this.release();
    for (const { session } of this.feeds) session.end(this.stopped?.reason ?? "stop");
    this.overIfEmpty();
  }

  /** No more audio is taken. */
  private release(): void {
    this.emit({ type: "ending", reason: this.stopped?.reason });
    this.emit({ type: "changed" });
  }

  private leaveLine(): void {
    if (this.place) this.line?.leave(this.place);
    this.place = undefined;
  }

  private warnOfLost(samples: number): void {
    if (samples <= 0) return;
    this.emit({ type: "warning", error: new AaiError("AAI_AUDIO_LOST", { seconds: Math.ceil(samples / this.timeline.sampleRate) }) });
  }

  private overIfEmpty(): void {
    if (this.phase !== "ending" || this.feeds.size > 0) return;
    this.phase = "over";
    this.emitUnfinished();
    this.emit({ type: "over" });
  }

  /** @param position of the first sample that the next session is sent; none where there is no next session */
  private emitUnfinished(position?: number): void {
    for (const { event, sessionId } of this.unfinished.take(position)) this.emit({ type: "turn", turn: event, sessionId });
  }
}
