import type { Clock, Timer } from "./clock";
import type { Closed, Connect, Connection } from "./connection";
import { describe } from "./control";
import { AaiError } from "./errors";
import { beginTimeout, classify, type Failure } from "./failure";
import { SAMPLE_BYTES } from "./pcm-buffer";
import {
  FORCE_ENDPOINT,
  KEEP_ALIVE,
  parseServerFrame,
  TERMINATE,
  turnText,
  updateConfiguration,
  type BeginMessage,
  type ErrorMessage,
  type JsonObject,
  type ServerFrame,
  type TerminationMessage,
  type TurnMessage,
} from "./protocol";
import { SilenceClock } from "./silence";
import { TurnAssembler, type TurnEvent } from "./turns";

/**
 * One paid session: one connection, from its first packet to its end.
 *
 *   connecting ──open──▶ opened ──Begin──▶ begun ──end(reason)──▶ terminating ──Termination, or 5 s──▶ ended
 *        │                  │                └──the server or the network ends it──────────────────────▶ ended
 *        └──────────────────┴──10 s without Begin, refused, end(reason)────────────────────────────────▶ ended
 *
 * `ended` is reported exactly once. The session knows neither when it should be opened nor which audio it carries.
 */

/** Why a session ended. */
export type EndReason = "silence" | "stop" | "max-duration" | "budget" | "redeploy" | "crash" | "server" | "error";

/** The account of one session: what the `termination` message carries. */
export interface SessionAccount {
  sessionId: string;
  reason: EndReason;
  audioSeconds: number;
  sessionSeconds: number;
  /** final turns */
  turns: number;
  /** words in the final turns */
  words: number;
  model: string;
  /** ISO time at which the socket opened */
  startedAt: string;
  /** ISO time at which the session ended */
  endedAt: string;
  /** true where the seconds are this side's, as no Termination came */
  estimated: boolean;
  code?: string;
  message?: string;
}

export interface SessionEnd {
  /** undefined where the session never began */
  account: SessionAccount | undefined;
  /** undefined where it ended on purpose */
  failure: Failure | undefined;
}

export interface SessionHandlers {
  /** @param account the session's account, if it ended at that moment for this reason */
  begun(begin: BeginMessage, account: (reason: EndReason) => SessionAccount): void;
  turn(event: TurnEvent): void;
  /** The silence timeout has passed. The session goes on until `end` is called, which must be at once. */
  silent(): void;
  /** Something of the server's that the user should see, and that ends nothing. */
  warning(error: AaiError): void;
  /**
   * The session broke off: is the audio of its open turn going to be sent again? Where it is not, the newest partial becomes the
   * turn's final, so that no word is lost.
   */
  willReplay(failure: Failure): boolean;
  /** Called exactly once; nothing is called after it. */
  ended(end: SessionEnd): void;
}

export interface SessionOptions {
  clock: Clock;
  connect: Connect;
  url: string;
  apiKey: string;
  /** `speech_model` as asked for; the Begin message may name another */
  model: string;
  /** Hz */
  sampleRate: number;
  /** 0 = never */
  silenceTimeoutMs: number;
  /** `format_turns` as asked for */
  formatTurns: boolean;
}

/** Live: 1.2 s from connect to Begin; the vendor's SDK gives up after 1 s, which fails on slow links. */
export const BEGIN_TIMEOUT_MS = 10_000;
/** Live: at most 1.3 s from Terminate to Termination. Node-RED gives a node 15 s to close. */
export const TERMINATION_TIMEOUT_MS = 5_000;
/** On the way to a server that works, or in a busy Node-RED, an answer takes this long at most. */
const LATE_ANSWER_MS = 1_000;
/** An Error frame is followed by a close; where it is not, the session is over all the same. */
const CLOSE_AFTER_ERROR_MS = 1_000;

export class Session {
  private readonly silence: SilenceClock;
  private readonly turns: TurnAssembler;
  private readonly connection: Connection;
  private state: "connecting" | "opened" | "begun" | "terminating" | "ended" = "connecting";
  private timer: Timer | undefined;
  private begin: BeginMessage | undefined;
  private openedAt: number | undefined;
  private begunAt = 0;
  private heardAt = 0;
  private askedAt = 0;
  /** the silence timeout passed then, but the server may be cut off rather than silent */
  private doubtSince: number | undefined;
  private sentSamples = 0;
  private turnCount = 0;
  private wordCount = 0;
  private reason: EndReason | undefined;
  private errorFrame: ErrorMessage | undefined;
  private termination: TerminationMessage | undefined;
  private timedOut: Failure | undefined;
  private warnedOfMalformed = false;
  /** ms of the session's audio: what is said from there on is another session's to tell */
  private mutedFromMs = Infinity;
  private formatTurns: boolean;

  constructor(
    private readonly options: SessionOptions,
    private readonly handlers: SessionHandlers,
  ) {
    const { clock } = options;
    this.formatTurns = options.formatTurns;
    this.silence = new SilenceClock(
      clock,
      options.silenceTimeoutMs,
      () => this.silenceElapsed(),
      () => this.askForLife(),
    );
    this.turns = new TurnAssembler(clock, (event) => this.turn(event), this.expectsTwins(options.model));
    this.connection = options.connect(options.url, options.apiKey, {
      opened: () => this.opened(),
      text: (text) => this.frame(parseServerFrame(text)),
      alive: () => this.alive(),
      closed: (closed) => this.closed(closed),
    });
    this.timer = clock.setTimeout(() => this.beginTimedOut(), BEGIN_TIMEOUT_MS);
  }

  get id(): string | undefined {
    return this.begin?.id;
  }

  /** Unix time in s at which the server will close the session, where it said so. */
  get expiresAt(): number | undefined {
    return this.begin?.expires_at ?? undefined;
  }

  /** Audio and commands are taken: Begin has come and nobody has ended the session. */
  get isBegun(): boolean {
    return this.state === "begun";
  }

  /** ms until the silence timeout, or undefined where it does not count. */
  get silenceRemainingMs(): number | undefined {
    return this.silence.remainingMs;
  }

  /** The newest partial of the turn that is open, if one is. */
  get openTurn(): TurnMessage | undefined {
    return this.turns.open;
  }

  /** The newest partial of each turn that is open. */
  get openTurns(): TurnMessage[] {
    return this.turns.allOpen;
  }

  /** How long the session has been open, in ms. */
  get ageMs(): number {
    return this.openedAt === undefined ? 0 : this.options.clock.now() - this.openedAt;
  }

  /** The clock's time at which the server was last heard from. */
  get lastHeardAt(): number {
    return this.heardAt;
  }

  /**
   * How many samples the server has certainly worked through at a time of the clock at which it was alive: it is measured to take bursts
   * of audio, but to work them off in real time.
   */
  processedSamples(at: number): number {
    return Math.min(this.sentSamples, Math.max(0, ((at - this.begunAt) * this.options.sampleRate) / 1000));
  }

  /** @param frame PCM of 50 to 1000 ms: the server ends the session for less or more */
  send(frame: Buffer): void {
    if (!this.isBegun) return;
    this.sentSamples += frame.length / SAMPLE_BYTES;
    this.connection.send(frame);
  }

  forceEndpoint(): void {
    if (this.isBegun) this.connection.send(FORCE_ENDPOINT);
  }

  /** @param fields checked: the server ends the session for a bad value, and never acknowledges a good one */
  configure(fields: JsonObject): void {
    if (!this.isBegun) return;
    if (typeof fields["format_turns"] === "boolean") this.formatTurns = fields["format_turns"];
    this.turns.awaitFormatted = this.expectsTwins(this.model);
    this.connection.send(updateConfiguration(fields));
  }

  /** Resets the server's inactivity timeout, and nothing else. */
  keepAlive(): void {
    if (this.isBegun) this.connection.send(KEEP_ALIVE);
  }

  /** The session has waited for its turn to listen: its silence timeout counts from now. */
  startListening(): void {
    if (this.isBegun) this.silence.start();
  }

  /**
   * The silence timeout passes in `ms`, unless something is heard before: for a server that has much audio to work off, in real time.
   * Until then its silence says nothing of the present, and a pause that was interrupted by a drop would be taken for the end.
   */
  expectSilence(ms: number): void {
    this.silence.elapseIn(ms);
  }

  /**
   * Another session tells what is said from here on.
   * @param fromMs ms of the session's audio; by default all that is not finalised by now
   */
  mute(fromMs = -Infinity): void {
    this.turns.settle();
    this.mutedFromMs = fromMs;
  }

  /** Ends the session on purpose. Turns that are on their way still come out; `ended` follows within 5 s. */
  end(reason: EndReason): void {
    if (this.state === "terminating" || this.state === "ended") return;
    const connecting = this.state === "connecting";
    this.state = "terminating";
    this.reason = reason;
    this.silence.stop();
    this.timer?.cancel();
    if (connecting) return this.connection.destroy();
    this.connection.send(TERMINATE);
    this.timer = this.options.clock.setTimeout(() => this.connection.destroy(), TERMINATION_TIMEOUT_MS);
  }

  private opened(): void {
    this.openedAt = this.options.clock.now();
    if (this.state === "connecting") this.state = "opened";
  }

  private beginTimedOut(): void {
    this.timedOut = beginTimeout(BEGIN_TIMEOUT_MS / 1000);
    // A server that is merely slow may have begun to bill: it is told before the line is cut.
    this.connection.send(TERMINATE);
    this.connection.destroy();
  }

  private frame(frame: ServerFrame): void {
    if (this.state === "ended") return;
    this.heardAt = this.options.clock.now();
    switch (frame.kind) {
      case "begin":
        return this.began(frame.message);
      case "turn":
        // Only a session that has an id can have turns.
        if (this.begin && !this.isMuted(frame.message)) this.accept(frame.message);
        return;
      case "termination":
        this.termination = frame.message;
        return this.connection.close();
      case "error":
        this.errorFrame ??= this.redacted(frame.message);
        this.silence.stop();
        this.timer?.cancel();
        this.timer = this.options.clock.setTimeout(() => this.connection.destroy(), CLOSE_AFTER_ERROR_MS);
        return;
      case "warning": {
        const { warning_code: code, warning: text } = frame.message;
        return this.handlers.warning(new AaiError("AAI_SERVER_WARNING", { code: describe(code), text: this.redact(describe(text)) }));
      }
      case "malformed":
        if (this.warnedOfMalformed) return;
        this.warnedOfMalformed = true;
        return this.handlers.warning(frame.error);
      case "other":
        return;
    }
  }

  /** A server that has stopped answering is silent too, and may have heard nothing of what is being said. */
  private askForLife(): void {
    this.askedAt = this.options.clock.now();
    this.connection.ping();
  }

  private silenceElapsed(): void {
    if (this.heardAt < this.askedAt) this.doubtSince = this.options.clock.now();
    else this.handlers.silent();
  }

  private alive(): void {
    const now = this.options.clock.now();
    this.heardAt = now;
    const { doubtSince = -Infinity } = this;
    // An answer that is merely late changes nothing; after a real standstill, the texts are still to come.
    if (this.state !== "begun" || now - doubtSince >= LATE_ANSWER_MS) return this.goOnListening();
    this.doubtSince = undefined;
    this.handlers.silent();
  }

  private goOnListening(): void {
    if (this.doubtSince === undefined || this.state !== "begun") return;
    this.doubtSince = undefined;
    this.silence.start();
  }

  private began(begin: BeginMessage): void {
    if (this.begin) return;
    this.begin = begin;
    this.begunAt = this.options.clock.now();
    this.turns.awaitFormatted = this.expectsTwins(this.model);
    if (this.state === "opened") {
      this.state = "begun";
      this.timer?.cancel();
      this.silence.start();
    }
    this.handlers.begun(begin, (reason) => this.accountOf(begin, reason));
  }

  private isMuted({ words }: TurnMessage): boolean {
    return (words?.[0]?.start ?? this.mutedFromMs) >= this.mutedFromMs && this.mutedFromMs < Infinity;
  }

  private accept(turn: TurnMessage): void {
    if (turnText(turn) !== "") {
      this.silence.heard();
      this.goOnListening();
    }
    this.turns.accept(turn);
  }

  private turn(event: TurnEvent): void {
    if (event.final) {
      this.turnCount++;
      this.wordCount += event.text.split(/\s+/).length;
    }
    this.handlers.turn(event);
  }

  private closed(closed: Closed): void {
    if (this.state === "ended") return;
    this.silence.stop();
    this.timer?.cancel();
    const failure = this.failureOf(closed);
    this.turns.settle();
    if (this.mutedFromMs > -Infinity && (!failure || !this.handlers.willReplay(failure))) this.turns.finish();
    this.state = "ended";
    this.handlers.ended({ account: this.account(failure), failure });
  }

  private failureOf(closed: Closed): Failure | undefined {
    if (this.timedOut) return this.timedOut;
    if (this.reason !== undefined || this.termination) return undefined;
    return classify({ ...closed, reason: this.redact(closed.reason) }, this.errorFrame);
  }

  private redacted(message: ErrorMessage): ErrorMessage {
    return message.error === undefined ? message : { ...message, error: this.redact(message.error) };
  }

  /** A service, or a proxy before it, may quote the request's headers. */
  private redact(text: string): string {
    return text.replaceAll(this.options.apiKey, "…");
  }

  private account(failure: Failure | undefined): SessionAccount | undefined {
    if (!this.begin) return undefined;
    const reason = this.reason ?? (failure && !failure.expected ? "error" : "server");
    const why = failure ? { code: failure.error.code, message: failure.error.message } : {};
    return { ...this.accountOf(this.begin, reason), ...why };
  }

  private accountOf(begin: BeginMessage, reason: EndReason): SessionAccount {
    const { clock, sampleRate } = this.options;
    const byServer = this.termination;
    const now = clock.date();
    return {
      sessionId: begin.id,
      reason,
      audioSeconds: byServer?.audio_duration_seconds ?? toMilliseconds(this.sentSamples / sampleRate),
      sessionSeconds: byServer?.session_duration_seconds ?? toMilliseconds(this.ageMs / 1000),
      turns: this.turnCount,
      words: this.wordCount,
      model: this.model,
      startedAt: new Date(now - this.ageMs).toISOString(),
      endedAt: new Date(now).toISOString(),
      estimated: byServer === undefined,
    };
  }

  private get model(): string {
    return this.begin?.configuration?.model ?? this.options.model;
  }

  /** Only Universal-Streaming models send a plain final and then its formatted twin. */
  private expectsTwins(model: string): boolean {
    return this.formatTurns && model.startsWith("universal-streaming");
  }
}

/** Seconds, rounded to the millisecond. */
function toMilliseconds(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

/** The span of the session's audio that a turn covers, in ms; undefined for a turn without words. */
export function turnSpan(turn: TurnMessage): { startMs: number; endMs: number } | undefined {
  const first = turn.words?.[0];
  const last = turn.words?.at(-1);
  return first && last && turnText(turn) !== "" ? { startMs: first.start, endMs: last.end } : undefined;
}
