import { AaiError } from "./errors";
import { isObject, type JsonObject } from "./protocol";

interface Rule {
  expected: string;
  accepts(value: unknown): boolean;
}

const isText = (value: unknown, longest: number) => typeof value === "string" && value.length <= longest;
const number = (min: number, max: number, whole = true): Rule => ({
  expected: `a ${whole ? "whole " : ""}number from ${min} to ${max}`,
  accepts: (value) => typeof value === "number" && value >= min && value <= max && (!whole || Number.isInteger(value)),
});
const text = (longest: number): Rule => ({
  expected: `a text of at most ${longest} characters`,
  accepts: (value) => isText(value, longest),
});
const list = (items: number, longest: number): Rule => ({
  expected: `a list of at most ${items} texts of at most ${longest} characters`,
  accepts: (value) => Array.isArray(value) && value.length <= items && value.every((item) => isText(item, longest)),
});
const boolean: Rule = { expected: "true or false", accepts: (value) => typeof value === "boolean" };
const mode: Rule = {
  expected: "min_latency, balanced or max_accuracy",
  accepts: (value) => value === "min_latency" || value === "balanced" || value === "max_accuracy",
};

/**
 * What `UpdateConfiguration` takes, by its wire names, with the limits that the service enforces: it ends the session for a value
 * beyond them, and says nothing at all for a name that it does not know.
 */
const RULES = new Map<string, Rule>([
  ["min_turn_silence", number(0, 60_000)],
  ["max_turn_silence", number(0, 60_000)],
  ["min_end_of_turn_silence_when_confident", number(0, 60_000)],
  ["end_of_turn_confidence_threshold", number(0, 1, false)],
  ["vad_threshold", number(0, 1, false)],
  ["interruption_delay", number(0, 1000)],
  ["turn_left_pad_ms", number(0, 60_000)],
  ["format_turns", boolean],
  ["filter_profanity", boolean],
  ["session_heartbeat", boolean],
  ["acknowledge_silence", boolean],
  ["continuous_partials", boolean],
  ["keyterms_prompt", list(100, 50)],
  ["language_codes", list(10, 20)],
  ["prompt", text(1750)],
  ["agent_context", text(1750)],
  ["mode", mode],
]);

/** The node's own names for the same parameters. */
const ALIASES = new Map([
  ["minTurnSilence", "min_turn_silence"],
  ["maxTurnSilence", "max_turn_silence"],
  ["formatTurns", "format_turns"],
  ["keyterms", "keyterms_prompt"],
  ["languages", "language_codes"],
]);

/**
 * The fields of an `UpdateConfiguration`, by their wire names.
 * @param payload parameters by their wire names or by the node's property names
 * @throws AaiError AAI_CONFIGURE for anything that the service would end the session for, or ignore
 */
export function readConfiguration(payload: unknown): JsonObject {
  if (!isObject(payload)) throw new AaiError("AAI_CONFIGURE/object");
  const fields: JsonObject = {};
  for (const [given, value] of Object.entries(payload)) {
    const name = ALIASES.get(given) ?? given;
    const rule = RULES.get(name);
    if (!rule) throw new AaiError("AAI_CONFIGURE/unknown", { name: given });
    if (!rule.accepts(value)) throw new AaiError("AAI_CONFIGURE/value", { name: given, expected: rule.expected });
    fields[name] = value;
  }
  return fields;
}
