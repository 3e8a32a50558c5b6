/**
 * Recognises what people really say, in English: Moonshine tiny, in a thread of its own.
 *
 * Each call recognises the utterance anew, from just before its speech to just after it: in the noise around it the model would find
 * words. While someone speaks, that happens about every 700 ms, beside the session, and not while the thread is busy; the thread is then
 * left to others for as long as it took. A call returns the words known so far. Pauses and ends are always recognised, and awaited.
 *
 *   |── settled ──|── settled ──|────── open piece ──────|
 *
 * The first part of a long turn is settled: cut off where it is quietest, recognised once, and kept. So a piece stays within what the
 * model is good at, and a partial of a long turn costs no more than that of a short one.
 */
import { systemClock, type Clock, type Timer } from "../../nodes/lib/common/clock";
import type { Recogniser, SessionRecogniser, Utterance, Word } from "../recogniser";
import { levelDb } from "../speech-detector";
import { voiceDetector } from "../voice-detector";
import type { RecognisedWord } from "./moonshine-model";
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

/** How long a session's audio waits for a partial. A later result is returned by the next call. */
const PATIENCE_MS = 250;

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

/** A turn, as far as it has been recognised. Times are in ms of the session's audio. */
interface Turn {
  startMs: number;
  /** The words before the open piece, and where that begins. */
  settled: readonly Word[];
  from: number;
  /** The last result, and up to where in the audio. */
  words: Word[];
  endMs: number;
  /** Up to where in the audio a partial was requested. */
  askedMs: number;
  partial: Promise<void> | undefined;
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
    const { speechEndMs, final } = utterance;
    const turn = this.turnOf(utterance);
    const end = utterance.startMs + (1000 * utterance.pcm.length) / utterance.sampleRate;
    const speaking = !final && end - speechEndMs < 1;
    if (speaking) {
      if (this.isWorthwhile(turn, speechEndMs)) {
        await this.settle(turn, utterance, speechEndMs);
        this.begin(turn, utterance);
      }
      if (turn.partial) await this.orPatience(turn.partial);
    } else {
      const endMs = Math.min(end, speechEndMs + TAIL_MS);
      await this.settle(turn, utterance, endMs);
      await this.update(turn, utterance, endMs, final ? "final" : "pause");
    }
    return final ? turn.words : withoutDoubtfulMark(turn.words, speaking);
  }

  close(): void {
    this.turn = undefined;
  }

  private turnOf({ startMs, speechStartMs }: Utterance): Turn {
    if (this.turn?.startMs === startMs) return this.turn;
    const from = speechStartMs - LEAD_MS;
    this.turn = { startMs, settled: [], from, words: [], endMs: from, askedMs: speechStartMs, partial: undefined, respiteUntil: 0 };
    return this.turn;
  }

  private isWorthwhile(turn: Turn, speechEndMs: number): boolean {
    const growth = turn.words.length === 0 ? FIRST_GROWTH_MS : GROWTH_MS;
    return !turn.partial && !this.transcriber.busy && speechEndMs - turn.askedMs >= growth && this.clock.now() >= turn.respiteUntil;
  }

  private begin(turn: Turn, utterance: Utterance): void {
    const began = this.clock.now();
    turn.askedMs = utterance.speechEndMs;
    turn.partial = this.update(turn, utterance, utterance.speechEndMs, "partial")
      .catch(() => undefined) // a failure recurs in the next call that is awaited
      .finally(() => {
        turn.partial = undefined;
        turn.respiteUntil = 2 * this.clock.now() - began;
      });
  }

  /** Waits for a partial, but not so long that the session's audio falls behind. */
  private async orPatience(partial: Promise<void>): Promise<void> {
    let timer: Timer | undefined;
    const patience = new Promise<void>((resolve) => (timer = this.clock.setTimeout(resolve, PATIENCE_MS)));
    await Promise.race([partial, patience]);
    timer?.cancel();
  }

  /** Recognises the open piece up to a time, and keeps the result, unless a later one has arrived meanwhile. */
  private async update(turn: Turn, utterance: Utterance, endMs: number, urgency: Urgency): Promise<void> {
    if (turn.endMs === endMs) return; // the same audio as the last time
    const { from, settled } = turn;
    const speechFrom = Math.max(utterance.speechStartMs, from);
    const { speechEndMs } = utterance; // now: a partial may take longer than the utterance stays as it is
    const recognised = await this.transcribe(utterance, from, endMs, urgency);
    if (!recognised || endMs < turn.endMs) return;
    turn.words = [...settled, ...spreadWords(recognised, speechFrom, speechEndMs)];
    turn.endMs = endMs;
  }

  /** Settles the first part of an open piece that has become too long. */
  private async settle(turn: Turn, utterance: Utterance, endMs: number): Promise<void> {
    while (endMs - turn.from > LONGEST_PIECE_MS) {
      const { from } = turn;
      const cut = quietest(utterance, from + EARLIEST_CUT_MS, from + LATEST_CUT_MS);
      const recognised = (await this.transcribe(utterance, from, cut, "pause")) ?? [];
      const words = spreadWords(withoutDoubtfulMark(recognised, true), Math.max(utterance.speechStartMs, from), cut);
      turn.settled = [...turn.settled, ...words];
      turn.from = cut;
    }
  }

  private transcribe(
    { pcm, sampleRate, startMs }: Utterance,
    from: number,
    to: number,
    urgency: Urgency,
  ): Promise<RecognisedWord[] | undefined> {
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
function withoutDoubtfulMark<Heard extends RecognisedWord & { cut?: boolean }>(words: Heard[], speaking: boolean): Heard[] {
  const last = words.at(-1);
  if (!last) return words;
  const text = last.text.replace(/[,.?!]$/, "");
  if (speaking) return [...words.slice(0, -1), { ...last, text, cut: true }];
  return UNFINISHED.has(text.toLowerCase()) ? [...words.slice(0, -1), { ...last, text }] : words;
}
