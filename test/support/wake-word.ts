import { join } from "node:path";
import { BUNDLED_WAKE_WORDS } from "../../nodes/lib/wakeword/bundled";
import { WakeWordListener, type HeardWakeWord, type WakeWordListenerOptions } from "../../nodes/lib/wakeword/listener";
import { loadWakeWords } from "../../nodes/lib/wakeword/wake-word";
import { concat, pinkNoise, recording, render } from "./audio";

const RATE = 16_000;

export const MODELS = join(__dirname, "../../nodes/lib/wakeword/models");

export type BundledWakeWord = (typeof BUNDLED_WAKE_WORDS)[number];

/** Each loaded once for all tests. */
export const WAKE_WORDS = loadWakeWords(BUNDLED_WAKE_WORDS);

/** A recording of someone who says the word, with two seconds of a quiet room before it and one after. */
export function said(word: BundledWakeWord): Int16Array {
  return concat(quietRoom(2), recording(`${word}.wav`), quietRoom(1));
}

/** -66 dBFS */
export function quietRoom(seconds: number, seed = 7): Int16Array {
  return render(pinkNoise(0.0005, seed), seconds * RATE);
}

/** The wake words detected in samples that come in pieces. */
export function hear(pcm: Int16Array, options: Partial<WakeWordListenerOptions> = {}, piece = 1600): HeardWakeWord[] {
  const listener = new WakeWordListener({ sampleRate: RATE, words: WAKE_WORDS, ...options });
  return push(listener, pcm, piece);
}

export function push(listener: WakeWordListener, pcm: Int16Array, piece = 1600): HeardWakeWord[] {
  const heard: HeardWakeWord[] = [];
  for (let from = 0; from < pcm.length; from += piece) heard.push(...listener.push(pcm.subarray(from, from + piece)));
  return heard;
}

/** The names of the detected words, in order. */
export function names(heard: readonly HeardWakeWord[]): string[] {
  return heard.map(({ word }) => word.name);
}
