/**
 * Recognises the words of known recordings, and only those whose audio was really received: from the audio itself it finds the recording,
 * and the place in it, and returns each word whose centre lies in a stretch that was received. Audio that was lost on the way loses its
 * words; audio that was sent twice returns them twice.
 *
 * An utterance is explained by segments, each of them a stretch of one recording. A segment begins where a snippet was found
 * (matcher.ts) and grows to both sides as long as the audio matches the recording (segment.ts); what follows is searched for anew.
 * So an utterance is searched for once, and then followed at the cost of one multiplication per reduced sample.
 */
import type { Recogniser, SessionRecogniser, Utterance, Word } from "../recogniser";
import { LONGEST_SNIPPET, MATCH_RATE, Matcher, Reducer, toMs, toReduced } from "./matcher";
import { sampleRecordings, type Recording } from "./recordings";
import { beginSegment, grow, growBack, type Known, type Segment } from "./segment";

/**
 * The lengths of the snippets that are searched for, and the least correlation that counts as a match. Measured over all samples: what is
 * right has at least 0.95 at 10 dB of pink noise; what is wrong at most 0.46 at 400 ms and 0.82 at 100 ms (another vowel of the same
 * voice).
 */
const SNIPPETS = [
  { length: LONGEST_SNIPPET, found: 0.6 },
  { length: LONGEST_SNIPPET / 2, found: 0.75 },
  { length: LONGEST_SNIPPET / 4, found: 0.85 },
] as const;
/** The shortest speech worth a search: 80 ms, as short as an onset. */
const SHORTEST = 320;
/**
 * While someone speaks, a search waits for the longest snippet, and after a search without a match for 1 s, then 2 s: music must not cause
 * a search all the time.
 */
const PATIENCE = MATCH_RATE;
/** The most further searches for one utterance, a few ms each: for what is unexplained when its speaker pauses. */
const THOROUGH_SEARCHES = 40;
/** Unknown speech that is shorter than this counts as noise (ms). */
const SHORTEST_UNKNOWN_MS = 400;

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
  /** In order, without overlaps. Only the last can be open. */
  private readonly segments: Segment[] = [];
  private searched = false;
  private nextSearch = 0;
  private patience = PATIENCE;
  private searchesLeft = THOROUGH_SEARCHES;

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
    return { ...last, offset: last.offset + toReduced(startMs - this.startMs), from: 0, to: 0, sure: 0, sum: 0, highest: 0 };
  }

  follow(utterance: Utterance): Word[] {
    this.reducer.extend(utterance.pcm, utterance.final);
    const audio = this.reducer.reduced;
    const last = this.segments.at(-1);
    if (last?.open) grow(last, audio, audio.length);
    // Speech is searched for, not the silence before it and after it.
    const speechFrom = toReduced(utterance.speechStartMs - this.startMs);
    const speechTo = Math.min(audio.length, toReduced(utterance.speechEndMs - this.startMs));
    const speaking = !utterance.final && speechTo > audio.length - toReduced(100);
    if (speaking) this.searchNewest(audio, Math.max(speechFrom, this.explained), speechTo);
    else this.searchGaps(audio, speechFrom, speechTo);
    const words = this.segments.flatMap((segment) => this.words(segment, audio.length));
    const unexplained = this.gaps(speechFrom, speechTo).reduce((sum, gap) => sum + gap.to - gap.from, 0);
    return words.length > 0 || !this.searched || toMs(unexplained) < SHORTEST_UNKNOWN_MS ? words : simulated(utterance);
  }

  /** Up to where the segments certainly explain the audio. */
  private get explained(): number {
    return this.segments.at(-1)?.sure ?? 0;
  }

  /** While someone speaks: finds the recording, where the one so far does not continue. */
  private searchNewest(audio: Float32Array, from: number, to: number): void {
    if (this.segments.at(-1)?.open || to - from < LONGEST_SNIPPET || to < this.nextSearch) return;
    if (this.search(audio, from, to, LONGEST_SNIPPET, SNIPPETS[0].found)) {
      this.patience = PATIENCE;
    } else {
      this.nextSearch = to + this.patience;
      this.patience = Math.min(2 * PATIENCE, 2 * this.patience);
    }
  }

  /** In a pause, and at the end: searches for everything that is still unexplained, with ever shorter snippets. */
  private searchGaps(audio: Float32Array, from: number, to: number): void {
    for (const { length, found } of SNIPPETS) {
      let gaps = this.gaps(from, to);
      for (let gap = gaps.shift(); gap && this.searchesLeft > 0; gap = gaps.shift()) {
        // A short word is looked for by itself, and with the quiet after it, which helps to place a weak one.
        const wider = Math.min(audio.length, gap.from + length);
        const hit =
          this.search(audio, gap.from, gap.to, length, found) ||
          (gap.to === to && gap.to < wider && this.search(audio, gap.from, wider, length, Math.max(found, SNIPPETS[2].found)));
        if (hit) gaps = this.gaps(from, to).filter((other) => other.from >= (gap?.from ?? 0));
      }
    }
  }

  private gaps(from: number, to: number): { from: number; to: number }[] {
    const gaps: { from: number; to: number }[] = [];
    let at = from;
    for (const segment of this.segments) {
      if (segment.from - at >= SHORTEST) gaps.push({ from: at, to: Math.min(to, segment.from) });
      at = Math.max(at, segment.sure);
    }
    if (to - at >= SHORTEST) gaps.push({ from: at, to });
    return gaps;
  }

  /** Searches for the loudest snippets of a stretch, one in each second. True where one was found and has become a segment. */
  private search(audio: Float32Array, from: number, to: number, length: number, found: number): boolean {
    this.searched = true;
    for (const start of loudest(audio, from, to, length)) {
      this.searchesLeft -= 1;
      const snippet = audio.subarray(start, Math.min(start + length, to));
      const match = this.matcher.find(snippet);
      const known = match && this.library[match.recording];
      // A snippet that is shorter than asked for must be as sure as one of its own length.
      const least = snippet.length < SNIPPETS[1].length ? SNIPPETS[2].found : found;
      if (match && known && match.correlation >= least) return this.place(known, match.position - start, start, snippet.length, audio);
    }
    return false;
  }

  /** Turns a match into a segment. False where the recording explains nothing there after all. */
  private place(known: Known, offset: number, start: number, length: number, audio: Float32Array): boolean {
    const segment = beginSegment(known, offset, start, length, audio);
    const next = this.segments.findIndex((other) => other.from > start);
    const index = next < 0 ? this.segments.length : next;
    segment.from = growBack(segment, audio, this.segments[index - 1]?.sure ?? 0);
    grow(segment, audio, this.segments[index]?.from ?? audio.length);
    if (segment.sure - segment.from < SHORTEST) return false;
    this.segments.splice(index, 0, segment);
    return true;
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

/** Where to look: the loudest snippet of each second, the loudest first, and at most eight. */
function loudest(audio: Float32Array, from: number, to: number, longest: number): number[] {
  const length = Math.min(longest, to - from);
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
  return places.slice(0, 8).map((place) => place.start);
}

/** The text for speech that no recording explains: plainly not what was said. */
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
