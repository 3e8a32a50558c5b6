import { wavFile } from "../audio/wav";
import type { MicrophoneSettings } from "./settings";

/** The microphone node's output: samples with their format beside them, or a WAV file, which contains its format. */
export type AudioMessage = {
  payload: Buffer;
  audio?: { encoding: "pcm_s16le"; sampleRate: number; channels: 1 };
  topic: string;
  /** the first message of a recording */
  first?: true;
};

/** @param pcm one message's samples, 16-bit mono */
export function audioMessage({ format, sampleRate, topic }: MicrophoneSettings, pcm: Buffer, first: boolean): AudioMessage {
  const sound =
    format === "wav"
      ? { payload: wavFile(pcm, sampleRate) }
      : { payload: pcm, audio: { encoding: "pcm_s16le" as const, sampleRate, channels: 1 as const } };
  return { ...sound, topic, ...(first ? { first } : {}) };
}
