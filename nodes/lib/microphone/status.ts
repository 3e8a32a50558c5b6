import type catalogue from "../../locales/en-US/assemblyai-microphone.json";
import type { CaptureState } from "./capture";
import type { AaiError } from "../common/errors";
import type { SoundState } from "../audio/level-meter";
import type { NodeStatus } from "../common/node-status";
import type { NodeTexts } from "../common/node-texts";

export type MicrophoneTexts = NodeTexts<keyof typeof catalogue.status>;

const LOOKS = {
  stopped: { fill: "grey", shape: "ring" },
  starting: { fill: "yellow", shape: "ring" },
  listening: { fill: "green", shape: "dot" },
  muted: { fill: "yellow", shape: "dot" },
} as const;

export function microphoneStatus(state: CaptureState | SoundState, texts: MicrophoneTexts): NodeStatus {
  if (state.name === "failed") return { fill: "red", shape: "ring", text: shortText(state.error, texts) };
  if (state.name === "waiting") {
    const { seconds, error } = state;
    const hadStarted = error.key === "AAI_RECORDER_DIED" || error.key === "AAI_RECORDER_DIED/signal";
    if (hadStarted) return { fill: "yellow", shape: "ring", text: texts.status("restarting", { seconds }) };
    return { fill: "red", shape: "ring", text: texts.status("retrying", { error: shortText(error, texts), seconds }) };
  }
  if (state.name === "sound") {
    const steps = stepsOf(state.dbfs);
    return { ...LOOKS.listening, text: texts.status(soundText(steps), { bar: STEPS.slice(0, steps) }) };
  }
  return { ...LOOKS[state.name], text: texts.status(state.name) };
}

const STEPS = "▁▂▃▄▅▆▇█";
/** The bar begins at a quiet room, and is full near -10 dBFS, a shout. Below its second step, at -53 dBFS, the text is "quiet". */
const FOOT_DBFS = -60;
/** The dB of one step. */
const STEP_DB = 7;

/** The bar grows with the level; it is never empty, so that the text beside it does not move. */
function stepsOf(dbfs: number): number {
  return Math.min(STEPS.length, Math.max(1, 1 + Math.floor((dbfs - FOOT_DBFS) / STEP_DB)));
}

/** What a level means for whoever set up the microphone: few know what -79 dBFS is. */
function soundText(steps: number): "quiet" | "sound" | "loud" {
  if (steps === 1) return "quiet";
  return steps === STEPS.length ? "loud" : "sound";
}

/** The errors that have a short text of their own: a status has room for about 20 characters. */
const SHORT_TEXTS = ["AAI_RECORDER_MISSING", "AAI_DEVICE", "AAI_NO_AUDIO", "AAI_PROPERTY"] as const;

function shortText({ code }: AaiError, texts: MicrophoneTexts): string {
  return texts.status(SHORT_TEXTS.find((known) => known === code) ?? "error");
}
