/**
 * Hears what people really say, in English: Moonshine tiny, in a thread of its own.
 *
 * An utterance is recognised anew each time that it is asked about, from just before its speech to just after it: around it the model
 * would hear words in the noise. While someone speaks, that is done about every 700 ms, and not where the thread is busy or the last
 * time took long: then the words of the last time are given again, and the next time tells all. Pauses and ends are always recognised.
 *
 *   |── settled ──|── settled ──|────── open piece ──────|
 *
 * The first part of a long turn is settled: cut off where it is quietest, recognised once, and kept. So a piece stays within what the
 * model is good at, and a partial of a long turn costs no more than that of a short one.
 */
import { systemClock, type Clock } from "../../nodes/lib/clock";
import type { Recogniser, SessionRecogniser, Utterance, Word } from "../recogniser";
import { levelDb } from "../speech-detector";
import { voiceDetector } from "../voice-detector";
import type { HeardWord } from "./moonshine-model";
import { MoonshineThread, type Transcriber, type Urgency } from "./moonshine-thread";
import { spreadWords } from "./word-times";

/** Audio around the detected speech that is recognised with it: weak first and last sounds. */
const LEAD_MS = 300;
const TAIL_MS = 300;
/** New speech that is worth another look; less where nothing was understood yet. */
const GROWTH_MS = 600;
const FIRST_GROWTH_MS = 200;
/** The longest open piece, and the part of it in which it may be cut. */
const LONGEST_PIECE_MS = 10_000;
const EARLIEST_CUT_MS = 5000;
const LATEST_CUT_MS = 9500;
const CUT_FRAME_MS = 50;

/** After a partial that took so long, the thread is left to others for as long again. */
const RESPITE = 1;

/** @param folder as moonshine-install.ts leaves it. `ready` rejects where it cannot be loaded; sessions may begin before */
export function moonshineRecogniser(folder: string): Recogniser & { ready: Promise<void> } {
  const thread = new MoonshineThread(folder);
  return { ...transcribingRecogniser(thread), ready: thread.ready };
}

export function transcribingRecogniser(transcriber: Transcriber, clock: Clock = systemClock): Recogniser {
  return {
    open: () => new TranscribingSession(transcriber, clock),
    detector: voiceDetector,
    close: () => transcriber.close(),
  };
}

/** A turn, as far as it was recognised. Times are in ms of the session's audio. */
interface Turn {
  startMs: number;
  settled: Word[];
  settledUntil: number;
  /** The last answer, and what it was given for. */
  words: Word[];
  speechEndMs: number;
  endMs: number;
  /** When the next partial may be recognised, by the clock. */
  respiteUntil: number;
}

class TranscribingSession implements SessionRecogniser {
  private turn: Turn | undefined;

  constructor(
    private readonly transcriber: Transcriber,
    private readonly clock: Clock,
  ) {}

  async recognise(utterance: Utterance): Promise<Word[]> {
    const { startMs, speechStartMs, speechEndMs, final } = utterance;
    if (this.turn?.startMs !== startMs) {
      this.turn = {
        startMs,
        settled: [],
        settledUntil: speechStartMs - LEAD_MS,
        words: [],
        speechEndMs: speechStartMs,
        endMs: 0,
        respiteUntil: 0,
      };
    }
    const turn = this.turn;
    const end = startMs + (1000 * utterance.pcm.length) / utterance.sampleRate;
    const speaking = !final && end - speechEndMs < 1;
    if (speaking && !this.isWorthwhile(turn, speechEndMs)) return turn.words;
    const endMs = Math.min(end, speechEndMs + TAIL_MS);
    if (turn.endMs === endMs) return turn.words; // the same audio as the last time

    const began = this.clock.now();
    const urgency = final ? "final" : speaking ? "partial" : "pause";
    while (endMs - turn.settledUntil > LONGEST_PIECE_MS) await this.settle(turn, utterance);
    const heard = await this.transcribe(utterance, turn.settledUntil, endMs, urgency);
    const marked = final ? heard : withoutDoubtfulMark(heard, speaking);
    turn.words = [...turn.settled, ...spreadWords(marked, Math.max(speechStartMs, turn.settledUntil), speechEndMs)];
    turn.speechEndMs = speechEndMs;
    turn.endMs = endMs;
    const now = this.clock.now();
    turn.respiteUntil = now + RESPITE * (now - began);
    return turn.words;
  }

  close(): void {
    this.turn = undefined;
  }

  private isWorthwhile(turn: Turn, speechEndMs: number): boolean {
    const growth = turn.words.length === 0 ? FIRST_GROWTH_MS : GROWTH_MS;
    return speechEndMs - turn.speechEndMs >= growth && !this.transcriber.busy && this.clock.now() >= turn.respiteUntil;
  }

  private async settle(turn: Turn, utterance: Utterance): Promise<void> {
    const from = turn.settledUntil;
    const cut = quietest(utterance, from + EARLIEST_CUT_MS, from + LATEST_CUT_MS);
    const heard = await this.transcribe(utterance, from, cut, "final");
    turn.settled.push(...spreadWords(withoutDoubtfulMark(heard, true), Math.max(utterance.speechStartMs, from), cut));
    turn.settledUntil = cut;
  }

  private transcribe({ pcm, sampleRate, startMs }: Utterance, from: number, to: number, urgency: Urgency): Promise<HeardWord[]> {
    const sample = (ms: number): number => Math.max(0, Math.round(((ms - startMs) * sampleRate) / 1000));
    return this.transcriber.transcribe(pcm.slice(sample(from), sample(to)), sampleRate, urgency);
  }
}

/** The middle of the quietest frame between two times. */
function quietest({ pcm, sampleRate, startMs }: Utterance, from: number, to: number): number {
  const frame = Math.round((sampleRate * CUT_FRAME_MS) / 1000);
  const first = Math.round(((from - startMs) * sampleRate) / 1000);
  const last = Math.round(((to - startMs) * sampleRate) / 1000);
  let best = { at: first, level: Infinity };
  for (let at = first; at + frame <= last; at += frame) {
    const level = levelDb(pcm.subarray(at, at + frame));
    if (level < best.level) best = { at, level };
  }
  return startMs + (1000 * (best.at + frame / 2)) / sampleRate;
}

/** Words that hardly any English sentence ends with. */
const UNFINISHED = new Set(
  (
    "a an and are as at because but by can could for from had has have he his how i if it's its may might must my of or our shall she " +
    "should than the their they to very was we were what when where which while who will with would your"
  ).split(" "),
);

/**
 * The model ends every piece of speech with a mark, as if it were a whole sentence. While someone speaks that says nothing; and in a pause
 * not after a word with which no sentence ends.
 */
function withoutDoubtfulMark(words: readonly HeardWord[], speaking: boolean): readonly (HeardWord & { cut?: boolean })[] {
  const last = words.at(-1);
  if (!last) return words;
  const text = last.text.replace(/[,.?!]$/, "");
  if (speaking) return [...words.slice(0, -1), { ...last, text, cut: true }];
  return UNFINISHED.has(text.toLowerCase()) ? [...words.slice(0, -1), { ...last, text }] : words;
}
