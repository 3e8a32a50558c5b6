/**
 * The connection parameters of streaming v3, by their names on the wire, and which models take them. The service silently
 * ignores a name that it does not know, so that a misspelled one costs money or words unnoticed.
 *
 * Sources of November 2026: AssemblyAI/assemblyai-skill, skills/assemblyai/references/streaming.md (names, models); the Node SDK
 * `assemblyai` 4.41.5 (names); pipecat-ai/pipecat, pull requests 4810 and 5808, by AssemblyAI (the service refuses `mode` and `prompt` for
 * other models than Pro); AssemblyAI/assemblyai-api-spec, March 2026 (`language`).
 *
 * The build puts this file into the dialog, too, so it imports nothing.
 */

const PRO = ["universal-3-6-pro", "universal-3-5-pro", "universal-3-6", "u3-rt-pro", "u3-rt-pro-beta-1"];
const ENGLISH = "universal-streaming-english";
const MULTILINGUAL = "universal-streaming-multilingual";
const WHISPER = "whisper-rt";

/** Nothing is known of what any other model takes: a new one may take everything. */
const MODELS: readonly string[] = [...PRO, ENGLISH, MULTILINGUAL, WHISPER];

/** By name: the models that take the parameter. */
const PARAMETERS: ReadonlyMap<string, readonly string[]> = new Map([
  ["speech_model", MODELS],
  ["sample_rate", MODELS],
  ["encoding", MODELS],
  ["token", MODELS],
  ["inactivity_timeout", MODELS],
  ["mode", PRO],
  ["format_turns", MODELS],
  ["min_turn_silence", MODELS],
  ["max_turn_silence", MODELS],
  ["max_turn_duration", MODELS],
  ["min_end_of_turn_silence_when_confident", MODELS],
  ["end_of_turn_confidence_threshold", MODELS],
  ["vad_threshold", MODELS],
  ["turn_left_pad_ms", MODELS],
  ["interruption_delay", PRO],
  ["continuous_partials", PRO],
  ["include_partial_turns", MODELS],
  ["prompt", PRO],
  ["keyterms_prompt", MODELS],
  ["agent_context", PRO],
  ["previous_context_n_turns", PRO],
  ["language_codes", PRO],
  ["language_code", PRO],
  ["language_detection", [...PRO, MULTILINGUAL, WHISPER]],
  ["language", [ENGLISH, MULTILINGUAL, WHISPER]],
  ["domain", MODELS],
  ["voice_focus", PRO],
  ["voice_focus_threshold", PRO],
  ["speaker_labels", MODELS],
  ["max_speakers", MODELS],
  ["speaker_labels_revision_interval_ms", MODELS],
  ["filter_profanity", MODELS],
  ["redact_pii", MODELS],
  ["redact_pii_policies", MODELS],
  ["redact_pii_sub", MODELS],
  ["session_heartbeat", MODELS],
  ["acknowledge_silence", PRO],
  ["llm_gateway", MODELS],
  ["webhook_url", MODELS],
  ["webhook_auth_header_name", MODELS],
  ["webhook_auth_header_value", MODELS],
  ["_customer_support_audio_capture", MODELS],
]);

export const KNOWN_PARAMETERS: readonly string[] = [...PARAMETERS.keys()];

/** Parameters that the node sets itself. */
export const RESERVED: readonly string[] = ["token", "sample_rate", "speech_model", "encoding", "inactivity_timeout"];

/** A parameter that is a secret: as an option it would be exported with the flow. It is a credential of the node. */
export const SECRET = "webhook_auth_header_value";

export function isKnownModel(model: string): boolean {
  return MODELS.includes(model);
}

export function isKnownParameter(name: string): boolean {
  return PARAMETERS.has(name);
}

/** Whether the service takes the parameter for this model; true where that is not known. */
export function takesParameter(model: string, name: string): boolean {
  const models = PARAMETERS.get(name);
  return models === undefined || !isKnownModel(model) || models.includes(model);
}

const TRUE = /^(true|t|yes|y|on|1)$/i;
const FALSE = /^(false|f|no|n|off|0)$/i;

/** The boolean that the service reads a text as, or undefined where it reads none. */
export function readBoolean(text: string): boolean | undefined {
  if (TRUE.test(text)) return true;
  return FALSE.test(text) ? false : undefined;
}

/** Whether a boolean parameter is asked for. */
export function isOn(value: string | null | undefined): boolean {
  return readBoolean(value ?? "") === true;
}

/** What the node, AssemblyAI's SDKs and its other services call these parameters. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ["model", "speech_model"],
  ["keyterms", "keyterms_prompt"],
  ["word_boost", "keyterms_prompt"],
  ["languages", "language_codes"],
  ["profanity_filter", "filter_profanity"],
]);

/** A name with more wrong letters than one in so many means another word. */
const LETTERS_PER_MISTAKE = 4;
/** Longer names are compared with none: none of the service's is nearly as long. */
const LONGEST_NAME = 64;

/** The known parameter whose name is nearest to one that is not known, or undefined where none is near. */
export function nearestParameter(name: string): string | undefined {
  if (name.length > LONGEST_NAME) return undefined;
  // `speechModel` and `speech-model` are `speech_model`.
  const given = name
    .replace(/([a-z\d])([A-Z])/g, "$1_$2")
    .replace(/[-. ]+/g, "_")
    .toLowerCase();
  let nearest = OTHER_NAMES.get(given);
  if (nearest !== undefined) return nearest;
  let fewest = Infinity;
  for (const known of KNOWN_PARAMETERS) {
    const most = Math.min(fewest - 1, known.length / LETTERS_PER_MISTAKE);
    // Each letter that one has more than the other is a mistake.
    if (Math.abs(given.length - known.length) > most) continue;
    const mistakes = mistakesBetween(given, known);
    if (mistakes <= most) [nearest, fewest] = [known, mistakes];
  }
  return nearest;
}

/** How many letters are wrong, missing, too many or exchanged with their neighbour (the optimal string alignment distance). */
function mistakesBetween(given: string, known: string): number {
  let [beforeLast, last]: [number[], number[]] = [[], Array.from({ length: known.length + 1 }, (_, i) => i)];
  for (let i = 1; i <= given.length; i++) {
    const row = [i];
    for (let j = 1; j <= known.length; j++) {
      const isSame = given[i - 1] === known[j - 1];
      let mistakes = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (isSame ? 0 : 1));
      const isExchanged = given[i - 1] === known[j - 2] && given[i - 2] === known[j - 1];
      if (isExchanged) mistakes = Math.min(mistakes, at(beforeLast, j - 2) + 1);
      row.push(mistakes);
    }
    [beforeLast, last] = [last, row];
  }
  return at(last, known.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
