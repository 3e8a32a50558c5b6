/** The audio that wake word detectors are measured on: the simulator's recordings, as they are and varied by sox. 16 kHz, mono. */
import { join } from "node:path";
import { BUNDLED_WAKE_WORDS } from "../../nodes/lib/wakeword/bundled";
import { sampleRecordings } from "../../simulator";
import { SAMPLES } from "../../simulator/recognisers/recordings";
import { concat, mix, pinkNoise, recording, RECORDINGS, render, rmsOf, toInt16 } from "../../test/support/audio";
import { soxFile } from "../../test/support/sox";

export const RATE = 16_000;
/** -26 dBFS */
export const SPEECH_RMS = 0.05;

/** A recording said higher and lower (cents) and slower and faster. */
const PITCHES = [-250, 0, 200, 400];
const TEMPOS = [0.85, 1, 1.15];

interface Said {
  readonly word: string;
  readonly pcm: Int16Array;
  /** where the word ends, in samples */
  readonly end: number;
}

/** Each wake word's recording, in twelve voices. */
export function saidWords(): Said[] {
  const recordings = sampleRecordings();
  return BUNDLED_WAKE_WORDS.flatMap((word) => {
    const endMs = recordings.find(({ name }) => name === `${word}.wav`)?.words.at(-1)?.end ?? NaN;
    return variants(`${word}.wav`).map(({ pcm, tempo }) => ({ word, pcm, end: (endMs * RATE) / 1000 / tempo }));
  });
}

/** People who do not say a wake word: the sentences in twelve voices, with pauses. */
export function talk(): Int16Array {
  const pause = new Int16Array(RATE / 2);
  return concat(...RECORDINGS.flatMap((name) => variants(name)).flatMap(({ pcm }) => [atSpeechLevel(pcm), pause]));
}

function variants(name: string): { pcm: Int16Array; tempo: number }[] {
  return PITCHES.flatMap((pitch) =>
    TEMPOS.map((tempo) => ({ tempo, pcm: soxFile(join(SAMPLES, name), "pitch", String(pitch), "tempo", "-s", String(tempo)) })),
  );
}

/** Two seconds of the noise before, one after. @param snr dB; the noise of a quiet room where there is none */
export function inNoise({ pcm, end }: Said, snr: number | undefined, seed: number): { pcm: Int16Array; end: number } {
  const rms = snr === undefined ? 0.0005 : SPEECH_RMS * 10 ** (-snr / 20);
  const whole = concat(new Int16Array(2 * RATE), atSpeechLevel(pcm), new Int16Array(RATE));
  return { pcm: mix(whole, pinkNoise(rms, seed)), end: end + 2 * RATE };
}

function atSpeechLevel(pcm: Int16Array): Int16Array {
  const gain = SPEECH_RMS / rmsOf(pcm);
  return pcm.map((sample) => toInt16((sample / 32_768) * gain));
}

/** The recordings as they are, over and over, in a quiet room: someone talks half of the time. */
export function conversation(seconds: number): Int16Array {
  const parts = RECORDINGS.flatMap((name) => [atSpeechLevel(recording(name)), new Int16Array(4 * RATE)]);
  const once = concat(...parts);
  const looped = concat(...Array.from({ length: Math.ceil((seconds * RATE) / once.length) }, () => once));
  return mix(looped.subarray(0, seconds * RATE), pinkNoise(0.0005, 3));
}

export function room(rms: number, seconds: number): Int16Array {
  return render(pinkNoise(rms, 9), seconds * RATE);
}
