import type { Clock, Timer } from "../common/clock";
import type { Closed, Connect, Connection } from "../assemblyai/connection";
import { describe } from "../common/describe";
import { AaiError } from "../common/errors";
import { beginTimeout, type Failure } from "../assemblyai/failure";
import type { JsonObject } from "../common/json";
import {
  FORCE_ENDPOINT,
  KEEP_ALIVE,
  parseServerFrame,
  TERMINATE,
  turnText,
  updateConfiguration,
  type BeginMessage,
  type ServerFrame,
  type TurnMessage,
} from "../assemblyai/protocol";
import { SessionRecord, type SummaryAt, type EndReason, type SessionEnd } from "./session-summary";
import { SilenceWatch } from "./silence-watch";
import { TurnAssembler, type TurnEvent } from "../assemblyai/turn-assembler";

/**
 * One paid session: one connection, from its first packet to its end.
 *
 *   connecting ──open──▶ opened ──Begin──▶ begun ──end(reason)──▶ terminating ──Termination, or 5 s──▶ ended
 *        │                  │                └──the server or the network ends it──────────────────────▶ ended
 *        └──────────────────┴──10 s without Begin, refused, end(reason)────────────────────────────────▶ ended
 *
 * `ended` is reported exactly once. The session knows neither when it should be opened nor which audio it carries.
 */

export interface SessionHandlers {
  /** @param summary the session's summary, if it ended at that moment for this reason */
  begun(begin: BeginMessage, summary: SummaryAt): void;
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
const BEGIN_TIMEOUT_MS = 10_000;
/** Live: at most 1.3 s from Terminate to Termination. Node-RED gives a node 15 s to close. */
const TERMINATION_TIMEOUT_MS = 5_000;
/** An Error frame is followed by a close; where it is not, the session is over all the same. */
const CLOSE_AFTER_ERROR_MS = 1_000;

export class Session {
  private readonly record: SessionRecord;
  private readonly silence: SilenceWatch;
  private readonly turns: TurnAssembler;
  private readonly connection: Connection;
  private state: "connecting" | "opened" | "begun" | "terminating" | "ended" = "connecting";
  private timer: Timer | undefined;
  private warnedOfMalformed = false;
  private formatTurns: boolean;

  constructor(
    private readonly options: SessionOptions,
    private readonly handlers: SessionHandlers,
  ) {
    const { clock } = options;
    this.formatTurns = options.formatTurns;
    this.record = new SessionRecord(clock, options.sampleRate, options.model, options.apiKey);
    this.silence = new SilenceWatch(clock, options.silenceTimeoutMs, {
      ask: () => this.connection.ping(),
      silent: () => handlers.silent(),
    });
    this.turns = new TurnAssembler(clock, (event) => this.turn(event), this.expectsTwins);
    this.connection = options.connect(options.url, options.apiKey, {
      opened: () => this.opened(),
      text: (text) => this.frame(parseServerFrame(text)),
      alive: () => this.silence.answered(),
      closed: (closed) => this.closed(closed),
    });
    this.timer = clock.setTimeout(() => this.beginTimedOut(), BEGIN_TIMEOUT_MS);
  }

  get id(): string | undefined {
    return this.record.begin?.id;
  }

  /** Unix time in s at which the server will close the session, where it said so. */
  get expiresAt(): number | undefined {
    return this.record.begin?.expires_at ?? undefined;
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
    return this.record.ageMs;
  }

  /** The clock's time at which the server was last heard from. */
  get lastHeardAt(): number {
    return this.silence.lastHeardAt;
  }

  /** How many samples the server has certainly worked through at a time of the clock at which it was alive. */
  processedSamples(at: number): number {
    return this.record.processedSamples(at);
  }

  /** @param frame PCM of 50 to 1000 ms: the server ends the session for less or more */
  send(frame: Buffer): void {
    if (!this.isBegun) return;
    this.record.sent(frame);
    this.connection.send(frame);
  }

  forceEndpoint(): void {
    if (this.isBegun) this.connection.send(FORCE_ENDPOINT);
  }

  /** @param fields checked: the server ends the session for a bad value, and never acknowledges a good one */
  configure(fields: JsonObject): void {
    if (!this.isBegun) return;
    if (typeof fields["format_turns"] === "boolean") this.formatTurns = fields["format_turns"];
    this.turns.awaitFormatted = this.expectsTwins;
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

  /** Another session tells what is said from `fromMs` of this one's audio on, by default all that is not finalised by now. */
  mute(fromMs?: number): void {
    this.turns.mute(fromMs);
  }

  /** Ends the session on purpose. Turns that are on their way still come out; `ended` follows within 5 s. */
  end(reason: EndReason): void {
    if (this.state === "terminating" || this.state === "ended") return;
    const connecting = this.state === "connecting";
    this.state = "terminating";
    this.record.reason = reason;
    this.silence.stop();
    this.timer?.cancel();
    if (connecting) return this.connection.destroy();
    this.connection.send(TERMINATE);
    this.timer = this.options.clock.setTimeout(() => this.connection.destroy(), TERMINATION_TIMEOUT_MS);
  }

  private opened(): void {
    this.record.opened();
    if (this.state === "connecting") this.state = "opened";
  }

  private beginTimedOut(): void {
    this.record.timedOut = beginTimeout(BEGIN_TIMEOUT_MS / 1000);
    // A server that is merely slow may have begun to bill: it is told before the line is cut.
    this.connection.send(TERMINATE);
    this.connection.destroy();
  }

  private frame(frame: ServerFrame): void {
    if (this.state === "ended") return;
    this.silence.messageCame();
    switch (frame.kind) {
      case "begin":
        return this.began(frame.message);
      case "turn":
        // Only a session that has an id can have turns.
        if (!this.record.begin || this.turns.isMuted(frame.message)) return;
        if (turnText(frame.message) !== "") this.silence.textCame();
        return this.turns.accept(frame.message);
      case "termination":
        this.record.termination = frame.message;
        return this.connection.close();
      case "error":
        this.record.error ??= frame.message;
        this.silence.stop();
        this.timer?.cancel();
        this.timer = this.options.clock.setTimeout(() => this.connection.destroy(), CLOSE_AFTER_ERROR_MS);
        return;
      case "warning": {
        const { warning_code: code, warning: text } = frame.message;
        return this.handlers.warning(
          new AaiError("AAI_SERVER_WARNING", { code: describe(code), text: this.record.redact(describe(text)) }),
        );
      }
      case "malformed":
        if (this.warnedOfMalformed) return;
        this.warnedOfMalformed = true;
        return this.handlers.warning(frame.error);
      case "other":
        return;
    }
  }

  private began(begin: BeginMessage): void {
    if (this.record.begin) return;
    this.record.begun(begin);
    this.turns.awaitFormatted = this.expectsTwins;
    if (this.state === "opened") {
      this.state = "begun";
      this.timer?.cancel();
      this.silence.start();
    }
    this.handlers.begun(begin, (reason) => this.record.summaryAt(begin, reason));
  }

  private turn(event: TurnEvent): void {
    this.record.turn(event);
    this.handlers.turn(event);
  }

  private closed(closed: Closed): void {
    if (this.state === "ended") return;
    // First of all: whoever ends it at one of its last turns comes too late.
    this.state = "ended";
    this.silence.stop();
    this.timer?.cancel();
    const failure = this.record.failure(closed);
    this.turns.settle();
    if (!failure || !this.handlers.willReplay(failure)) this.turns.finish();
    this.handlers.ended({ summary: this.record.summary(failure), failure });
  }

  /** Only Universal-Streaming models send a plain final and then its formatted twin. */
  private get expectsTwins(): boolean {
    return this.formatTurns && this.record.model.startsWith("universal-streaming");
  }
}
