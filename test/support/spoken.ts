import { sampleRecordings, type Recording } from "../../simulator";
import { concat, pinkNoise, rmsOf, toInt16, type Signal } from "./audio";
import { SPEECH_RMS } from "./voice";

const RATE = 16_000;
/** A quiet room: -66 dBFS. */
const QUIET_ROOM = 0.0005;

const ALL_RECORDINGS = ["goforward", "librivox_0880", "librivox_0930", "librivox_0870"] as const;
export type RecordingName = (typeof ALL_RECORDINGS)[number];

/** Recordings of people, one after another in a room. */
export interface Spoken {
  /** 16 kHz */
  pcm: Int16Array;
  words: string[];
  /** of each recording, in samples */
  spans: { begin: number; end: number; words: string[] }[];
}

export interface SpokenOptions {
  recordings?: readonly RecordingName[];
  /** of the room, before each recording and after the last one */
  pauseMs?: number;
  /** before the first one, where that differs */
  leadMs?: number;
  noise?: Signal;
  /** Brings all recordings to -26 dBFS, which noise levels refer to. */
  levelled?: boolean;
}

/** The recordings of the wake words have two words: they are names, which no recogniser of English has to know. */
const LONGEST_NAME = 2;

/** The simulator's recordings but for those of the wake words. */
export function sampleSentences(): Recording[] {
  return sampleRecordings().filter(({ words }) => words.length > LONGEST_NAME);
}

const library = new Map(sampleRecordings().map((recording) => [recording.name.replace(/\.wav$/, ""), recording]));

export function spoken({
  recordings = ALL_RECORDINGS,
  pauseMs = 2500,
  leadMs = pauseMs,
  noise = pinkNoise(QUIET_ROOM),
  levelled = false,
}: SpokenOptions = {}): Spoken {
  const pause = new Int16Array((pauseMs * RATE) / 1000);
  const lead = new Int16Array((leadMs * RATE) / 1000);
  const parts = [lead];
  const spans: Spoken["spans"] = [];
  let at = lead.length;
  for (const name of recordings) {
    const recording = library.get(name);
    if (!recording) throw new Error(`no recording ${name}`);
    const gain = levelled ? SPEECH_RMS / rmsOf(recording.pcm) : 1;
    parts.push(
      recording.pcm.map((sample) => toInt16((sample / 32_768) * gain)),
      pause,
    );
    spans.push({ begin: at, end: at + recording.pcm.length, words: recording.words.map(({ text }) => text) });
    at += recording.pcm.length + pause.length;
  }
  const pcm = concat(...parts).map((sample) => toInt16(sample / 32_768 + noise()));
  return { pcm, words: spans.flatMap(({ words }) => words), spans };
}

/** `ms` of a room in which nobody speaks. */
export function silence(ms: number, noise = pinkNoise(QUIET_ROOM, 2)): Int16Array {
  return Int16Array.from({ length: (ms * RATE) / 1000 }, () => toInt16(noise()));
}
