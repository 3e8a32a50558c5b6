import { AaiError, type ErrorKey } from "../common/errors";
import type { TextValues } from "../common/texts";

/**
 * AssemblyAI streaming v3, as it stands on the wire: what the server sends, checked, and what the client sends.
 * Facts and their sources: https://www.assemblyai.com/docs/streaming and the Node SDK `assemblyai` 4.41.
 */

/** Anything that JSON.parse gives for `{…}`. */
export type JsonObject = Record<string, unknown>;

export interface BeginMessage extends JsonObject {
  type: "Begin";
  id: string;
  /** Unix time in s at which the server closes the session (3008). */
  expires_at?: number;
  configuration?: { model?: string | null } | null;
}

export interface Word extends JsonObject {
  text: string;
  /** ms since the start of the session's audio */
  start: number;
  /** ms since the start of the session's audio */
  end: number;
}

export interface TurnMessage extends JsonObject {
  type: "Turn";
  /** counts from 0 in each session */
  turn_order: number;
  /** the only sign of finality: `turn_is_formatted` is true on partials of Pro models, too */
  end_of_turn: boolean;
  turn_is_formatted?: boolean;
  transcript: string;
  /** always there until now; a text without times is a text all the same */
  words?: Word[];
}

export interface TerminationMessage extends JsonObject {
  type: "Termination";
  audio_duration_seconds: number;
  /** what is billed */
  session_duration_seconds: number;
}

/** Frames without a `type` have been seen, so a text in `error` is enough to make one. */
export interface ErrorMessage extends JsonObject {
  error_code?: number;
  error?: string;
}

export interface WarningMessage extends JsonObject {
  type: "Warning";
  /** no real one has been seen, so nothing is taken for granted */
  warning_code?: unknown;
  warning?: unknown;
}

export type ServerFrame =
  | { kind: "begin"; message: BeginMessage }
  | { kind: "turn"; message: TurnMessage }
  | { kind: "termination"; message: TerminationMessage }
  | { kind: "error"; message: ErrorMessage }
  | { kind: "warning"; message: WarningMessage }
  /** A type that this client has no use for, or does not know: the service keeps adding some. */
  | { kind: "other" }
  /** The error says what is wrong with the frame and quotes none of its content: it may hold a transcript. */
  | { kind: "malformed"; error: AaiError };

/** Reads one text frame of the server. Never throws. */
export function parseServerFrame(text: string): ServerFrame {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return malformed("AAI_FRAME_MALFORMED/json");
  }
  if (!isObject(value)) return malformed("AAI_FRAME_MALFORMED/json");
  if (isError(value)) return { kind: "error", message: value };
  switch (value["type"]) {
    case "Begin":
      return isBegin(value) ? { kind: "begin", message: value } : wrongFields("Begin");
    case "Turn":
      return isTurn(value) ? { kind: "turn", message: value } : wrongFields("Turn");
    case "Termination":
      return isTermination(value) ? { kind: "termination", message: value } : wrongFields("Termination");
    case "Error":
      return wrongFields("Error");
    case "Warning":
      return { kind: "warning", message: value as WarningMessage };
    default:
      return typeof value["type"] === "string" ? { kind: "other" } : malformed("AAI_FRAME_MALFORMED/type");
  }
}

export const TERMINATE = JSON.stringify({ type: "Terminate" });
export const KEEP_ALIVE = JSON.stringify({ type: "KeepAlive" });
export const FORCE_ENDPOINT = JSON.stringify({ type: "ForceEndpoint" });

export function updateConfiguration(fields: JsonObject): string {
  return JSON.stringify({ ...fields, type: "UpdateConfiguration" });
}

/** The text of a turn: its transcript, or its words where the server leaves the transcript empty (Universal-Streaming partials). */
export function turnText(turn: TurnMessage): string {
  const texts = (turn.words ?? []).map((word) => word.text.trim()).filter((text) => text !== "");
  return turn.transcript.trim() || texts.join(" ");
}

/** The span of the session's audio that a turn covers, in ms; undefined for a turn without words. */
export function turnSpan(turn: TurnMessage): { startMs: number; endMs: number } | undefined {
  const first = turn.words?.[0];
  const last = turn.words?.at(-1);
  return first && last && turnText(turn) !== "" ? { startMs: first.start, endMs: last.end } : undefined;
}

function malformed(key: ErrorKey, values?: TextValues): ServerFrame {
  return { kind: "malformed", error: new AaiError(key, values) };
}

function wrongFields(type: string): ServerFrame {
  return malformed("AAI_FRAME_MALFORMED/fields", { type });
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSeconds(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function isError(value: JsonObject): value is ErrorMessage {
  if (value["type"] !== "Error" && typeof value["error"] !== "string") return false;
  return optional(value["error"], "string") && optional(value["error_code"], "number");
}

function isBegin(value: JsonObject): value is BeginMessage {
  const { id, expires_at: expiresAt, configuration } = value;
  return (
    typeof id === "string" &&
    id !== "" &&
    optional(expiresAt, "number") &&
    (configuration === undefined || configuration === null || (isObject(configuration) && optional(configuration["model"], "string")))
  );
}

function isTurn(value: JsonObject): value is TurnMessage {
  return (
    Number.isSafeInteger(value["turn_order"]) &&
    (value["turn_order"] as number) >= 0 &&
    typeof value["end_of_turn"] === "boolean" &&
    optional(value["turn_is_formatted"], "boolean") &&
    typeof value["transcript"] === "string" &&
    (value["words"] === undefined || (Array.isArray(value["words"]) && value["words"].every(isWord)))
  );
}

function isWord(value: unknown): value is Word {
  return isObject(value) && typeof value["text"] === "string" && isSeconds(value["start"]) && isSeconds(value["end"]);
}

function isTermination(value: JsonObject): value is TerminationMessage {
  return isSeconds(value["audio_duration_seconds"]) && isSeconds(value["session_duration_seconds"]);
}

function optional(value: unknown, type: "string" | "number" | "boolean"): boolean {
  return value === undefined || value === null || typeof value === type;
}
