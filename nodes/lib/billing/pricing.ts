import { describe } from "../common/describe";
import { AaiError } from "../common/errors";

/**
 * What an open session costs. AssemblyAI bills the time a streaming socket is open, not the audio sent.
 *
 * Prices of November 2026. Models: AssemblyAI/assemblyai-skill, skills/assemblyai/references/streaming.md; whisper-rt:
 * AssemblyAI/assemblyai-api-spec, March 2026. Add-ons: the same file; speaker labels: a third party's quote of the pricing page of
 * 28 September 2026.
 */
const PRO = 0.45;
const UNIVERSAL_STREAMING = 0.15;
const WHISPER = 0.3;

/** USD per hour, by `speech_model`. */
const USD_PER_HOUR: ReadonlyMap<string, number> = new Map([
  ["universal-3-6-pro", PRO],
  ["universal-3-5-pro", PRO],
  ["u3-rt-pro", PRO],
  ["universal-streaming-english", UNIVERSAL_STREAMING],
  ["universal-streaming-multilingual", UNIVERSAL_STREAMING],
  ["whisper-rt", WHISPER],
]);

/** A model that is not in the table is counted at the highest price, so that no bill is larger than what was shown. */
const HIGHEST = Math.max(...USD_PER_HOUR.values());

const isOn = (value: string) => value.toLowerCase() === "true";

/** What is paid for on top of the model: the connection parameter that turns it on, and USD per hour. */
const ADD_ONS = {
  "speaker-labels": { usdPerHour: 0.12, parameter: "speaker_labels", isOn },
  redaction: { usdPerHour: 0.12, parameter: "redact_pii", isOn },
  "voice-focus": { usdPerHour: 0.1, parameter: "voice_focus", isOn: (value: string) => value !== "" },
  medical: { usdPerHour: 0.15, parameter: "domain", isOn: (value: string) => value.startsWith("medical") },
  /** The Pro models include them. */
  "key-terms": { usdPerHour: 0.04, parameter: "keyterms_prompt", isOn: (value: string) => !/^(\[\s*\])?$/.test(value.trim()) },
} as const;

export type AddOn = keyof typeof ADD_ONS;

const NAMES = Object.keys(ADD_ONS) as AddOn[];

/** The add-ons that a session has which is opened with these parameters. */
export function addOnsOf(parameters: { get(name: string): string | null }): AddOn[] {
  return NAMES.filter((name) => {
    const { parameter, isOn: turnsOn } = ADD_ONS[name];
    const value = parameters.get(parameter);
    return value !== null && turnsOn(value);
  });
}

/** USD per hour of an open session with this model and these add-ons. */
export function hourlyRate(model: string | undefined, addOns: readonly AddOn[] = []): number {
  const ofModel = (model === undefined ? undefined : USD_PER_HOUR.get(model)) ?? HIGHEST;
  const paid = addOns.filter((name) => name !== "key-terms" || ofModel === UNIVERSAL_STREAMING);
  return roundUsd(paid.reduce((sum, name) => sum + ADD_ONS[name].usdPerHour, ofModel));
}

/**
 * The rate that a user has set: USD per hour, undefined where the field is empty.
 * @throws AaiError AAI_PROPERTY for anything but a number of 0 or more
 */
export function readRate(value: unknown): number | undefined {
  if (value === undefined || value === null || (typeof value === "string" && value.trim() === "")) return undefined;
  const rate = typeof value === "string" ? Number(value) : value;
  if (typeof rate !== "number" || !Number.isFinite(rate) || rate < 0) {
    throw new AaiError("AAI_PROPERTY/minimum", { name: "rate", min: 0, value: describe(value) });
  }
  return rate;
}

/**
 * USD for a session.
 * @param seconds how long the session was open
 * @param rate USD per hour
 */
export function sessionCost(seconds: number, rate: number): number {
  return roundUsd((seconds * rate) / 3600);
}

/** To the millionth of a dollar, so that sums stay free of binary fractions such as 0.30000000000000004. */
export function roundUsd(usd: number): number {
  return Math.round(usd * 1e6) / 1e6;
}
