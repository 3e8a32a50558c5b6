import { describe } from "../common/describe";
import { AaiError, type ErrorKey } from "../common/errors";
import { isObject, type JsonObject } from "../common/json";
import type { TextValues } from "../common/texts";
import { checkCount } from "./configuration";
import { LANGUAGE_CODES, unusableLanguage } from "./languages";
import { isKnownModel, isKnownParameter, nearestParameter, takesParameter } from "./parameters";

interface Rule {
  /** The error for a value that is not accepted, beside the parameter's name. */
  error: ErrorKey;
  values?: TextValues;
  accepts(value: unknown): boolean;
}

const isText = (value: unknown, longest: number) => typeof value === "string" && value.length <= longest;
const isList = (value: unknown, items: number, longest: number): value is string[] =>
  Array.isArray(value) && value.length <= items && value.every((item) => isText(item, longest));
const isNumber = (value: unknown, min: number, max: number) => typeof value === "number" && value >= min && value <= max;
const whole = (min: number, max: number): Rule => ({
  error: "AAI_CONFIGURE/whole",
  values: { min, max },
  accepts: (value) => isNumber(value, min, max) && Number.isInteger(value),
});
const number = (min: number, max: number): Rule => ({
  error: "AAI_CONFIGURE/number",
  values: { min, max },
  accepts: (value) => isNumber(value, min, max),
});
const text = (longest: number): Rule => ({
  error: "AAI_CONFIGURE/text",
  values: { longest },
  accepts: (value) => isText(value, longest),
});
const list = (items: number, longest: number): Rule => ({
  error: "AAI_CONFIGURE/list",
  values: { items, longest },
  accepts: (value) => isList(value, items, longest),
});
const languages = (items: number): Rule => ({
  error: "AAI_CONFIGURE/languages",
  values: { items, accepted: LANGUAGE_CODES.join(", ") },
  accepts: (value) => isList(value, items, 10) && unusableLanguage(value) === undefined,
});
const boolean: Rule = { error: "AAI_CONFIGURE/boolean", accepts: (value) => typeof value === "boolean" };
const oneOf = (...choices: string[]): Rule => ({
  error: "AAI_CONFIGURE/choice",
  values: { accepted: choices.map((choice) => choice || '""').join(", ") },
  accepts: (value) => choices.some((choice) => choice === value),
});

/**
 * The parameters of `UpdateConfiguration`, by their wire names, with the service's limits: it ends the session for a value
 * beyond them.
 */
const RULES = new Map<string, Rule>([
  ["min_turn_silence", whole(0, 60_000)],
  ["max_turn_silence", whole(0, 60_000)],
  ["min_end_of_turn_silence_when_confident", whole(0, 60_000)],
  ["end_of_turn_confidence_threshold", number(0, 1)],
  ["vad_threshold", number(0, 1)],
  ["interruption_delay", whole(0, 1000)],
  ["turn_left_pad_ms", whole(0, 60_000)],
  ["format_turns", boolean],
  ["filter_profanity", boolean],
  ["session_heartbeat", boolean],
  ["acknowledge_silence", boolean],
  ["continuous_partials", boolean],
  ["keyterms_prompt", list(100, 50)],
  ["language_codes", languages(10)],
  ["prompt", text(1750)],
  ["agent_context", text(1750)],
  ["mode", oneOf("min_latency", "balanced", "max_accuracy")],
]);

/** The longest `llm_gateway`, in characters of JSON: room for a prompt as long as `prompt` may be, and some messages before it. */
const LONGEST_OBJECT = 8000;

/** Leaves a parameter out of the address that a property or an option puts there. */
const OFF = "";

/**
 * Parameters that the service takes in the address of a session only: they wait for the next one. Not among them: what the node sets itself,
 * what holds a secret, and what changes when texts come (`redact_pii`, `include_partial_turns`), as the silence rule depends on it.
 */
const ADDRESS_RULES = new Map<string, Rule>([
  ["language_detection", boolean],
  ["language", oneOf("en", "multi")],
  ["previous_context_n_turns", whole(0, 100)],
  ["speaker_labels", boolean],
  ["max_speakers", whole(1, 10)],
  ["speaker_labels_revision_interval_ms", whole(0, 86_400_000)],
  ["voice_focus", oneOf("near-field", "far-field", OFF)],
  ["domain", oneOf("medical-v1", OFF)],
  [
    "llm_gateway",
    {
      error: "AAI_CONFIGURE/json",
      values: { longest: LONGEST_OBJECT },
      accepts: (value) => isObject(value) && JSON.stringify(value).length <= LONGEST_OBJECT,
    },
  ],
]);

/** A model that is not known may take other languages. */
const ANY_LANGUAGES = list(10, 50);

/** A name that the service may have by now, though it is in no table here: the service's are all written like this. */
const NEW_NAME = /^(?!type$)[a-z][a-z\d_]{0,63}$/;
/** Values of such a parameter. */
const KINDS = [boolean, number(-Number.MAX_VALUE, Number.MAX_VALUE), text(1750), list(100, 50)];

/** The node's own names for the same parameters. */
const ALIASES = new Map([
  ["minTurnSilence", "min_turn_silence"],
  ["maxTurnSilence", "max_turn_silence"],
  ["formatTurns", "format_turns"],
  ["keyterms", "keyterms_prompt"],
  ["languages", "language_codes"],
  ["filterProfanity", "filter_profanity"],
  ["languageDetection", "language_detection"],
  ["speakerLabels", "speaker_labels"],
  ["maxSpeakers", "max_speakers"],
  ["voiceFocus", "voice_focus"],
]);

export interface Configuration {
  /** by their wire names: copies, which the flow that has sent them cannot change any more */
  fields: JsonObject;
  /** names that are not known, sent or not */
  warnings: AaiError[];
}

/**
 * @param payload parameters by their wire names or by the node's property names
 * @param model `speech_model` of the session
 * @throws AaiError AAI_CONFIGURE for anything that would make the service end the session, or that only the node's settings may change
 */
export function readConfiguration(payload: unknown, model: string): Configuration {
  // A Buffer is an object with a field for each byte.
  if (!isObject(payload) || ArrayBuffer.isView(payload)) throw new AaiError("AAI_CONFIGURE/object");
  checkCount(payload);
  const fields: JsonObject = {};
  const warnings: AaiError[] = [];
  for (const [given, own] of Object.entries(payload)) {
    const value = copyOf(own);
    const name = ALIASES.get(given) ?? given;
    const rule = ruleOf(name, model);
    if (!rule) {
      if (!isNew(name, value)) throw new AaiError("AAI_CONFIGURE/unknown", { name: given });
      const nearest = nearestParameter(name);
      warnings.push(unknownParameter(name, nearest));
      if (nearest === undefined) fields[name] = value;
      continue;
    }
    if (!takesParameter(model, name)) throw new AaiError("AAI_CONFIGURE/model", { name: given, model: describe(model) });
    if (!rule.accepts(value)) throw new AaiError(rule.error, { name: given, ...rule.values });
    fields[name] = value;
  }
  return { fields, warnings };
}

/**
 * Nobody has seen yet what the service does with an unknown name in `UpdateConfiguration`: one that may be a misspelled name is not sent, as
 * the service may end the session for it.
 */
function unknownParameter(parameter: string, nearest: string | undefined): AaiError {
  return nearest === undefined
    ? new AaiError("AAI_PARAMETER/unknown", { parameter })
    : new AaiError("AAI_PARAMETER/not-sent", { parameter, nearest });
}

function ruleOf(name: string, model: string): Rule | undefined {
  if (name === "language_codes" && !isKnownModel(model)) return ANY_LANGUAGES;
  return RULES.get(name) ?? ADDRESS_RULES.get(name);
}

/** The fields that go into the address of a session. */
export function addressFields(configuration: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(configuration).filter(([name]) => ADDRESS_RULES.has(name)));
}

/** The fields that a running session takes. */
export function updateFields(configuration: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(configuration).filter(([name]) => !ADDRESS_RULES.has(name)));
}

/** undefined for what is no JSON. */
function copyOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value)) return undefined;
  try {
    return JSON.parse(JSON.stringify(value));
  } catch {
    return undefined;
  }
}

/** New parameters come. */
function isNew(name: string, value: unknown): boolean {
  return !isKnownParameter(name) && NEW_NAME.test(name) && KINDS.some((kind) => kind.accepts(value));
}
