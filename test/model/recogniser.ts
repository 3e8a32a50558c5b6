import { wordOf } from "./sound";

/** What a service makes of audio. */
export interface RecogniserStyle {
  /** pro: cumulative partials, a formatted final; plain and twins: as Universal-Streaming; finals: no partials */
  turns: "pro" | "plain" | "twins" | "finals";
  /** ms of silence that end a turn */
  turnSilence: number;
  /** ms by which the first word after a silence is placed too early, at most */
  earlyStart: number;
  /** gives `[Silence]` as a text while nobody speaks */
  bracketed: boolean;
}

/** A word as far as the session has heard it, in samples of the session. */
interface Run {
  id: number;
  start: number;
  end: number;
  heard: number;
  said: boolean;
}

export interface ServedMessage {
  message: Record<string, unknown>;
  /** the words that it says */
  words: number[];
}

/** A word that is heard less than this is not understood. */
export const UNDERSTOOD = 0.6;
/** Word times are estimates: by so much they are wrong, at most. */
export const WORD_TIME_ERROR_MS = 40;
/** One sample in so many is looked at. */
const STRIDE = 8;
/** Zeros for longer than this end a word; less may be padding. */
const BREAK_MS = 70;
/** Live: the first partial comes 1.17 s after the onset. */
const FIRST_PARTIAL_MS = 1_170;
const PARTIAL_EVERY_MS = 1_000;
const LONGEST_TURN_MS = 60_000;
const BRACKETED_EVERY_MS = 4_000;

/** Hears the words in a session's audio and makes turns of them, in the shapes that the service has. */
export class Recogniser {
  /** samples that came */
  received = 0;
  private processed = 0;
  private runs: Run[] = [];
  private order = 0;
  private partialAt = 0;
  private shown = "";
  private lastEnd = 0;
  private bracketedAt = 0;
  private endpoint: number | undefined;

  /** @param lengthOf ms that a word lasts where all of it is heard */
  constructor(
    private readonly rate: number,
    private readonly style: RecogniserStyle,
    private readonly lengthOf: (id: number) => number,
  ) {}

  append(pcm: Buffer): void {
    const breakSamples = (BREAK_MS * this.rate) / 1000;
    let run = this.runs.at(-1);
    for (let index = 0; index < pcm.length / 2; index += STRIDE) {
      const id = wordOf(pcm.readInt16LE(index * 2));
      if (id === 0) continue;
      const at = this.received + index;
      if (run?.id !== id || at - run.end > breakSamples) this.runs.push((run = { id, start: at, end: at, heard: 0, said: false }));
      run.end = this.received + Math.min(index + STRIDE, pcm.length / 2);
      run.heard += STRIDE;
    }
    this.received += pcm.length / 2;
  }

  /** Ends the turn with what has come until now. */
  forceEndpoint(): void {
    this.endpoint = this.received;
  }

  /** Works on: as far as the time allows, in real time. @param most samples since the last call */
  work(most: number): ServedMessage[] {
    this.processed = Math.min(this.received, this.processed + most);
    const messages: ServedMessage[] = [];
    const forced = this.endpoint !== undefined && this.processed >= this.endpoint;
    if (forced) this.endpoint = undefined;
    const words = this.understood(forced);
    const [first] = words;
    const last = words.at(-1);
    if (!first || !last) return this.style.bracketed ? this.bracketed() : [];
    const quiet = this.processed - last.end;
    const speaking = this.runs.some((run) => !run.said && run.end > this.processed - this.samples(BREAK_MS) && run.start < this.processed);
    if (forced || (quiet >= this.samples(this.style.turnSilence) && !speaking) || this.isLong(first)) return this.final(words);
    const partialDue = this.processed - first.start >= this.samples(FIRST_PARTIAL_MS) && this.processed >= this.partialAt;
    if (this.style.turns === "finals" || !partialDue || this.shown === textOf(words)) return messages;
    this.partialAt = this.processed + this.samples(PARTIAL_EVERY_MS);
    if (this.shown === "") messages.push({ message: { type: "SpeechStarted", timestamp: 0, confidence: 1 }, words: [] });
    this.shown = textOf(words);
    messages.push(this.turn(words, false));
    return messages;
  }

  /** Everything that was received, at once: the session is terminated. */
  flush(): ServedMessage[] {
    this.processed = this.received;
    const words = this.understood(true);
    return words.length > 0 ? this.final(words) : [];
  }

  /** The words that it has still to work off, and comes to the ends of in `ms` at the earliest. */
  ahead(ms: number): number[] {
    return this.runs.flatMap(({ id, end }) => (end >= this.processed + this.samples(ms) ? [id] : []));
  }

  /** @param whole whether the word that is being heard counts, too */
  private understood(whole: boolean): Run[] {
    const until = whole ? this.processed : this.processed - this.samples(BREAK_MS);
    return this.runs.filter(({ said, end, heard, id }) => !said && end <= until && heard >= UNDERSTOOD * this.samples(this.lengthOf(id)));
  }

  private isLong(first: Run): boolean {
    return this.processed - first.start >= this.samples(LONGEST_TURN_MS);
  }

  private final(words: Run[]): ServedMessage[] {
    const messages = [this.turn(words, true)];
    if (this.style.turns === "twins") messages.unshift(this.turn(words, true, false));
    for (const run of words) run.said = true;
    this.lastEnd = (words.at(-1) as Run).end;
    this.runs = this.runs.filter(({ said, end }) => !said || end > this.processed - this.rate);
    this.order++;
    this.shown = "";
    this.partialAt = 0;
    this.bracketedAt = this.processed;
    return messages;
  }

  private turn(
    runs: Run[],
    final: boolean,
    formatted = this.style.turns === "pro" || this.style.turns === "finals" || final,
  ): ServedMessage {
    const pro = this.style.turns === "pro" || this.style.turns === "finals";
    const words = runs.map((run, index) => this.word(run, index === 0, final));
    const transcript = final ? textOf(runs) : textOf(pro ? runs : runs.slice(0, -1));
    const message = {
      turn_order: this.order,
      turn_is_formatted: this.style.turns === "plain" ? false : formatted,
      end_of_turn: final,
      transcript: final && formatted && transcript !== "" ? `W${transcript.slice(1)}.` : transcript,
      end_of_turn_confidence: 0,
      words,
      utterance: final ? transcript : "",
      type: "Turn",
    };
    return { message, words: runs.map(({ id }) => id) };
  }

  private word({ id, start, end }: Run, isFirst: boolean, final: boolean) {
    const jitter = ((((id * 31) % 5) - 2) * WORD_TIME_ERROR_MS) / 2;
    const silence = ((start - this.lastEnd) * 1000) / this.rate;
    const early = isFirst && silence >= 1_000 ? Math.min(this.style.earlyStart, silence) : 0;
    const ms = (samples: number) => Math.max(0, Math.round((samples * 1000) / this.rate + jitter));
    return { start: Math.max(0, ms(start) - early), end: ms(end), text: `w${id}`, confidence: 1, word_is_final: final };
  }

  private bracketed(): ServedMessage[] {
    if (this.processed - this.bracketedAt < this.samples(BRACKETED_EVERY_MS)) return [];
    const [start, end] = [this.bracketedAt, this.processed].map((at) => Math.round((at * 1000) / this.rate));
    this.bracketedAt = this.processed;
    const words = [{ start, end, text: "[Silence]", confidence: 1, word_is_final: true }];
    const message = { turn_order: this.order++, turn_is_formatted: true, end_of_turn: true, transcript: "[Silence]", words, type: "Turn" };
    return [{ message, words: [] }];
  }

  private samples(ms: number): number {
    return (ms * this.rate) / 1000;
  }
}

function textOf(runs: Run[]): string {
  return runs.map(({ id }) => `w${id}`).join(" ");
}

/** The words in a text that the model of the service has given. */
export function wordsIn(text: string): number[] {
  return [...text.matchAll(/w(\d+)/gi)].map(([, id]) => Number(id));
}
