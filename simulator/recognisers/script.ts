/**
 * Hears the true words of known recordings, and only those whose audio really came: it finds which recording, and where in it, a piece
 * of audio comes from by the audio itself, and gives each word whose centre lies in a stretch that was received. Audio that was lost on
 * the way loses its words, audio that was sent twice gives them twice.
 *
 * An utterance is explained by segments, each of them a stretch of one recording. A segment begins where a snippet was found
 * (matcher.ts) and grows to both sides as long as the audio goes on like the recording, judged 10 ms at a time by the log-likelihood
 * ratio of "the recording, and noise" to "noise alone". Where that falls by more than `DOUBT` below its maximum the audio has left the
 * recording (a cumulative sum test: Page 1954), and what follows is searched for anew. So an utterance is searched for once, and then
 * followed at the cost of one multiplication per reduced sample.
 */
import type { Recogniser, SessionRecogniser, Utterance, Word } from "../recogniser";
import { LONGEST_SNIPPET, MATCH_RATE, Matcher, Reducer } from "./matcher";
import { sampleRecordings, type Recording } from "./recordings";

/**
 * Least correlation that is a find, for snippets of 400 ms and more, and for shorter ones. Measured over all samples: what is right has
 * at least 0.95 at 10 dB of pink noise; what is wrong at most 0.46 at 400 ms, 0.73 at 150 ms (another vowel of the same voice).
 */
const FOUND = 0.6;
const FOUND_SHORT = 0.8;
/** The shortest snippet worth a search (150 ms), and the one that is waited for while more audio may come (400 ms). */
const SHORTEST_SNIPPET = 600;
const PATIENT_SNIPPET = 1600;
/** After a search in vain, this much more audio is waited for (1 s, growing to 2 s): music is not searched for all the time. */
const NEXT_SEARCH = MATCH_RATE;
/** 10 ms. */
const HOP = 40;
/** Evidence against the recording that ends a segment, in ms of speech of the energy of the snippet found. */
const DOUBT_MS = 60;
/** Unknown speech shorter than this is taken for a noise (ms). */
const SHORTEST_UNKNOWN_MS = 400;

interface Known {
  recording: Recording;
  reduced: Float32Array;
}

/** A stretch of a recording in an utterance. Positions are reduced samples. */
interface Segment {
  known: Known;
  /** Position in the recording minus position in the utterance. */
  offset: number;
  from: number;
  /** Where the snippet begins that was found. */
  found: number;
  to: number;
  /** Up to here without a doubt. */
  sure: number;
  /** What the recording is multiplied by to give the audio received, a little less than it seems, so as not to doubt too soon. */
  gain: number;
  /** How far the sum may fall below its maximum. */
  doubt: number;
  sum: number;
  highest: number;
  /** Whether the audio may still go on like the recording. */
  open: boolean;
}

/** @param more recordings beside the shipped samples */
export function scriptRecogniser(more: readonly Recording[] = []): Recogniser {
  const library = [...sampleRecordings(), ...more].map((recording): Known => {
    const reducer = new Reducer(recording.sampleRate);
    reducer.extend(recording.pcm, true);
    return { recording, reduced: reducer.reduced };
  });
  const matcher = new Matcher(library.map((known) => known.reduced));
  return { open: () => new ScriptSession(library, matcher), close: () => Promise.resolve() };
}

class ScriptSession implements SessionRecogniser {
  private following: Following | undefined;

  constructor(
    private readonly library: readonly Known[],
    private readonly matcher: Matcher,
  ) {}

  recognise(utterance: Utterance): Promise<Word[]> {
    if (this.following?.startMs !== utterance.startMs) {
      const before = this.following?.continuing(utterance.startMs);
      this.following = new Following(utterance.startMs, utterance.sampleRate, this.library, this.matcher, before);
    }
    return Promise.resolve(this.following.follow(utterance));
  }

  close(): void {
    this.following = undefined;
  }
}

/** One utterance, followed as it grows. */
class Following {
  private readonly reducer: Reducer;
  private readonly segments: Segment[] = [];
  /** From here on is searched, once the last segment has ended. */
  private done = 0;
  private searched = false;
  private nextSearch = 0;
  private patience = NEXT_SEARCH;

  constructor(
    readonly startMs: number,
    sampleRate: number,
    private readonly library: readonly Known[],
    private readonly matcher: Matcher,
    before: Segment | undefined,
  ) {
    this.reducer = new Reducer(sampleRate);
    if (before) this.segments.push(before);
  }

  /** The recording that was playing when this utterance ended, as the first segment of one that begins at `startMs`. */
  continuing(startMs: number): Segment | undefined {
    const last = this.segments.at(-1);
    if (!last?.open) return undefined;
    const offset = last.offset + toReduced(startMs - this.startMs);
    return { ...last, offset, from: 0, found: 0, to: 0, sure: 0, sum: 0, highest: 0 };
  }

  follow(utterance: Utterance): Word[] {
    this.reducer.extend(utterance.pcm, utterance.final);
    const audio = this.reducer.reduced;
    // Speech is searched for, not the silence before it and after it.
    const speechFrom = toReduced(utterance.speechStartMs - this.startMs);
    const speechTo = Math.min(audio.length, toReduced(utterance.speechEndMs - this.startMs));
    for (;;) {
      const current = this.segments.at(-1);
      if (current?.open) {
        grow(current, audio, utterance.final);
        // A find that led nowhere is not found again.
        this.done = Math.max(current.sure, current.found + SHORTEST_SNIPPET);
        if (current.open) break;
        this.nextSearch = 0;
        this.patience = NEXT_SEARCH;
      }
      const found = this.search(audio, Math.max(this.done, speechFrom), speechTo, utterance.final);
      if (!found) break;
      this.segments.push(found);
    }
    const words = this.segments.flatMap((segment) => this.words(segment, audio.length));
    const unexplained = toMs(speechTo - Math.max(speechFrom, this.segments.at(-1)?.sure ?? 0));
    return words.length > 0 || !this.searched || unexplained < SHORTEST_UNKNOWN_MS ? words : simulated(utterance);
  }

  private search(audio: Float32Array, from: number, to: number, final: boolean): Segment | undefined {
    const speaking = !final && to > audio.length - toReduced(100);
    if (to - from < (speaking ? PATIENT_SNIPPET : SHORTEST_SNIPPET) || (!final && to < this.nextSearch)) return undefined;
    this.searched = true;
    for (const start of loudest(audio, from, to, final)) {
      const snippet = audio.subarray(start, Math.min(start + LONGEST_SNIPPET, to));
      const match = this.matcher.find(snippet);
      const known = match && this.library[match.recording];
      if (!match || !known || match.correlation < (snippet.length < PATIENT_SNIPPET ? FOUND_SHORT : FOUND)) continue;
      const segment = beginSegment(known, match.position - start, start, audio);
      segment.from = growBack(segment, audio, this.segments.at(-1)?.sure ?? 0);
      return segment;
    }
    this.nextSearch = to + this.patience;
    this.patience = Math.min(2 * NEXT_SEARCH, 2 * this.patience);
    return undefined;
  }

  /** The words of a segment: those whose centre it holds. */
  private words(segment: Segment, received: number): Word[] {
    const from = toMs(segment.from + segment.offset);
    const to = toMs(segment.sure + segment.offset);
    const shift = this.startMs - toMs(segment.offset);
    return segment.known.recording.words
      .filter((word) => centre(word) >= from && centre(word) < to)
      .map((word) => {
        const cut = segment.sure === received && word.end > to;
        const end = Math.min(word.end, to) + shift;
        return { text: word.text, start: Math.max(word.start, from) + shift, end, confidence: 0.98, ...(cut ? { cut } : {}) };
      });
  }
}

/**
 * Where to look: the loudest half second that can be had, and, where no more audio comes, the loudest of each second, as the loudest of
 * all may be of something else.
 */
function loudest(audio: Float32Array, from: number, to: number, final: boolean): number[] {
  const length = Math.min(LONGEST_SNIPPET, to - from);
  const places: { start: number; energy: number }[] = [];
  let energy = 0;
  for (let i = from; i < from + length; i++) energy += (audio[i] ?? 0) ** 2;
  for (let start = from; start + length <= to; start++) {
    const second = Math.floor((start - from) / MATCH_RATE);
    const best = places[second];
    if (!best || energy > best.energy) places[second] = { start, energy };
    energy += (audio[start + length] ?? 0) ** 2 - (audio[start] ?? 0) ** 2;
  }
  places.sort((a, b) => b.energy - a.energy);
  return places.slice(0, final ? 8 : 1).map((place) => place.start);
}

function beginSegment(known: Known, offset: number, start: number, audio: Float32Array): Segment {
  let product = 0;
  let energy = 0;
  const end = Math.min(start + LONGEST_SNIPPET, audio.length);
  for (let i = start; i < end; i++) {
    const reference = known.reduced[i + offset] ?? 0;
    product += reference * (audio[i] ?? 0);
    energy += reference * reference;
  }
  const gain = (0.7 * product) / energy;
  const doubt = (gain * gain * energy * toReduced(DOUBT_MS)) / (end - start);
  return { known, offset, from: start, found: start, to: start, sure: start, gain, doubt, sum: 0, highest: 0, open: true };
}

/** How much better 10 ms from `start` are explained by the recording than by noise. */
function evidence(segment: Segment, audio: Float32Array, start: number, end: number): number {
  let sum = 0;
  for (let i = start; i < end; i++) {
    const expected = segment.gain * (segment.known.reduced[i + segment.offset] ?? 0);
    sum += expected * (2 * (audio[i] ?? 0) - expected);
  }
  return sum;
}

/** Follows the recording through new audio, to its end or to where the audio leaves it. */
function grow(segment: Segment, audio: Float32Array, final: boolean): void {
  const limit = Math.min(audio.length, segment.known.reduced.length - segment.offset);
  let at = segment.to;
  while (at < limit) {
    const next = Math.min(at + HOP, limit);
    if (next - at < HOP && !final && limit === audio.length) break;
    segment.sum += evidence(segment, audio, at, next);
    at = next;
    segment.highest = Math.max(segment.highest, segment.sum);
    if (segment.sum >= segment.highest - segment.doubt / 16) segment.sure = at;
    if (segment.sum < segment.highest - segment.doubt) {
      segment.open = false;
      segment.to = segment.sure;
      return;
    }
  }
  segment.to = at;
  if (limit < audio.length) segment.open = false; // the recording is over
}

/** The other way, from where the snippet was found: the first position that still belongs to the segment, not before `earliest`. */
function growBack(segment: Segment, audio: Float32Array, earliest: number): number {
  const limit = Math.max(earliest, -segment.offset);
  let sum = 0;
  let highest = 0;
  let best = segment.from;
  for (let at = segment.from; at > limit;) {
    const next = Math.max(limit, at - HOP);
    sum += evidence(segment, audio, next, at);
    at = next;
    highest = Math.max(highest, sum);
    if (sum >= highest - segment.doubt / 16) best = at;
    if (sum < highest - segment.doubt) break;
  }
  return best;
}

/** What is said of speech that no recording explains: plainly not what was said. */
function simulated(utterance: Utterance): Word[] {
  const spoken = utterance.speechEndMs - utterance.speechStartMs;
  const texts = ["[simulated:", (spoken / 1000).toFixed(1), "s", "of", "speech]"];
  const each = spoken / texts.length;
  return texts.map((text, i) => {
    const start = utterance.speechStartMs + i * each;
    return { text, start, end: start + each, confidence: 0 };
  });
}

function centre(word: { start: number; end: number }): number {
  return (word.start + word.end) / 2;
}

function toMs(reduced: number): number {
  return (reduced * 1000) / MATCH_RATE;
}

function toReduced(ms: number): number {
  return Math.round((ms * MATCH_RATE) / 1000);
}
