import type catalogue from "../locales/en-US/assemblyai-microphone.json";
import type { CaptureState } from "./capture";
import type { AaiError } from "./errors";
import type { NodeTexts } from "./node-texts";

export type MicrophoneTexts = NodeTexts<keyof typeof catalogue.status>;

/** What is shown under the node: shape and colours as Node-RED's own nodes use them. */
export interface MicrophoneStatus {
  fill: "red" | "green" | "yellow" | "grey";
  shape: "ring" | "dot";
  text: string;
}

const LOOKS = {
  stopped: { fill: "grey", shape: "ring" },
  starting: { fill: "yellow", shape: "ring" },
  listening: { fill: "green", shape: "dot" },
} as const;

export function microphoneStatus(state: CaptureState, texts: MicrophoneTexts): MicrophoneStatus {
  if (state.name === "failed") return { fill: "red", shape: "ring", text: shortText(state.error, texts) };
  if (state.name === "waiting") {
    const { seconds, error } = state;
    if (error.key === "AAI_RECORDER_DIED") return { fill: "yellow", shape: "ring", text: texts.status("restarting", { seconds }) };
    return { fill: "red", shape: "ring", text: texts.status("retrying", { error: shortText(error, texts), seconds }) };
  }
  return { ...LOOKS[state.name], text: texts.status(state.name) };
}

/** The errors that have a short text of their own: a status has room for about 20 characters. */
const SHORT_TEXTS = ["AAI_RECORDER_MISSING", "AAI_DEVICE", "AAI_NO_AUDIO", "AAI_PROPERTY"] as const;

function shortText({ code }: AaiError, texts: MicrophoneTexts): string {
  return texts.status(SHORT_TEXTS.find((known) => known === code) ?? "error");
}
