import { SAMPLE_RATE_RANGE } from "../audio/pcm-decoder";
import { describe } from "../common/describe";
import { AaiError, type ErrorKey } from "../common/errors";
import { isObject } from "../common/json";
import type { TextValues } from "../common/texts";
import type { OpenMode, StreamingSettings } from "../stream/stream-settings";

/** The streaming node's properties as the editor saves them: text fields hold strings, and any of them may be absent. */
export type StreamingProperties = Readonly<Record<string, unknown>>;

const OPEN_MODES = ["audio", "speech", "command"] as const satisfies readonly OpenMode[];
const DEFAULT_MODEL = "universal-3-6-pro";
/** What the service accepts as `inactivity_timeout`, in s. */
const INACTIVITY_RANGE = { min: 5, max: 3600 };
/** The server's own net must never catch before this node's silence timeout does. */
const INACTIVITY_MARGIN_S = 10;
/** The service has some 40 parameters. */
const MOST_PARAMETERS = 64;
const LONGEST_NAME = 64;
const PARAMETER_NAME = /^[\w.-]+$/;
/** Servers take request lines of 8 to 16 kB. The largest prompt and 100 key terms make 10 kB at most where they are not all escaped. */
const LONGEST_QUERY = 15_000;
/** Parameters that the node itself answers for. */
const RESERVED = ["token", "sample_rate", "speech_model", "encoding", "inactivity_timeout"];

/** @throws AaiError AAI_PROPERTY naming the first property that cannot be used */
export function readStreamingSettings(properties: StreamingProperties): StreamingSettings {
  const read = new PropertyReader(properties);
  const model = read.text("model") || DEFAULT_MODEL;
  const silenceTimeoutS = read.number("silenceTimeout", 5, 0, 10_800);
  const open = read.oneOf("open", OPEN_MODES, "audio");
  const serverTimeoutS = read.number("serverTimeout", 30, 0, INACTIVITY_RANGE.max);
  const query = new URLSearchParams({ speech_model: model });
  const formatTurns = read.optionalBoolean("formatTurns");
  const named: Record<string, string | undefined> = {
    language_codes: jsonList(read.list("languages")),
    keyterms_prompt: jsonList(read.list("keyterms")),
    prompt: read.text("prompt") || undefined,
    format_turns: formatTurns?.toString(),
    min_turn_silence: read.optionalNumber("minTurnSilence", 0, 60_000, true)?.toString(),
    max_turn_silence: read.optionalNumber("maxTurnSilence", 0, 60_000, true)?.toString(),
    inactivity_timeout: inactivityTimeout(serverTimeoutS, silenceTimeoutS)?.toString(),
    ...read.options("options"),
  };
  for (const [name, value] of Object.entries(named)) if (value !== undefined) query.set(name, value);
  const { length } = query.toString();
  if (length > LONGEST_QUERY) throw new AaiError("AAI_PROPERTY/query", { max: LONGEST_QUERY, count: length });
  return {
    model,
    sampleRate: read.number("sampleRate", 16_000, SAMPLE_RATE_RANGE.min, SAMPLE_RATE_RANGE.max, true),
    silenceTimeoutMs: silenceTimeoutS * 1000,
    open,
    preRollMs: read.number("preRoll", 500, 0, 10_000),
    maxSessionMs: read.number("maxSession", 60, 0, 180) * 60_000,
    perTopic: read.boolean("perTopic", false),
    maxStreams: read.number("maxStreams", 20, 1, 1000, true),
    reconnect: read.boolean("reconnect", true),
    budgetSeconds: read.number("budget", 0, 0, 86_400 * 1000),
    formatTurns: query.get("format_turns")?.toLowerCase() === "true",
    sessionUrl: (base, sampleRate) => {
      const url = new URL(base);
      for (const [name, value] of query) url.searchParams.set(name, value);
      url.searchParams.set("sample_rate", String(sampleRate));
      url.searchParams.set("encoding", "pcm_s16le");
      return url.toString();
    },
  };
}

function inactivityTimeout(serverTimeoutS: number, silenceTimeoutS: number): number | undefined {
  if (serverTimeoutS === 0) return undefined;
  const { min, max } = INACTIVITY_RANGE;
  const wanted = silenceTimeoutS > 0 ? Math.max(serverTimeoutS, silenceTimeoutS + INACTIVITY_MARGIN_S) : serverTimeoutS;
  return Math.min(max, Math.max(min, Math.ceil(wanted)));
}

/** The service takes lists as JSON in the URL. */
function jsonList(items: string[]): string | undefined {
  return items.length > 0 ? JSON.stringify(items) : undefined;
}

/** Reads properties of unsure types, as an editor, an import or a subflow may have left them. */
class PropertyReader {
  constructor(private readonly properties: StreamingProperties) {}

  text(name: string): string {
    const value = this.properties[name] ?? "";
    if (typeof value !== "string") throw this.wrong(name, "AAI_PROPERTY/text");
    // Node-RED leaves the name in place where it finds no such variable.
    const variable = /^\$\{([^}]+)\}$/.exec(value.trim());
    if (variable) throw new AaiError("AAI_PROPERTY/unresolved", { name, variable: variable[1] ?? "" });
    return value.trim();
  }

  number(name: string, fallback: number, min: number, max: number, whole = false): number {
    return this.optionalNumber(name, min, max, whole) ?? fallback;
  }

  optionalNumber(name: string, min: number, max: number, whole = false): number | undefined {
    const value = this.properties[name];
    if (value === undefined || value === null || value === "") return undefined;
    const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    const usable = typeof number === "number" && number >= min && number <= max && (!whole || Number.isInteger(number));
    if (!usable) throw this.wrong(name, whole ? "AAI_PROPERTY/whole" : "AAI_PROPERTY/number", { min, max });
    return number;
  }

  boolean(name: string, fallback: boolean): boolean {
    return this.optionalBoolean(name) ?? fallback;
  }

  optionalBoolean(name: string): boolean | undefined {
    const value = this.properties[name];
    if (value === undefined || value === null || value === "") return undefined;
    if (value === true || value === "true") return true;
    if (value === false || value === "false") return false;
    throw this.wrong(name, "AAI_PROPERTY/boolean");
  }

  oneOf<Choice extends string>(name: string, choices: readonly Choice[], fallback: Choice): Choice {
    const value = this.properties[name];
    if (value === undefined || value === null || value === "") return fallback;
    const choice = choices.find((known) => known === value);
    if (choice === undefined) throw this.wrong(name, "AAI_PROPERTY/choice", { accepted: choices.join(", ") });
    return choice;
  }

  /** A list, or a text with its items separated by commas (Chinese and Japanese ones, too) or new lines. */
  list(name: string): string[] {
    const value = this.properties[name];
    if (value === undefined || value === null) return [];
    const items = typeof value === "string" ? value.split(/[,\n，、]/) : value;
    if (!Array.isArray(items) || !items.every((item) => typeof item === "string")) throw this.wrong(name, "AAI_PROPERTY/list");
    return items.map((item) => item.trim()).filter((item) => item !== "");
  }

  /** An object, or its JSON, of query parameters by their wire names. */
  options(name: string): Record<string, string> {
    const value = this.properties[name];
    if (value === undefined || value === null || value === "") return {};
    const object = typeof value === "string" ? this.json(name, value) : value;
    if (!isObject(object)) throw this.notAnObject(name);
    const result: Record<string, string> = {};
    const entries = Object.entries(object);
    if (entries.length > MOST_PARAMETERS) {
      throw new AaiError("AAI_PROPERTY/parameters", { name, max: MOST_PARAMETERS, count: entries.length });
    }
    for (const [key, item] of entries) {
      if (key.length > LONGEST_NAME || !PARAMETER_NAME.test(key)) {
        throw new AaiError("AAI_PROPERTY/parameter-name", { name, max: LONGEST_NAME, value: describe(key) });
      }
      if (RESERVED.includes(key)) throw new AaiError("AAI_PROPERTY/reserved", { name, parameter: key });
      if (item === undefined || item === null) continue;
      result[key] = typeof item === "string" ? item : JSON.stringify(item);
    }
    return result;
  }

  private json(name: string, text: string): unknown {
    try {
      return JSON.parse(text);
    } catch {
      throw this.notAnObject(name);
    }
  }

  /** Quotes nothing of it: the options may hold the header of a webhook. */
  private notAnObject(name: string): AaiError {
    return new AaiError("AAI_PROPERTY/object", { name });
  }

  private wrong(name: string, key: ErrorKey, values: TextValues = {}): AaiError {
    return new AaiError(key, { name, ...values, value: describe(this.properties[name]) });
  }
}
