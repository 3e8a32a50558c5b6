import type { Clock } from "../common/clock";
import { PING_INTERVAL_MS, type Closed } from "../assemblyai/connection";
import { classify, unaskedTermination, type Failure } from "../assemblyai/failure";
import { TEXT_WITHIN_MS } from "../assemblyai/text-delay";
import { SAMPLE_BYTES } from "../audio/pcm-buffer";
import type { BeginMessage, ErrorMessage, TerminationMessage } from "../assemblyai/protocol";
import type { TurnEvent } from "../assemblyai/turn-assembler";
import type { Redaction } from "../assemblyai/redact";

/**
 * The summary of one session: its length, why it ended and what is billed for it. It is computed from a record, in which the session counts
 * what it sends and receives; the record knows no sockets and decides nothing.
 */

/** An answer to a ping that takes this long shows that the line stood still. */
const STALL_MS = 3_000;

/** Why a session ended. */
export type EndReason = "silence" | "stop" | "max-duration" | "budget" | "redeploy" | "crash" | "server" | "error";

/** The summary of one session: the payload of the `termination` message. */
export interface SessionSummary {
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
  /** true where the seconds are measured on this side, because no Termination arrived */
  estimated: boolean;
  code?: string;
  message?: string;
}

/** The summary of a running session, if it ended at that moment for this reason. */
export type SummaryAt = (reason: EndReason) => SessionSummary;

/** The record of a session: the counts while it runs, and the reasons for its end. */
export class SessionRecord {
  begin: BeginMessage | undefined;
  /** why this side ends it, if it does */
  reason: EndReason | undefined;
  /** the server's first Error frame */
  error: ErrorMessage | undefined;
  termination: TerminationMessage | undefined;
  /** the clock's time at which the connection was open */
  openedAt: number | undefined;
  /** the clock's time of the server's last answer to a ping */
  answeredAt = 0;
  /** the clock's time at which the server has processed everything that it was sent: it accepts bursts, and processes them in real time */
  private workedOffAt = 0;
  /** ms of the session's audio up to which there is text */
  private saidMs = 0;
  private sentSamples = 0;
  /** the clock's time of the newest audio */
  private sentAt = 0;
  private turns = 0;
  private words = 0;

  /**
   * @param sampleRate Hz
   * @param askedModel `speech_model` as asked for; the Begin message may name another
   */
  constructor(
    private readonly clock: Clock,
    private readonly sampleRate: number,
    private readonly askedModel: string,
    private readonly redaction: Redaction,
  ) {}

  /**
   * The server has answered a ping, and so received everything that was sent before it. A text shows less: it may be older than the audio
   * that a line which stood still has just delivered.
   * @param roundTripMs after a stall, the audio since the ping before has only just arrived
   */
  answered(roundTripMs: number): void {
    const now = this.clock.now();
    this.answeredAt = now;
    if (roundTripMs < STALL_MS) return;
    const leftMs = Math.max(0, this.sentMs - this.saidMs);
    this.workedOffAt = Math.max(this.workedOffAt, Math.min(now + leftMs, this.sentAt + roundTripMs + PING_INTERVAL_MS));
  }

  /**
   * A text shows how far the server has come: to the text's end at `ms` at least, and hardly further, or the next text would have come. After
   * a stall of the line that no ping has met, nothing else shows how late the server is.
   */
  processed(ms: number): void {
    this.saidMs = Math.max(this.saidMs, ms);
    const processedAt = this.clock.now() + Math.max(0, this.sentMs - ms);
    this.workedOffAt = Math.min(processedAt, Math.max(this.workedOffAt, processedAt - TEXT_WITHIN_MS));
  }

  sent(frame: Buffer): void {
    const samples = frame.length / SAMPLE_BYTES;
    this.sentSamples += samples;
    this.sentAt = this.clock.now();
    this.workedOffAt = Math.max(this.workedOffAt, this.sentAt) + (samples * 1000) / this.sampleRate;
  }

  turn({ final, text }: TurnEvent): void {
    if (!final) return;
    this.turns++;
    this.words += text.split(/\s+/).length;
  }

  get model(): string {
    return this.begin?.configuration?.model ?? this.askedModel;
  }

  /** Unix time in s at which the server will close the session, where it said so. */
  get expiresAt(): number | undefined {
    return this.begin?.expires_at ?? undefined;
  }

  /** How long the session has been open, in ms. */
  get ageMs(): number {
    return this.openedAt === undefined ? 0 : this.clock.now() - this.openedAt;
  }

  /**
   * ms of audio that the server, if it works, had processed at a time of the clock; negative for a time before the first audio. The
   * estimate is low rather than high: audio that had not been sent by then may count as unprocessed.
   */
  processedMs(at: number): number {
    return this.sentMs - Math.max(0, this.workedOffAt - at);
  }

  /** ms of audio that the server was sent and cannot have processed yet */
  get lagMs(): number {
    return Math.max(0, this.workedOffAt - this.clock.now());
  }

  private get sentMs(): number {
    return (this.sentSamples * 1000) / this.sampleRate;
  }

  /** What went wrong, or undefined where the session ended on purpose. */
  failure(closed: Closed): Failure | undefined {
    if (this.reason !== undefined) return undefined;
    // An Error that came first is why it ended, also where a Termination follows.
    if (this.termination && !this.error) return unaskedTermination();
    const error = this.error?.error === undefined ? this.error : { ...this.error, error: this.redact(this.error.error) };
    return classify({ ...closed, reason: this.redact(closed.reason) }, error);
  }

  /** The server's words without the session's secrets. */
  redact(text: string): string {
    return this.redaction.text(text);
  }

  /** The summary of the session that has ended, or undefined where it never began. */
  summary(failure: Failure | undefined): SessionSummary | undefined {
    if (!this.begin) return undefined;
    const summary = this.summaryAt(this.begin, this.reason ?? (failure && !failure.expected ? "error" : "server"));
    return failure ? { ...summary, code: failure.error.code, message: failure.error.message } : summary;
  }

  /** The summary of the session, if it ended now for this reason. */
  summaryAt({ id: sessionId }: BeginMessage, reason: EndReason): SessionSummary {
    const { termination, turns, words, model } = this;
    const now = this.clock.date();
    return {
      sessionId,
      reason,
      audioSeconds: termination?.audio_duration_seconds ?? toMilliseconds(this.sentSamples / this.sampleRate),
      sessionSeconds: termination?.session_duration_seconds ?? toMilliseconds(this.ageMs / 1000),
      turns,
      words,
      model,
      startedAt: new Date(now - this.ageMs).toISOString(),
      endedAt: new Date(now).toISOString(),
      estimated: termination === undefined,
    };
  }
}

/** Seconds, rounded to the millisecond. */
function toMilliseconds(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
