/**
 * What the service accepts from a client: frames of audio of the right length and pace, and five messages.
 */
import { ProtocolError, quoteJson } from "./protocol-error";

/** The audio of one message (ms), and how much audio in too short messages the service accepts in a row: 49 messages of 20 ms. */
const SHORTEST_MS = 50;
const LONGEST_MS = 1000;
const SHORT_AUDIO_MS = 980;

/** Checks the length and the pace of a session's frames. */
export class FrameRules {
  private firstAt: number | undefined;
  private totalMs = 0;
  private shortMs = 0;
  /** When the audio received would have been spoken. */
  private spokenUntil = 0;

  /**
   * @param short which short frames are refused: the first one, those after about a second of them, or none
   * @param maxAheadMs how far ahead of real time the audio may be
   */
  constructor(
    private readonly short: "first" | "many" | "none",
    private readonly maxAheadMs: number,
  ) {}

  /** A frame of `ms` of audio came at `now`. @throws ProtocolError 3007 */
  check(ms: number, now: number): void {
    this.firstAt ??= now;
    this.totalMs += ms;
    this.shortMs = ms < SHORTEST_MS ? this.shortMs + ms : 0;
    this.spokenUntil = Math.max(this.spokenUntil, now) + ms;
    const isTooShort = ms < SHORTEST_MS && (this.short === "first" || (this.short === "many" && this.shortMs >= SHORT_AUDIO_MS));
    if (ms > LONGEST_MS || isTooShort) {
      throw new ProtocolError(3007, `Input Duration Error: Input Duration Violation: ${ms.toFixed(1)} ms. Expected between 50 and 1000 ms`);
    }
    if (this.spokenUntil - now > this.maxAheadMs) {
      const [received, elapsed] = [this.totalMs, now - this.firstAt].map((time) => (time / 1000).toFixed(1));
      throw new ProtocolError(3007, `Audio Transmission Rate Exceeded: Received ${received} sec. audio in ${elapsed} sec`);
    }
  }
}

export interface ClientMessage {
  type: "Terminate" | "ForceEndpoint" | "UpdateConfiguration" | "KeepAlive";
  fields: Record<string, unknown>;
}

/** @throws ProtocolError 3006 for what is not one of the client's messages */
export function readMessage(text: string): ClientMessage {
  const message = parse(text);
  if (typeof message !== "object" || message === null || Array.isArray(message)) {
    throw new ProtocolError(3006, "Invalid Message: Expected a JSON object");
  }
  const fields = { ...message } as Record<string, unknown>;
  const type = fields["type"];
  switch (type) {
    case "Terminate":
    case "ForceEndpoint":
    case "UpdateConfiguration":
    case "KeepAlive":
      return { type, fields };
    case undefined:
      throw new ProtocolError(3006, "Invalid Message: Missing 'type'");
    default:
      throw new ProtocolError(3006, `Invalid Message Type: ${quoteJson(type)}`);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ProtocolError(3006, `Invalid JSON: ${error instanceof Error ? error.message : ""}`);
  }
}
