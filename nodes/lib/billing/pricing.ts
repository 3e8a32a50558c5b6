/**
 * What an open session costs. AssemblyAI bills the time a streaming socket is open, not the audio sent.
 *
 * Prices of November 2026. Models: AssemblyAI/assemblyai-skill, skills/assemblyai/references/streaming.md; whisper-rt:
 * AssemblyAI/assemblyai-api-spec, March 2026. Add-ons: the same file; speaker labels: a third party's quote of the pricing page of
 * 28 September 2026.
 *
 * The build puts this file into the dialog, too, so it imports only what the build puts there before it.
 */
import { isOn } from "../assemblyai/parameters";

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

/** A model that is not in the table is counted at the highest price, so that no bill exceeds what was shown. */
const HIGHEST = Math.max(...USD_PER_HOUR.values());

/** Add-ons: the connection parameter that turns each on, and its USD per hour on top of the model's. */
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

/** The add-ons of a session that is opened with these parameters. */
export function addOnsOf(parameters: { get(name: string): string | null }): AddOn[] {
  return NAMES.filter((name) => {
    const { parameter, isOn: turnsOn } = ADD_ONS[name];
    const value = parameters.get(parameter);
    return value !== null && turnsOn(value);
  });
}

/** USD per hour that the add-on costs with this model, on top of it. */
export function addOnPrice(model: string | undefined, name: AddOn): number {
  return name === "key-terms" && modelPrice(model) !== UNIVERSAL_STREAMING ? 0 : ADD_ONS[name].usdPerHour;
}

/** USD per hour of an open session with this model and these add-ons. */
export function hourlyRate(model: string | undefined, addOns: readonly AddOn[] = []): number {
  return roundUsd(addOns.reduce((sum, name) => sum + addOnPrice(model, name), modelPrice(model)));
}

function modelPrice(model: string | undefined): number {
  return (model === undefined ? undefined : USD_PER_HOUR.get(model)) ?? HIGHEST;
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
