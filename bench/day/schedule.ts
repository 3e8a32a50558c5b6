/**
 * A day at home: twelve conversations of some sentences each, and music in the evening. The same day every time; where people pause
 * for longer, the same sentences in the same order, further apart. Times are ms since midnight.
 */
import { sampleRecordings } from "../../simulator";
import { concat } from "../../test/support/audio";
import { Random } from "../../test/support/random";
import { sampleSentences } from "../../test/support/spoken";

/** Audio is sent in pieces of this length; a conversation begins with one. */
export const PIECE_MS = 100;
export const SHORTEST_PAUSE_MS = 1000;
/** Samples in a millisecond of a recording. */
const MS = 16;
const HOUR = 3_600_000;
/** When people talk to each other, in hours of a day of 24 h, and how many sentences they say. */
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
const TELEVISION_HOURS = [17, 22] as const;
const COMMAND = "goforward.wav";
const CALL = "okay_nabu.wav";

export interface DayPlan {
  /** 24, or a shorter day: as much talk and music for each hour, so fewer sentences. */
  hours: number;
  /** Between two sentences of a conversation; the shortest is SHORTEST_PAUSE_MS. */
  longestPauseMs: number;
  /** Whether a television talks for five hours: then each sentence is a command, said by another voice after the wake word. */
  television: boolean;
}

interface Span {
  begin: number;
  end: number;
}

export interface Sentence extends Span {
  pcm: Int16Array;
  words: string[];
}

export interface Conversation extends Span {
  sentences: Sentence[];
}

export interface Day {
  lengthMs: number;
  conversations: Conversation[];
  speechMs: number;
  /** Between the sentences of a conversation, in their order. */
  pausesMs: number[];
  /** In a shorter day conversations may overlap with music: people turn it off to speak. */
  music: Span;
  television: Span;
}

export function makeDay({ hours, longestPauseMs, television }: DayPlan): Day {
  const scale = hours / 24;
  const random = new Random(40);
  const call = sampleRecordings().find(({ name }) => name === CALL)?.pcm ?? new Int16Array();
  const recordings = sampleSentences().filter(({ name }) => !television || name === COMMAND);
  const bag: typeof recordings = [];
  const draw = () => {
    if (bag.length === 0) bag.push(...recordings);
    const [drawn] = bag.splice(random.whole(0, bag.length - 1), 1);
    return drawn as (typeof recordings)[number];
  };
  const count = Math.max(1, Math.round(CONVERSATIONS.length * scale));
  const conversations = CONVERSATIONS.slice(0, count).map(([hour, sentences], index): Conversation => {
    const share = scale < 1 ? (index + 0.25) / count : hour / 24;
    let at = Math.round((share * hours * HOUR) / PIECE_MS) * PIECE_MS;
    const begin = at;
    const said = Array.from({ length: sentences }, () => {
      const drawn = draw();
      const { words } = drawn;
      const pcm = television ? concat(call, drawn.pcm) : drawn.pcm;
      const sentence = { begin: at, end: at + pcm.length / MS, pcm, words: words.map(({ text }) => text) };
      at = sentence.end + random.whole(SHORTEST_PAUSE_MS, longestPauseMs);
      return sentence;
    });
    return { begin, end: said.at(-1)?.end ?? begin, sentences: said };
  });
  const during = ([from, to]: readonly [number, number], isOn: boolean): Span => ({
    begin: from * HOUR * scale,
    end: (isOn ? to : from) * HOUR * scale,
  });
  return {
    lengthMs: hours * HOUR,
    conversations,
    speechMs: conversations.flatMap(({ sentences }) => sentences).reduce((sum, { begin, end }) => sum + end - begin, 0),
    pausesMs: conversations.flatMap(({ sentences }) => sentences.slice(1).map(({ begin }, i) => begin - (sentences[i]?.end ?? begin))),
    music: during(MUSIC_HOURS, !television),
    television: during(TELEVISION_HOURS, television),
  };
}
