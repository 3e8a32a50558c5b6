/**
 * The record of a session, for the assertions of tests and for the ledger. Times are on the simulator's clock, in ms (`clock.now()`).
 */
import type { Encoding } from "./audio";

export interface AudioMessage {
  at: number;
  bytes: number;
  /** Of audio; 0 for a compressed encoding. */
  ms: number;
}

export class SessionRecord {
  /** The session's id, as in its Begin. */
  id = "";
  /** Number of the connection, from 0. */
  readonly index: number;
  /** The query parameters as they came, without the token. */
  readonly query: Readonly<Record<string, string>>;
  /** How the client authenticated; the key itself is not kept. */
  readonly authorization: "key" | "token" | "none";
  readonly connectedAt: number;
  begunAt: number | undefined;
  /** When its Terminate was received. */
  terminateAt: number | undefined;
  closedAt: number | undefined;
  /** The close code, as in the WebSocket protocol: 1006 where the connection was cut. */
  closeCode: number | undefined;

  /** All audio received, in numbers. */
  readonly audio = { messages: 0, bytes: 0, ms: 0 };
  /** Each audio message (without `keepMessages`: none). */
  readonly audioMessages: AudioMessage[] = [];
  /** Each text message, parsed where it is JSON. */
  readonly received: { at: number; message: unknown }[] = [];
  readonly sent: { at: number; message: unknown }[] = [];

  encoding: Encoding = "pcm_s16le";
  private readonly kept: Buffer[] = [];
  /** What Termination said; it is the service that bills. */
  private terminationSeconds: number | undefined;

  constructor(
    connection: { index: number; query: URLSearchParams; authorization: "key" | "token" | "none"; at: number },
    private readonly keep: { audio: boolean; messages: boolean },
  ) {
    this.index = connection.index;
    this.query = Object.fromEntries([...connection.query].filter(([name]) => name !== "token"));
    this.authorization = connection.authorization;
    this.connectedAt = connection.at;
  }

  /** The bytes of all audio messages, one after the other. Empty without `keepAudio`. */
  audioReceived(): Buffer {
    return Buffer.concat(this.kept);
  }

  /** The messages sent that have this type, in order. */
  sentOfType(type: string): Record<string, unknown>[] {
    return this.sent.map(({ message }) => message).filter((message): message is Record<string, unknown> => isOfType(message, type));
  }

  /**
   * Seconds billed until `now`, or until it closed: from Begin until the socket closed, rounded, and as Termination said where there was
   * one. A session that never began costs nothing.
   */
  billedSeconds(now: number): number {
    if (this.begunAt === undefined) return 0;
    return this.terminationSeconds ?? Math.round(((this.closedAt ?? now) - this.begunAt) / 1000);
  }

  noteAudio(at: number, data: Buffer, ms: number): void {
    this.audio.messages += 1;
    this.audio.bytes += data.length;
    this.audio.ms += ms;
    if (this.keep.messages) this.audioMessages.push({ at, bytes: data.length, ms });
    if (this.keep.audio) this.kept.push(data);
  }

  noteText(at: number, text: string): void {
    if (!this.keep.messages) return;
    let message: unknown = text;
    try {
      message = JSON.parse(text);
    } catch {
      // kept as it is, so that a test sees what the client sent
    }
    this.received.push({ at, message });
  }

  noteSent(at: number, message: unknown): void {
    if (isOfType(message, "Termination")) this.terminationSeconds = message["session_duration_seconds"] as number;
    if (this.keep.messages) this.sent.push({ at, message });
  }
}

function isOfType(message: unknown, type: string): message is Record<string, unknown> {
  return typeof message === "object" && message !== null && "type" in message && message.type === type;
}
