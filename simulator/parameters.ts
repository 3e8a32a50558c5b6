/**
 * The query parameters of a session, and the fields of UpdateConfiguration: known names with bad values are refused with 3006, unknown
 * names are ignored, as the service does. Values arrive as text in a query and as JSON in a message; both are read by the same rules.
 */
import type { Encoding } from "./audio";
import { ProtocolError, quoteJson } from "./protocol-error";

export type Mode = "min_latency" | "balanced" | "max_accuracy";

/** A session's configuration, with the service's defaults filled in. Times are in ms unless a name says otherwise. */
export interface SessionConfig {
  model: string;
  /** The shape of its turns: Universal-3.x Pro's, or Universal-Streaming's. */
  pro: boolean;
  sampleRate: number;
  encoding: Encoding;
  mode: Mode;
  minTurnSilence: number;
  maxTurnSilence: number;
  interruptionDelay: number;
  /** The longest turn. */
  turnCap: number;
  formatTurns: boolean;
  partials: boolean;
  continuousPartials: boolean;
  languageDetection: boolean;
  heartbeat: boolean;
  acknowledgeSilence: boolean;
  /** Seconds; undefined = never. */
  inactivityTimeout: number | undefined;
  speakerLabels: boolean;
  redactPii: boolean;
  filterProfanity: boolean;
  domain: string | undefined;
  voiceFocus: string | undefined;
}

const PRO_MODELS = [
  "universal-3-6-pro",
  "universal-3-5-pro",
  "universal-3-6",
  "u3-rt-pro",
  "u3-rt-pro-beta-1",
  "universal-3-7-preview",
  "u3-rt-agent",
];
const OTHER_MODELS = ["universal-streaming-english", "universal-streaming-multilingual", "whisper-rt"];

/** Models that the service lets a session begin with, and then fails at about 5 s. */
export const UNUSABLE_MODELS: readonly string[] = ["universal-3-7-preview", "u3-rt-agent"];

const MODES: Record<Mode, { min: number; max: number; interruptionDelay: number }> = {
  min_latency: { min: 128, max: 640, interruptionDelay: 0 },
  balanced: { min: 128, max: 1280, interruptionDelay: 500 },
  max_accuracy: { min: 512, max: 2560, interruptionDelay: 500 },
};
const UNIVERSAL_SILENCE = { min: 400, max: 1280 };
const DIARIZATION_SILENCE = { min: 640, max: 768 };

/** Reads one value, or returns why it is refused. */
type Reader<T> = (value: unknown) => T;

class Refused extends Error {
  /** @param part of the value that is refused, such as ".0" for the first item of a list */
  constructor(
    message: string,
    readonly part = "",
  ) {
    super(message);
  }
}

const boolean: Reader<boolean> = (value) => {
  const text = quoteJson(value).toLowerCase();
  if (text === "true" || text === "1") return true;
  if (text === "false" || text === "0") return false;
  throw new Refused("Input should be a valid boolean, unable to interpret input");
};

const number =
  (low: number, high: number, whole: boolean): Reader<number> =>
  (value) => {
    const parsed = typeof value === "number" ? value : typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
    if (!Number.isFinite(parsed) || (whole && !Number.isInteger(parsed))) {
      throw new Refused(`Input should be a valid ${whole ? "integer" : "number"}, unable to parse ${quoteJson(value)}`);
    }
    if (parsed < low) throw new Refused(`Input should be greater than or equal to ${low}`);
    if (parsed > high) throw new Refused(`Input should be less than or equal to ${high}`);
    return parsed;
  };

const oneOf =
  (values: readonly string[]): Reader<string> =>
  (value) => {
    const found = values.find((known) => known === value);
    if (found !== undefined) return found;
    throw new Refused(expected(values));
  };

function expected(values: readonly string[]): string {
  const quoted = values.map((known) => `'${known}'`);
  return `Input should be ${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1) ?? ""}`;
}

const text =
  (longest: number): Reader<string> =>
  (value) => {
    if (typeof value !== "string") throw new Refused("Input should be a valid string");
    if (value.length > longest) throw new Refused(`Input should have at most ${longest} characters`);
    return value;
  };

/** A JSON array: as text in a query, as itself in a message. */
const list =
  (most: number): Reader<string[]> =>
  (value) => {
    let items: unknown = value;
    if (typeof value === "string") {
      try {
        items = JSON.parse(value);
      } catch {
        items = value.split(",");
      }
    }
    if (!Array.isArray(items) || !items.every((item) => typeof item === "string"))
      throw new Refused("Input should be a valid list of strings");
    if (items.length > most) throw new Refused(`Max ${most} items`);
    return items;
  };

/** In the service's order. */
const LANGUAGES = "en,es,de,fr,it,pt,tr,nl,sv,no,da,fi,hi,vi,ar,he,ja,ur,zh,ru,ko,ca,gl,ro,et,fa,yue,af,mr,zu,xh,nn,multi".split(",");

const languages: Reader<string[]> = (value) => {
  const codes = list(10)(value);
  const wrong = codes.findIndex((code) => !LANGUAGES.includes(code));
  if (wrong >= 0) throw new Refused(expected(LANGUAGES), `.${wrong}`);
  return codes;
};

const encodings: readonly Encoding[] = ["pcm_s16le", "pcm_mulaw", "opus", "ogg_opus", "aac"];

const sampleRate: Reader<number> = (value) => {
  const rate = number(-Infinity, Infinity, true)(value);
  if (rate < 8000) throw new Refused("must be at least 8,000 Hz");
  if (rate > 96_000) throw new Refused("must be at most 96,000 Hz");
  return rate;
};

const encoding: Reader<Encoding> = (value) => {
  const known = encodings.find((name) => name === value);
  if (known === undefined) throw new Refused(`'${quoteJson(value)}' is not a valid Encoding`);
  return known;
};

/** Clamped rather than refused, as the service does. */
const minSilence: Reader<number> = (value) => Math.min(10_000, Math.max(50, number(-Infinity, Infinity, true)(value)));

/** The names that may change while a session runs. */
const CHANGEABLE = {
  mode: oneOf(Object.keys(MODES)) as Reader<Mode>,
  min_turn_silence: minSilence,
  min_end_of_turn_silence_when_confident: minSilence,
  max_turn_silence: number(0, Infinity, true),
  end_of_turn_confidence_threshold: number(0, 1, false),
  vad_threshold: number(0, 1, false),
  interruption_delay: number(0, 1000, true),
  continuous_partials: boolean,
  format_turns: boolean,
  session_heartbeat: boolean,
  acknowledge_silence: boolean,
  filter_profanity: boolean,
  prompt: text(1750),
  agent_context: text(1750),
  keyterms_prompt: list(100),
  language_codes: languages,
};

/** The names that are read at the start only. */
const FIXED = {
  speech_model: oneOf([...OTHER_MODELS, ...PRO_MODELS]),
  sample_rate: sampleRate,
  encoding,
  include_partial_turns: boolean,
  language_detection: boolean,
  speaker_labels: boolean,
  max_speakers: number(1, 10, true),
  speaker_labels_revision_interval_ms: number(0, 86_400_000, true),
  previous_context_n_turns: number(0, 100, true),
  redact_pii: boolean,
  redact_pii_policies: list(100),
  redact_pii_sub: oneOf(["hash", "entity_name"]),
  domain: oneOf(["medical-v1"]),
  voice_focus: oneOf(["near-field", "far-field"]),
  voice_focus_threshold: number(0, 1, false),
  inactivity_timeout: number(5, 3600, true),
};

const ALL = { ...CHANGEABLE, ...FIXED };

/** The names that the service refuses for other models than Pro. */
const PRO_ONLY = ["mode", "prompt"] as const;

type Read<Table> = { [Name in keyof Table]?: Table[Name] extends Reader<infer T> ? T : never };
type Parameters = Read<typeof ALL>;

function read(readers: Record<string, Reader<unknown>>, values: Iterable<[string, unknown]>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, value] of values) {
    const reader = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (reader === undefined) continue;
    try {
      result[name] = reader(value);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      throw new ProtocolError(3006, `User Input Validation Error: Invalid '${name}${error.part}': ${error.message}`);
    }
  }
  return result;
}

/** A session's parameters as they stand now; `config` is the configuration that results from them. */
export class SessionParameters {
  config: SessionConfig;
  private readonly values: Parameters;

  /**
   * @param defaultModel the model of a session that names none
   * @throws ProtocolError 3006 for a known name with a bad value
   */
  constructor(query: URLSearchParams, defaultModel: string) {
    this.values = read(ALL, query.entries());
    if (this.values.voice_focus_threshold !== undefined && this.values.voice_focus === undefined) {
      throw new ProtocolError(3006, "User Input Validation Error: Invalid 'voice_focus_threshold': requires 'voice_focus'");
    }
    this.config = derive(this.values, defaultModel);
    this.checkModel();
  }

  /** Takes over the fields of an UpdateConfiguration message. @throws ProtocolError 3006 as above, and for an unknown field where `strict` */
  update(message: Record<string, unknown>, strict = false): void {
    const unknown = Object.keys(message).find((name) => name !== "type" && !Object.hasOwn(CHANGEABLE, name));
    if (strict && unknown !== undefined) throw new ProtocolError(3006, `User Input Validation Error: Invalid '${unknown}': unknown`);
    Object.assign(this.values, read(CHANGEABLE, Object.entries(message)));
    this.config = derive(this.values, this.config.model);
    this.checkModel();
  }

  private checkModel(): void {
    const { model, pro } = this.config;
    const refused = PRO_ONLY.find((name) => !pro && this.values[name] !== undefined);
    if (refused) throw new ProtocolError(3006, `User Input Validation Error: Invalid '${refused}': not supported by '${model}'`);
  }
}

function derive(values: Parameters, defaultModel: string): SessionConfig {
  const model = values.speech_model ?? defaultModel;
  const pro = PRO_MODELS.includes(model);
  const mode = values.mode ?? "balanced";
  const speakerLabels = values.speaker_labels ?? false;
  const redactPii = values.redact_pii ?? false;
  const silence = speakerLabels ? DIARIZATION_SILENCE : pro ? MODES[mode] : UNIVERSAL_SILENCE;
  const minTurnSilence = values.min_turn_silence ?? values.min_end_of_turn_silence_when_confident ?? silence.min;
  return {
    model,
    pro,
    sampleRate: values.sample_rate ?? 16_000,
    encoding: values.encoding ?? "pcm_s16le",
    mode,
    minTurnSilence,
    maxTurnSilence: Math.max(minTurnSilence, values.max_turn_silence ?? silence.max),
    interruptionDelay: values.interruption_delay ?? MODES[mode].interruptionDelay,
    turnCap: speakerLabels ? 10_000 : 60_000,
    formatTurns: values.format_turns ?? false,
    partials: values.include_partial_turns ?? !redactPii,
    continuousPartials: values.continuous_partials ?? !speakerLabels,
    languageDetection: values.language_detection ?? false,
    heartbeat: values.session_heartbeat ?? false,
    acknowledgeSilence: pro && (values.acknowledge_silence ?? false),
    inactivityTimeout: values.inactivity_timeout,
    speakerLabels,
    redactPii,
    filterProfanity: values.filter_profanity ?? false,
    domain: values.domain,
    voiceFocus: values.voice_focus,
  };
}
