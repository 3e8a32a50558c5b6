import { SAMPLE_RATE_RANGE } from "../audio/pcm-decoder";
import { CHANNELS } from "../audio/sample-format";
import { MAX_QUEUE_S } from "../audio/timeline";
import { addOnsOf } from "../billing/pricing";
import { describe } from "../common/describe";
import { AaiError } from "../common/errors";
import { PropertyReader, type NodeProperties } from "../common/property-reader";
import type { OpenMode, StreamingSettings } from "../stream/stream-settings";

const OPEN_MODES = ["audio", "speech", "wake-word", "command"] as const satisfies readonly OpenMode[];
const DEFAULT_WAKE_WORD = "okay_nabu";
const DEFAULT_MODEL = "universal-3-6-pro";
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
/** Parameters that the node sets itself. */
const RESERVED = ["token", "sample_rate", "speech_model", "encoding", "inactivity_timeout"];

/** A parameter that is a secret: as an option it would be exported with the flow. It is a credential of the node. */
const SECRET = "webhook_auth_header_value";

/** Loaded with the first node that waits for its name: most wait for none. */
const wakeWordRoom = () => require("../wakeword/wake-word") as typeof import("../wakeword/wake-word");

/**
 * Loads the wake words as well, where a node waits for them.
 * @param webhookSecret the credential `webhookSecret`, if there is one
 * @throws AaiError AAI_PROPERTY naming the first property that cannot be used, AAI_WAKE_WORD naming a file
 */
export function readStreamingSettings(properties: NodeProperties, webhookSecret?: unknown): StreamingSettings {
  const read = new PropertyReader(properties);
  const model = read.text("model") || DEFAULT_MODEL;
  const silenceTimeoutS = read.number("silenceTimeout", 5, 0, 10_800);
  const open = read.oneOf("open", OPEN_MODES, "audio");
  const wakeWords = read.list("wakeWord");
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
    ...readParameters(read, "options"),
    [SECRET]: new PropertyReader({ webhookSecret }).text("webhookSecret") || undefined,
  };
  for (const [name, value] of Object.entries(named)) if (value !== undefined) query.set(name, value);
  const { length } = query.toString();
  if (length > LONGEST_QUERY) throw new AaiError("AAI_PROPERTY/query", { max: LONGEST_QUERY, count: length });
  return {
    model,
    sampleRate: read.number("sampleRate", 16_000, SAMPLE_RATE_RANGE.min, SAMPLE_RATE_RANGE.max, true),
    channel: read.oneOf("channel", CHANNELS, "mix"),
    silenceTimeoutMs: silenceTimeoutS * 1000,
    open,
    wakeWords: open === "wake-word" ? wakeWordRoom().loadWakeWords(wakeWords.length > 0 ? wakeWords : [DEFAULT_WAKE_WORD]) : [],
    preRollMs: read.number("preRoll", 500, 0, 10_000),
    maxSessionMs: read.number("maxSession", 60, 0, 180) * 60_000,
    perTopic: read.boolean("perTopic", false),
    maxStreams: read.number("maxStreams", 20, 1, 1000, true),
    reconnect: read.boolean("reconnect", true),
    maxLagMs: read.number("maxLag", 0, 0, MAX_QUEUE_S) * 1000,
    budgetUsd: read.number("budgetUsd", 0, 0, 1_000_000),
    addOns: addOnsOf(query),
    formatTurns: isTrue(query.get("format_turns")),
    hasPartials: isTrue(query.get("include_partial_turns") ?? String(!isTrue(query.get("redact_pii")))),
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

/** The service accepts booleans in any case. */
function isTrue(value: string | null): boolean {
  return value?.toLowerCase() === "true";
}

/** The service expects lists as JSON in the URL. */
function jsonList(items: string[]): string | undefined {
  return items.length > 0 ? JSON.stringify(items) : undefined;
}

/** Query parameters by their wire names, as an object or its JSON. */
function readParameters(read: PropertyReader, name: string): Record<string, string> {
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
    result[key] = typeof item === "string" ? item : JSON.stringify(item);
  }
  return result;
}
