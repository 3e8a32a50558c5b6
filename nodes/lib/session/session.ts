import type { Clock, Timer } from "../common/clock";
import type { Closed, Connect, Connection } from "../assemblyai/connection";
import { describe } from "../common/describe";
import { AaiError, toAaiError } from "../common/errors";
import { beginTimeout, internalFailure, type Failure } from "../assemblyai/failure";
import type { JsonObject } from "../common/json";
import {
  FORCE_ENDPOINT,
  KEEP_ALIVE,
  parseServerFrame,
  TERMINATE,
  turnSpan,
  turnText,
  updateConfiguration,
  type BeginMessage,
  type ServerMessage,
  type TurnMessage,
} from "../assemblyai/protocol";
import { SECRET } from "../assemblyai/parameters";
import { configurationWarnings, type Asked } from "../assemblyai/parameter-warnings";
import { Redaction } from "../assemblyai/redact";
import { SessionRecord, type EndReason, type SessionSummary, type SummaryAt } from "./session-summary";
import { TurnAssembler, type TurnEvent } from "../assemblyai/turn-assembler";

/**
 * One paid session: one connection, from its first packet to its end.
 *
 *   connecting ──open──▶ opened ──Begin──▶ begun ──end(reason)──▶ terminating ──Termination, or 5 s──▶ ended
 *        │                  │                ├──Error──▶ failed ──close, or 1 s──────────────────────▶ ended
 *        │                  │                └──the server or the network ends it────────────────────▶ ended
 *        └──────────────────┴──10 s without Begin, refused, end(reason)──────────────────────────────▶ ended
 *
 * `ended` is emitted exactly once, whatever is thrown before. The session knows neither when it should be opened nor which audio it
 * carries. Its times are ms of the audio that it was sent.
 */
export type SessionEvent =
  /** `summary` is the session's, if it ended at that moment for this reason; `asked` is what it was asked for until then, `warnings` what it does otherwise */
  | { type: "begun"; begin: BeginMessage; summary: SummaryAt; asked: Asked; warnings: AaiError[] }
  /** The server sent a text. `endMs` is where its last word ends; undefined where it has no word times. */
  | { type: "text"; endMs: number | undefined }
  | { type: "turn"; turn: TurnEvent }
  /** A message of the service that the engine does not use. It goes on to the flow. */
  | { type: "message"; message: ServerMessage }
  /** A message of the server's that the user should see, and that does not end the session. */
  | { type: "warning"; error: AaiError }
  /**
   * The last event. `failure` is undefined where the session was ended on purpose. The turns that are open are still open: they are
   * finished by `finishTurns`, or sent again to another session.
   */
  | { type: "ended"; failure: Failure | undefined };

export interface SessionOptions {
  clock: Clock;
  connect: Connect;
  url: string;
  apiKey: string;
  /** `speech_model` as asked for; the Begin message may name another */
  model: string;
  /** Hz */
  sampleRate: number;
  /** `format_turns` as asked for */
  formatTurns: boolean;
}

/** Live: 1.2 s from connect to Begin; the vendor's SDK gives up after 1 s, which fails on slow links. */
const BEGIN_TIMEOUT_MS = 10_000;
/** Live: at most 1.3 s from Terminate to Termination. Node-RED gives a node 15 s to close. */
const TERMINATION_TIMEOUT_MS = 5_000;
/** An Error frame is followed by a close; without one, the session ends after this time. */
const CLOSE_AFTER_ERROR_MS = 1_000;

export class Session {
  readonly record: SessionRecord;
  /** The parameters of its address, and what `configure` has changed since. */
  private readonly asked: URLSearchParams;
  private readonly redaction: Redaction;
  private readonly turns: TurnAssembler;
  private readonly connection: Connection;
  private state: "connecting" | "opened" | "begun" | "terminating" | "failed" | "ended" = "connecting";
  private timer: Timer | undefined;
  private warnedOfMalformed = false;
  private formatTurns: boolean;
  /** Another session gets everything again that this one has not finalised. */
  private muted = false;
  private failure: Failure | undefined;

  constructor(
    private readonly options: SessionOptions,
    private readonly emit: (event: SessionEvent) => void,
  ) {
    const { clock } = options;
    this.formatTurns = options.formatTurns;
    this.asked = new URL(options.url).searchParams;
    this.redaction = new Redaction(options.apiKey, this.asked.getAll(SECRET));
    this.record = new SessionRecord(clock, options.sampleRate, options.model, this.redaction);
    this.turns = new TurnAssembler(
      clock,
      (turn) => this.turn(turn),
      () => this.expectsTwins,
    );
    this.connection = options.connect(options.url, options.apiKey, {
      opened: () => this.opened(),
      text: (text) => this.received(text),
      // After Terminate, a pong may answer a ping that was held up together with the audio: Termination alone shows that it was processed.
      alive: (roundTripMs) => this.isBegun && this.record.answered(roundTripMs),
      closed: (closed) => this.closed(closed),
    });
    this.timer = clock.setTimeout(() => this.beginTimedOut(), BEGIN_TIMEOUT_MS);
  }

  get id(): string | undefined {
    return this.record.begin?.id;
  }

  /** Audio and commands are taken: Begin has come and nobody has ended the session. */
  get isBegun(): boolean {
    return this.state === "begun";
  }

  /** The newest partial of each turn that is open, the oldest turn first. */
  get openTurns(): TurnMessage[] {
    return this.turns.open;
  }

  /** The session's summary, or undefined where it never began. Final once it has ended. */
  get summary(): SessionSummary | undefined {
    return this.record.summary(this.failure);
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
    for (const [name, value] of Object.entries(fields)) this.asked.set(name, typeof value === "string" ? value : JSON.stringify(value));
    this.connection.send(updateConfiguration(fields));
  }

  /** Resets the server's inactivity timeout, and nothing else. */
  keepAlive(): void {
    if (this.isBegun) this.connection.send(KEEP_ALIVE);
  }

  /** Sends a ping: the more recent the last sign of life, the less must be sent again if the session dies. */
  ping(): void {
    this.connection.ping();
  }

  /** Another session gets everything again that is not finalised by now, and emits those turns. */
  mute(): void {
    this.turns.settle();
    this.muted = true;
  }

  /** Emits the newest partial of each open turn as its final, so that no word is lost. */
  finishTurns(): void {
    if (!this.muted) this.turns.finish();
  }

  /** Ends the session on purpose. Turns that are in transit are still emitted; `ended` follows within 5 s. */
  end(reason: EndReason): void {
    if (this.state === "terminating" || this.state === "failed" || this.state === "ended") return;
    const connecting = this.state === "connecting";
    this.state = "terminating";
    this.record.reason = reason;
    if (connecting) return this.connection.destroy();
    this.connection.send(TERMINATE);
    this.destroyIn(TERMINATION_TIMEOUT_MS);
  }

  private destroyIn(ms: number): void {
    this.timer?.cancel();
    this.timer = this.options.clock.setTimeout(() => this.connection.destroy(), ms);
  }

  private opened(): void {
    this.record.openedAt = this.options.clock.now();
    if (this.state === "connecting") this.state = "opened";
  }

  private beginTimedOut(): void {
    this.fail(beginTimeout(BEGIN_TIMEOUT_MS / 1000));
    // A slow server may have begun to bill: Terminate is sent before the connection is cut.
    this.connection.send(TERMINATE);
    this.connection.destroy();
  }

  /** The session has failed; the first reason counts. Its close follows. */
  private fail(failure: Failure): void {
    this.failure ??= failure;
    if (this.state !== "ended") this.state = "failed";
  }

  /** A message that cannot be processed ends the session in order: later messages could not be trusted. */
  private received(text: string): void {
    try {
      this.frame(this.redaction.frame(text));
    } catch (thrown) {
      this.fail(internalFailure(toAaiError(thrown)));
      this.connection.destroy();
    }
  }

  private frame(text: string): void {
    if (this.state === "ended") return;
    const frame = parseServerFrame(text);
    switch (frame.kind) {
      case "begin":
        return this.began(frame.message);
      case "turn": {
        const { message } = frame;
        // Only a session that has an id can have turns.
        if (!this.record.begin || this.muted) return;
        if (turnText(message) !== "") {
          const endMs = turnSpan(message)?.endMs;
          if (endMs !== undefined) this.record.processed(endMs);
          this.emit({ type: "text", endMs });
        }
        return this.turns.accept(message);
      }
      case "termination":
        this.record.termination = frame.message;
        return this.connection.close();
      case "error":
        // Only the first one counts: those that follow must not put off the end.
        if (this.record.error) return;
        this.record.error = frame.message;
        if (this.state !== "terminating") this.state = "failed";
        return this.destroyIn(CLOSE_AFTER_ERROR_MS);
      case "warning": {
        const { warning_code: code, warning } = frame.message;
        const told = (value: unknown) => describe(typeof value === "string" ? this.record.redact(value) : value);
        const values = { code: told(code), text: told(warning) };
        return this.emit({ type: "warning", error: new AaiError("AAI_SERVER_WARNING", values) });
      }
      case "malformed":
        if (this.warnedOfMalformed) return;
        this.warnedOfMalformed = true;
        return this.emit({ type: "warning", error: frame.error });
      case "other":
        // No text comes with it, so that it extends no session: even a SpeechStarted is followed by a Turn at once.
        if (this.record.begin && !this.isRepeated(frame.message)) this.emit({ type: "message", message: frame.message });
    }
  }

  /** Whether the message is about a turn that another session gets again. */
  private isRepeated({ type, turn_order: order }: ServerMessage): boolean {
    return this.muted && (type === "SpeechStarted" || (typeof order === "number" && !this.turns.isDone(order)));
  }

  private began(begin: BeginMessage): void {
    if (this.record.begin) return;
    this.record.begin = begin;
    if (this.state === "opened") {
      this.state = "begun";
      this.timer?.cancel();
    } else if (this.state === "failed") {
      // It is billed from here on, though no audio would be sent.
      this.connection.send(TERMINATE);
    }
    const { record, asked } = this;
    const warnings = configurationWarnings(begin, asked, (text) => record.redact(text));
    this.emit({ type: "begun", begin, summary: (reason) => record.summaryAt(begin, reason), asked, warnings });
  }

  private turn(turn: TurnEvent): void {
    // A final in whose course another session took over may be followed by more of the same frame.
    if (this.muted) return;
    this.record.turn(turn);
    this.emit({ type: "turn", turn });
  }

  private closed(closed: Closed): void {
    if (this.state === "ended") return;
    this.state = "ended";
    this.timer?.cancel();
    try {
      this.failure ??= this.record.failure(closed);
      this.turns.settle();
    } catch (thrown) {
      this.failure ??= internalFailure(toAaiError(thrown));
    } finally {
      this.emit({ type: "ended", failure: this.failure });
    }
  }

  /** Only Universal-Streaming models send a plain final and then its formatted twin. */
  private get expectsTwins(): boolean {
    return this.formatTurns && this.record.model.startsWith("universal-streaming");
  }
}
