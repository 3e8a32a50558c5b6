import { LANGUAGE_CODES, MIXED, nearestLanguage, unusableLanguage } from "../assemblyai/languages";
import { parameterWarning } from "../assemblyai/parameter-warnings";
import { isKnownModel, isOn, RESERVED, SECRET, takesParameter } from "../assemblyai/parameters";
import { addressFields } from "../assemblyai/update-configuration";
import { describe } from "../common/describe";
import { AaiError } from "../common/errors";
import type { JsonObject } from "../common/json";
import { PropertyReader, type NodeProperties } from "../common/property-reader";
import { webhookSecret } from "./webhook-secret";

/** The service's range of `inactivity_timeout`, in s. */
const INACTIVITY_RANGE = { min: 5, max: 3600 };
/** The server's inactivity timeout must always be later than this node's silence timeout. */
const INACTIVITY_MARGIN_S = 10;
/** The service has some 40 parameters. */
const MOST_PARAMETERS = 64;
const LONGEST_NAME = 64;
const PARAMETER_NAME = /^[\w.-]+$/;
/** Servers take request lines of 8 to 16 kB. The largest prompt and 100 key terms make 10 kB at most where they are not all escaped. */
const LONGEST_QUERY = 15_000;
/** The service's range of `max_speakers`. */
const SPEAKERS = { min: 1, max: 10 };
const VOICE_FOCUS = ["near-field", "far-field"] as const;
type VoiceFocus = (typeof VOICE_FOCUS)[number];

/** What a session is asked for, by the service's names. */
export interface SessionParameters {
  query: URLSearchParams;
  /** for sessions with speaker labels: without them there is nothing to limit */
  maxSpeakers: string | undefined;
  /** what the service would ignore or refuse, but is sent: new parameters come, and models learn */
  warnings: AaiError[];
}

/**
 * @param credentials `webhookSecret`, if there is one
 * @throws AaiError AAI_PROPERTY naming the first property that cannot be used, AAI_WEBHOOK_HOST
 */
export function readSessionParameters(
  read: PropertyReader,
  model: string,
  silenceTimeoutS: number,
  credentials: NodeProperties,
): SessionParameters {
  const named = readNamed(read, model);
  const serverTimeoutS = read.number("serverTimeout", 30, 0, INACTIVITY_RANGE.max);
  const options = readOptions(read, "options");
  const credential = new PropertyReader(credentials).text("webhookSecret");
  const parameters: Record<string, string | undefined> = {
    speech_model: model,
    ...named,
    inactivity_timeout: inactivityTimeout(serverTimeoutS, silenceTimeoutS)?.toString(),
    ...options,
    [SECRET]: webhookSecret(credential, options["webhook_url"]),
  };
  const maxSpeakers = read.optionalNumber("maxSpeakers", SPEAKERS.min, SPEAKERS.max, true)?.toString();
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, value);
  const warnings = Object.keys(options).flatMap((name) => parameterWarning(name, model) ?? []);
  const session = { query, maxSpeakers, warnings };
  checkLength(configured(session, {}));
  return session;
}

/** The parameters, with those of a configuration in their places that go into the address. An empty text takes one out. */
export function configured({ query, maxSpeakers }: SessionParameters, configuration: JsonObject): URLSearchParams {
  const result = new URLSearchParams(query);
  for (const [name, value] of Object.entries(addressFields(configuration))) {
    if (value === "") result.delete(name);
    else result.set(name, typeof value === "string" ? value : JSON.stringify(value));
  }
  const isLimited = maxSpeakers !== undefined && isOn(result.get("speaker_labels"));
  if (isLimited && !result.has("max_speakers")) result.set("max_speakers", maxSpeakers);
  return result;
}

/** @throws AaiError AAI_PROPERTY */
export function checkLength(query: URLSearchParams): void {
  // A text of many megabytes is not encoded only to be refused: encoded it is no shorter.
  const unencoded = [...query.values()].reduce((sum, value) => sum + value.length, 0);
  const length = unencoded > LONGEST_QUERY ? unencoded : query.toString().length;
  if (length > LONGEST_QUERY) throw new AaiError("AAI_PROPERTY/query", { max: LONGEST_QUERY, count: length });
}

/** The parameters that have a property of their own, by the service's names. */
function readNamed(read: PropertyReader, model: string): Record<string, string | undefined> {
  const named = {
    languages: ["language_codes", jsonList(read.list("languages"))],
    keyterms: ["keyterms_prompt", jsonList(read.list("keyterms"))],
    prompt: ["prompt", read.text("prompt") || undefined],
    formatTurns: ["format_turns", read.optionalBoolean("formatTurns")?.toString()],
    minTurnSilence: ["min_turn_silence", read.optionalNumber("minTurnSilence", 0, 60_000, true)?.toString()],
    maxTurnSilence: ["max_turn_silence", read.optionalNumber("maxTurnSilence", 0, 60_000, true)?.toString()],
    speakerLabels: ["speaker_labels", ifOn(read.boolean("speakerLabels", false))],
    languageDetection: ["language_detection", ifOn(read.boolean("languageDetection", false))],
    filterProfanity: ["filter_profanity", ifOn(read.boolean("filterProfanity", false))],
    redactPii: ["redact_pii", ifOn(read.boolean("redactPii", false))],
    voiceFocus: ["voice_focus", read.oneOf<"" | VoiceFocus>("voiceFocus", VOICE_FOCUS, "") || undefined],
  } satisfies Record<string, [string, string | undefined]>;
  for (const [name, [parameter = "", value]] of Object.entries(named)) {
    if (value !== undefined && !takesParameter(model, parameter))
      throw new AaiError("AAI_PROPERTY/model", { name, model: describe(model) });
  }
  if (isKnownModel(model)) checkLanguages(read.list("languages"));
  return Object.fromEntries(Object.values(named));
}

/** A code that the service does not take would make it refuse each session. */
function checkLanguages(codes: readonly string[]): void {
  const name = "languages";
  const value = unusableLanguage(codes);
  if (value === undefined) return;
  if (value === MIXED) throw new AaiError("AAI_PROPERTY/language-alone", { name, value });
  const accepted = nearestLanguage(value) ?? LANGUAGE_CODES.join(", ");
  throw new AaiError("AAI_PROPERTY/language", { name, value: describe(value), accepted });
}

function ifOn(value: boolean): string | undefined {
  return value ? "true" : undefined;
}

/** The service expects lists as JSON in the URL. */
function jsonList(items: string[]): string | undefined {
  return items.length > 0 ? JSON.stringify(items) : undefined;
}

function inactivityTimeout(serverTimeoutS: number, silenceTimeoutS: number): number | undefined {
  if (serverTimeoutS === 0) return undefined;
  const { min, max } = INACTIVITY_RANGE;
  const wanted = silenceTimeoutS > 0 ? Math.max(serverTimeoutS, silenceTimeoutS + INACTIVITY_MARGIN_S) : serverTimeoutS;
  return Math.min(max, Math.max(min, Math.ceil(wanted)));
}

/** Query parameters by their wire names, as an object or its JSON. */
function readOptions(read: PropertyReader, name: string): Record<string, string> {
  const entries = Object.entries(read.object(name));
  const result: Record<string, string> = {};
  if (entries.length > MOST_PARAMETERS) {
    throw new AaiError("AAI_PROPERTY/parameters", { name, max: MOST_PARAMETERS, count: entries.length });
  }
  for (const [key, item] of entries) {
    if (key.length > LONGEST_NAME || !PARAMETER_NAME.test(key)) {
      throw new AaiError("AAI_PROPERTY/parameter-name", { name, max: LONGEST_NAME, value: describe(key) });
    }
    if (key.toLowerCase() === SECRET) throw new AaiError("AAI_PROPERTY/secret", { name, parameter: key });
    if (RESERVED.includes(key)) throw new AaiError("AAI_PROPERTY/reserved", { name, parameter: key });
    if (item === undefined || item === null) continue;
    result[key] = typeof item === "string" ? item : jsonOf(name, item);
  }
  return result;
}

/** @throws AaiError AAI_PROPERTY for what is nested deeper than the stack */
function jsonOf(name: string, item: unknown): string {
  try {
    return JSON.stringify(item);
  } catch {
    throw new AaiError("AAI_PROPERTY/object", { name });
  }
}
