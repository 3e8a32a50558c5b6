/**
 * A day at home, as a microphone hears it: a quiet room, twelve conversations of some sentences each, and music in the evening.
 * The same one every time. Times are ms since midnight; audio is 16 kHz, mono, 16 bit.
 */
import { sampleRecordings } from "../../simulator";
import { pinkNoise, render } from "../../test/support/audio";
import { pluckedMusic } from "../../test/support/music";
import { Random } from "../../test/support/random";

export const PIECE_MS = 100;
const MS = 16;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** -60 dBFS: a quiet room, 34 dB below the speech. */
const ROOM_RMS = 0.001;
const MUSIC_LEVEL = 0.2;
/** Noise and music repeat themselves after this long. */
const LOOP_MS = 600_000;
/** When people talk to each other, as hours of a day of 24 h, and how many sentences. */
const CONVERSATIONS = [
  [6.75, 3],
  [7.2, 4],
  [7.7, 3],
  [8.3, 2],
  [12.2, 3],
  [12.9, 4],
  [15.5, 2],
  [17.3, 4],
  [18.1, 4],
  [18.7, 3],
  [21.3, 5],
  [22.4, 3],
] as const;
const MUSIC_HOURS = [19, 21] as const;
/** Between two sentences of a conversation, in ms. */
const PAUSE_MS = { min: 1000, max: 4000 };

interface Sentence {
  begin: number;
  end: number;
  pcm: Int16Array;
  words: string[];
}

export interface Conversation {
  begin: number;
  end: number;
  sentences: Sentence[];
}

export interface Day {
  lengthMs: number;
  conversations: Conversation[];
  speechMs: number;
  musicMs: number;
  /** The audio from `at` on, for PIECE_MS. */
  piece(at: number): Buffer;
}

/** @param hours of a shorter day: as much talk and music for each hour, so fewer sentences */
export function makeDay(hours: number): Day {
  const scale = hours / 24;
  const random = new Random(40);
  const recordings = sampleRecordings();
  const bag: typeof recordings = [];
  const draw = () => {
    if (bag.length === 0) bag.push(...recordings);
    const [drawn] = bag.splice(random.whole(0, bag.length - 1), 1);
    return drawn as (typeof recordings)[number];
  };
  const count = Math.max(1, Math.round(CONVERSATIONS.length * scale));
  const conversations = CONVERSATIONS.slice(0, count).map(([hour, sentences], index): Conversation => {
    const share = scale < 1 ? (index + 0.25) / count : hour / 24;
    let at = Math.round((share * DAY * scale) / PIECE_MS) * PIECE_MS;
    const begin = at;
    const said = Array.from({ length: sentences }, () => {
      const { pcm, words } = draw();
      const sentence = { begin: at, end: at + pcm.length / MS, pcm, words: words.map(({ text }) => text) };
      at = sentence.end + random.whole(PAUSE_MS.min, PAUSE_MS.max);
      return sentence;
    });
    return { begin, end: said.at(-1)?.end ?? begin, sentences: said };
  });
  const [musicFrom, musicTo] = MUSIC_HOURS.map((hour) => hour * HOUR * scale) as [number, number];
  const noise = render(pinkNoise(ROOM_RMS, 7), LOOP_MS * MS);
  const music = render(pluckedMusic(MUSIC_LEVEL, 3), LOOP_MS * MS);
  const sentences = conversations.flatMap((conversation) => conversation.sentences);

  return {
    lengthMs: hours * HOUR,
    conversations,
    speechMs: sentences.reduce((sum, { begin, end }) => sum + end - begin, 0),
    musicMs: musicTo - musicFrom,
    piece(at) {
      const length = PIECE_MS * MS;
      const from = (at % LOOP_MS) * MS;
      const samples = noise.slice(from, from + length);
      const add = (sound: Int16Array, offset: number) => {
        for (let i = 0; i < length; i++) samples[i] = clip((samples[i] ?? 0) + (sound[offset + i] ?? 0));
      };
      if (at >= musicFrom && at < musicTo && !isSpoken(at)) add(music, from);
      for (const { begin, end, pcm } of sentences) if (at < end && at + PIECE_MS > begin) add(pcm, Math.round((at - begin) * MS));
      return Buffer.from(samples.buffer);
    },
  };

  /** Whoever speaks turns the music off: in a shorter day the conversations may fall into it. */
  function isSpoken(at: number): boolean {
    return conversations.some(({ begin, end }) => at >= begin - 10_000 && at < end + 10_000);
  }
}

function clip(value: number): number {
  return Math.max(-32_768, Math.min(32_767, value));
}
