import { SAMPLE_RATE_RANGE } from "../audio/pcm-decoder";
import { CHANNELS } from "../audio/sample-format";
import { MAX_QUEUE_S } from "../audio/timeline";
import { isOn, SECRET } from "../assemblyai/parameters";
import { addOnsOf } from "../billing/pricing";
import type { AaiError } from "../common/errors";
import type { JsonObject } from "../common/json";
import { PropertyReader, type NodeProperties } from "../common/property-reader";
import type { OpenMode, StreamingSettings } from "../stream/stream-settings";
import { checkLength, configured, readSessionParameters } from "./session-parameters";
import { checkWebhookServer } from "./webhook-secret";

const OPEN_MODES = ["audio", "speech", "wake-word", "command"] as const satisfies readonly OpenMode[];
const DEFAULT_WAKE_WORD = "okay_nabu";
const DEFAULT_MODEL = "universal-3-6-pro";

/** The node's properties, checked. */
export interface SpeechToTextSettings extends StreamingSettings {
  /** what the service would ignore or refuse, though the node can be used */
  warnings: readonly AaiError[];
  /** @throws AaiError AAI_PROPERTY for a configuration with which the address would be too long */
  checkConfiguration: (configuration: JsonObject) => void;
  /** @throws AaiError AAI_WEBHOOK_HOST for an address of sessions to which the webhook's secret must not go */
  checkServer: (url: string) => void;
}

/** Loaded with the first node that waits for its name: most wait for none. */
const wakeWordRoom = () => require("../wakeword/wake-word") as typeof import("../wakeword/wake-word");

/**
 * Loads the wake words as well, where a node waits for them.
 * @param credentials `webhookSecret`, if there is one
 * @throws AaiError AAI_PROPERTY naming the first property that cannot be used, AAI_WEBHOOK_HOST, AAI_WAKE_WORD naming a file
 */
export function readStreamingSettings(properties: NodeProperties, credentials: NodeProperties = {}): SpeechToTextSettings {
  const read = new PropertyReader(properties);
  const model = read.text("model") || DEFAULT_MODEL;
  const silenceTimeoutS = read.number("silenceTimeout", 5, 0, 10_800);
  const open = read.oneOf("open", OPEN_MODES, "audio");
  const wakeWords = read.list("wakeWord");
  const parameters = readSessionParameters(read, model, silenceTimeoutS, credentials);
  const { query, warnings } = parameters;
  const partials = query.get("include_partial_turns");
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
    addOns: (configuration) => addOnsOf(configured(parameters, configuration)),
    warnings,
    formatTurns: isOn(query.get("format_turns")),
    hasPartials: partials === null ? !isOn(query.get("redact_pii")) : isOn(partials),
    checkConfiguration: (configuration) => checkLength(configured(parameters, configuration)),
    checkServer: (url) => {
      if (query.has(SECRET)) checkWebhookServer(url);
    },
    sessionUrl: (base, sampleRate, configuration = {}) => {
      const url = new URL(base);
      for (const [name, value] of configured(parameters, configuration)) url.searchParams.set(name, value);
      url.searchParams.set("sample_rate", String(sampleRate));
      url.searchParams.set("encoding", "pcm_s16le");
      return url.toString();
    },
  };
}
