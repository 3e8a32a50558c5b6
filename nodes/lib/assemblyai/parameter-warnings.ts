import { describe } from "../common/describe";
import { AaiError } from "../common/errors";
import { isKnownParameter, nearestParameter, readBoolean, takesParameter } from "./parameters";
import type { BeginMessage } from "./protocol";

/** What a session is asked for, by the service's names. */
export interface Asked {
  /** null where nothing is asked for */
  get(parameter: string): string | null;
}

/** Why a parameter will not do what it is there for; undefined for one that may. */
export function parameterWarning(parameter: string, model: string): AaiError | undefined {
  if (isKnownParameter(parameter)) {
    return takesParameter(model, parameter) ? undefined : new AaiError("AAI_PARAMETER/model", { parameter, model: describe(model) });
  }
  const nearest = nearestParameter(parameter);
  return nearest === undefined
    ? new AaiError("AAI_PARAMETER/unknown", { parameter })
    : new AaiError("AAI_PARAMETER/misspelled", { parameter, nearest });
}

/** What Begin says of the configuration: its field, the parameter that sets it, and its value where nothing is asked for. */
const REPORTED: readonly [field: string, parameter: string, unset?: string][] = [
  ["model", "speech_model"],
  ["mode", "mode"],
  ["speaker_labels", "speaker_labels", "false"],
  ["redact_pii", "redact_pii", "false"],
  ["filter_profanity", "filter_profanity", "false"],
  ["domain", "domain", "false"],
  ["voice_focus", "voice_focus", "false"],
];

/**
 * Each parameter with which the service runs the session otherwise than it was asked to, as far as Begin says so.
 * @param redact takes the key out of what the server says
 */
export function configurationWarnings({ configuration }: BeginMessage, asked: Asked, redact: (text: string) => string): AaiError[] {
  return REPORTED.flatMap(([field, parameter, unset]) => {
    const wanted = asked.get(parameter) ?? unset;
    const granted = configuration?.[field];
    if (wanted === undefined || granted === undefined || plain(granted) === plain(wanted)) return [];
    const told = describe(typeof granted === "string" ? redact(granted) : granted);
    return new AaiError("AAI_PARAMETER/granted", { parameter, granted: told, wanted: describe(wanted) });
  });
}

/** What is off may be reported as false, null or an empty text; booleans are sent in all the ways in which the service reads them. */
function plain(value: unknown): string {
  const text = value === null || value === "" ? "false" : describe(value).toLowerCase();
  return readBoolean(text)?.toString() ?? text;
}
