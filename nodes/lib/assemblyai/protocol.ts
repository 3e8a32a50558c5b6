import { AaiError, type ErrorKey } from "../common/errors";
import { isObject, type JsonObject } from "../common/json";
import type { TextValues } from "../common/texts";

/**
 * AssemblyAI streaming v3 on the wire: the server's messages, checked, and the client's.
 * Facts and their sources: https://www.assemblyai.com/docs/streaming and the Node SDK `assemblyai` 4.41.
 */

export interface BeginMessage extends JsonObject {
  type: "Begin";
  id: string;
  /** Unix time in s at which the server closes the session (3008). */
  expires_at?: number;
  configuration?: (JsonObject & { model?: string | null }) | null;
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
  /** built from the words where the server leaves it out */
  transcript: string;
  /** present in every message so far; a turn without word times is still a turn */
  words?: Word[];
}

export interface TerminationMessage extends JsonObject {
  type: "Termination";
  audio_duration_seconds: number;
  /** the billed time */
  session_duration_seconds: number;
}

/** Frames without a `type` have been observed, so a field `error` is enough. */
export interface ErrorMessage extends JsonObject {
  error_code?: number;
  error?: string;
}

export interface WarningMessage extends JsonObject {
  type: "Warning";
  /** no real one has been observed, so its fields may be of any type */
  warning_code?: unknown;
  warning?: unknown;
}

/** A message that this client passes on without reading it. */
export interface ServerMessage extends JsonObject {
  /** holds a letter or a digit, and is no longer than a name */
  type: string;
}

export type ServerFrame =
  | { kind: "begin"; message: BeginMessage }
  | { kind: "turn"; message: TurnMessage }
  | { kind: "termination"; message: TerminationMessage }
  | { kind: "error"; message: ErrorMessage }
  | { kind: "warning"; message: WarningMessage }
  /** A type that this client does not use or know, such as `SpeechStarted`: the service adds new ones. */
  | { kind: "other"; message: ServerMessage }
  /** The error names the fault and quotes nothing of the frame, which may hold a transcript. */
  | { kind: "malformed"; error: AaiError };

/** The service's messages have a few levels. JSON.parse also accepts thousands, which structuredClone cannot copy. */
const DEEPEST_MESSAGE = 64;
/** The service's types have up to 18 characters. */
const LONGEST_TYPE = 64;
/** The service ends a session after 3 hours; longer ones are no durations. */
const LONGEST_SESSION_S = 86_400;

/**
 * Reads one text frame of the server. Never throws. A usable message keeps all of its fields except those that this client
 * reads and that have a wrong type: they are removed, but never the text of a turn.
 */
export function parseServerFrame(text: string): ServerFrame {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return malformed("AAI_FRAME_MALFORMED/json");
  }
  if (!isObject(value)) return malformed("AAI_FRAME_MALFORMED/json");
  if (isDeeper(value, DEEPEST_MESSAGE)) return malformed("AAI_FRAME_MALFORMED/depth");
  if (isError(value)) return { kind: "error", message: usable(value, ERROR_FIELDS) };
  switch (value["type"]) {
    case "Begin":
      return readBegin(value);
    case "Turn":
      return readTurn(value);
    case "Termination":
      return isTermination(value) ? { kind: "termination", message: value } : wrongFields("Termination");
    case "Warning":
      return { kind: "warning", message: value as WarningMessage };
    default:
      return isServerMessage(value) ? { kind: "other", message: value } : malformed("AAI_FRAME_MALFORMED/type");
  }
}

export const TERMINATE = JSON.stringify({ type: "Terminate" });
export const KEEP_ALIVE = JSON.stringify({ type: "KeepAlive" });
export const FORCE_ENDPOINT = JSON.stringify({ type: "ForceEndpoint" });

export function updateConfiguration(fields: JsonObject): string {
  return JSON.stringify({ ...fields, type: "UpdateConfiguration" });
}

/**
 * Marks such as `[Silence]` and `[Music]`, which whisper-rt gives in the place of words. Names in capitals, such as `[PHONE_NUMBER]`, are words
 * that `redact_pii` has replaced; only Whisper's `[BLANK_AUDIO]` is none.
 */
const MARKS = /\[(?![A-Z][A-Z0-9_]+\])[^\]]*\]|\[BLANK_AUDIO\]/g;

/**
 * The text of a turn: its transcript, or its words where the server leaves the transcript empty (Universal-Streaming partials). A text
 * with marks in brackets, and no letter or digit beside them, is none.
 */
export function turnText(turn: TurnMessage): string {
  const words = (turn.words ?? []).map((word) => word.text.trim()).filter((word) => word !== "");
  const text = turn.transcript.trim() || words.join(" ");
  const said = text.replace(MARKS, "");
  return said === text || /[\p{L}\p{N}]/u.test(said) ? text : "";
}

/** The span of the session's audio that a turn covers, in ms; undefined for a turn without words. */
export function turnSpan(turn: TurnMessage): { startMs: number; endMs: number } | undefined {
  const first = turn.words?.[0];
  const last = turn.words?.at(-1);
  return first && last && turnText(turn) !== "" ? { startMs: first.start, endMs: last.end } : undefined;
}

/** Labels for a speaker whom the service has not told apart, or not yet. */
const NO_SPEAKERS = ["PENDING", "UNKNOWN"];

/** The label of the speaker, with `speaker_labels`; undefined where the service tells none apart. */
export function turnSpeaker({ speaker_label: label }: TurnMessage): string | undefined {
  return isString(label) && label !== "" && !NO_SPEAKERS.includes(label) ? label : undefined;
}

function malformed(key: ErrorKey, values?: TextValues): ServerFrame {
  return { kind: "malformed", error: new AaiError(key, values) };
}

function wrongFields(type: string): ServerFrame {
  return malformed("AAI_FRAME_MALFORMED/fields", { type });
}

/** The optional fields of a message, and the type of each. */
type Fields = Readonly<Record<string, (value: unknown) => boolean>>;

const isString = (value: unknown): value is string => typeof value === "string";
const isNumber = (value: unknown): value is number => typeof value === "number";

const ERROR_FIELDS: Fields = { error: isString, error_code: isNumber };
const BEGIN_FIELDS: Fields = { expires_at: isNumber, configuration: isObject };
const CONFIGURATION_FIELDS: Fields = { model: isString };
const TURN_FIELDS: Fields = { turn_is_formatted: (value) => typeof value === "boolean", transcript: isString };

/** The message without those of the fields that have a wrong type. */
function usable<Message extends JsonObject>(message: Message, fields: Fields): Message {
  const wrong = Object.entries(fields).filter(([name, accepts]) => name in message && !accepts(message[name]));
  return wrong.length === 0 ? message : without(message, ...wrong.map(([name]) => name));
}

function without<Message extends JsonObject>(message: Message, ...names: string[]): Message {
  return Object.fromEntries(Object.entries(message).filter(([name]) => !names.includes(name))) as Message;
}

/** A message without a type is an error by its `error`. Other types may have such a field: a refusal of the language model ends no session. */
function isError(value: JsonObject): value is ErrorMessage {
  const { type, error } = value;
  return type === "Error" || (type === undefined && error !== undefined);
}

function readBegin(value: JsonObject): ServerFrame {
  if (typeof value["id"] !== "string" || value["id"] === "") return wrongFields("Begin");
  const begin = usable(value as BeginMessage, BEGIN_FIELDS);
  if (begin.configuration) begin.configuration = usable(begin.configuration, CONFIGURATION_FIELDS);
  return { kind: "begin", message: begin };
}

function readTurn(value: JsonObject): ServerFrame {
  const { turn_order: order, end_of_turn: ends, transcript, words } = value;
  if (!Number.isSafeInteger(order) || (order as number) < 0 || typeof ends !== "boolean") return wrongFields("Turn");
  const texts = Array.isArray(words) ? words.map(wordText) : [];
  if (!isString(transcript) && texts.every((text) => text === "")) return wrongFields("Turn");
  const turn = usable(value as TurnMessage, TURN_FIELDS);
  // Where one word has no times, the turn's span is unknown; its text does not need the words.
  const timed = words === undefined || (Array.isArray(words) && words.every(isWord)) ? notBeforeTheStart(turn) : without(turn, "words");
  if (isString(transcript) && (timed.words || transcript.trim() !== "")) return { kind: "turn", message: timed };
  return { kind: "turn", message: { ...timed, transcript: texts.filter((word) => word !== "").join(" ") } };
}

/** The service places words too early after silence: the first of a session may begin before its first sample. */
function notBeforeTheStart(turn: TurnMessage): TurnMessage {
  if (turn.words?.every(({ start, end }) => start >= 0 && end >= 0) ?? true) return turn;
  const words = turn.words?.map((word) => ({ ...word, start: Math.max(0, word.start), end: Math.max(0, word.end) }));
  return words ? { ...turn, words } : turn;
}

function isServerMessage(value: JsonObject): value is ServerMessage {
  const { type } = value;
  return isString(type) && type.length <= LONGEST_TYPE && /[\p{L}\p{N}]/u.test(type);
}

function wordText(word: unknown): string {
  return isObject(word) && isString(word["text"]) ? word["text"].trim() : "";
}

function isWord(value: unknown): value is Word {
  return isObject(value) && isString(value["text"]) && Number.isFinite(value["start"]) && Number.isFinite(value["end"]);
}

function isTermination(value: JsonObject): value is TerminationMessage {
  return isDuration(value["audio_duration_seconds"]) && isDuration(value["session_duration_seconds"]);
}

function isDuration(value: unknown): boolean {
  return isNumber(value) && value >= 0 && value <= LONGEST_SESSION_S;
}

/** Whether objects and arrays are nested deeper than `levels`. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  for (const inner of Object.values(value)) if (isDeeper(inner, levels - 1)) return true;
  return false;
}
