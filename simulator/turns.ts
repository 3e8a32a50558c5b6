/**
 * Takes turns: cuts a session's audio into utterances and asks the recogniser what was said in each. All times are on the session's
 * audio clock (ms of audio), so that the result depends on the audio alone and not on when it came.
 *
 *   idle ──four frames of speech out of five──▶ open ──silence ≥ min and a complete sentence, silence ≥ max,
 *     ▲                                           │     the turn's cap, ForceEndpoint, or Terminate
 *     └──────────────── final ◀──────────────────┘
 *
 * The audio of the turns never overlaps, and reaches back a second before the speech that opened the turn, so that each word falls
 * into exactly one of them. No turn ends by itself while no audio comes: the service only knows of silence that it hears.
 */
import { AudioHistory } from "./audio";
import type { TurnState } from "./messages";
import type { SessionConfig } from "./parameters";
import type { SessionRecogniser, Word } from "./recogniser";
import type { SpeechDetector } from "./speech-detector";

export interface TurnListener {
  speechStarted(timestampMs: number): void;
  /** `previousWords`: how many words the last state of the same turn had. */
  turn(state: TurnState, previousWords: number, forced: boolean): void;
  /** A second of audio in which nobody spoke. */
  silence(startMs: number, endMs: number): void;
}

/** Audio before the detected onset that belongs to the turn: weak first sounds, and what the detector slept through. */
const LEAD_MS = 1000;
/** Audio from which the detector learns the room before it judges; it is judged afterwards, so nothing is lost. */
const LEARN_MS = 500;
/** Of the last five frames, four make an onset: 80 ms, shorter than any word, longer than a click. */
const ONSET_FRAMES = 4;
const ONSET_WINDOW = 5;
/** The service adds this to `interruption_delay` before the first partial (Pro). */
const FIRST_PARTIAL_MS = 256;
/** Where nothing was understood yet. */
const RETRY_MS = 250;
/** While someone speaks on: with and without `continuous_partials`. Universal-Streaming speaks word by word. */
const PARTIAL_MS = 700;
const SPARSE_PARTIAL_MS = 3000;
const UNIVERSAL_PARTIAL_MS = 250;

interface OpenTurn {
  /** Samples of the session's audio. */
  start: number;
  speechStart: number;
  lastSpeech: number;
  nextPartial: number;
  /** The pause that now lasts was looked at. */
  pauseSeen: boolean;
  announced: boolean;
  words: Word[];
}

export class TurnTaker {
  private readonly history = new AudioHistory();
  /** Up to here the audio was judged; the rest is less than a frame, or still being learned from. */
  private judged = 0;
  private learned = 0;
  /** Up to here the audio belongs to turns that have ended. */
  private spent = 0;
  private recent: boolean[] = [];
  private turn: OpenTurn | undefined;
  private order = 0;
  private silentSince = 0;
  /** The greatest probability of speech since it was last asked for. */
  private loudest = 0;

  constructor(
    private config: SessionConfig,
    private readonly detector: SpeechDetector,
    private readonly recogniser: SessionRecogniser,
    private readonly listener: TurnListener,
  ) {}

  configure(config: SessionConfig): void {
    this.config = config;
  }

  /** Number of the next turn to begin, or of the open one. */
  get nextOrder(): number {
    return this.order;
  }

  takeMaxSpeechProbability(): number {
    const loudest = this.loudest;
    this.loudest = 0;
    return loudest;
  }

  /** Hears more audio. Resolves once all that follows from it was told to the listener. Not to be called again before that. */
  async hear(pcm: Int16Array): Promise<void> {
    this.history.push(pcm);
    const frame = this.detector.frameSamples;
    if (this.learned < this.samples(LEARN_MS)) {
      for (; this.learned + frame <= this.history.end; this.learned += frame) {
        this.detector.learn(this.history.slice(this.learned, this.learned + frame));
      }
      if (this.learned < this.samples(LEARN_MS)) return;
    }
    await this.judge();
  }

  /** Ends the open turn where the audio ends now. False where no turn was open. */
  async endpoint(): Promise<boolean> {
    await this.judge();
    if (!this.turn) return false;
    this.judged = this.history.end; // less than a frame that was not judged belongs to the turn too
    await this.end(this.turn, true);
    return true;
  }

  /**
   * The words of the open turn up to now, without telling anyone: for a fault that waits for a word.
   * Empty where no turn is open.
   */
  async peek(): Promise<Word[]> {
    return this.turn ? this.recognise(this.turn, false) : [];
  }

  private async judge(): Promise<void> {
    const frame = this.detector.frameSamples;
    while (this.judged + frame <= this.history.end) {
      const probability = this.detector.process(this.history.slice(this.judged, this.judged + frame));
      this.judged += frame;
      this.loudest = Math.max(this.loudest, probability);
      this.recent.push(probability >= 0.5);
      if (this.recent.length > ONSET_WINDOW) this.recent.shift();
      if (this.turn) await this.proceed(this.turn);
      else this.listen();
    }
    this.history.forget(this.turn?.start ?? Math.max(this.spent, this.judged - this.samples(LEAD_MS)));
  }

  /** No turn is open: does one begin? */
  private listen(): void {
    const voiced = this.recent.filter(Boolean).length;
    if (voiced >= ONSET_FRAMES) {
      const onset = this.judged - ONSET_WINDOW * this.detector.frameSamples;
      const first = this.config.pro ? this.config.interruptionDelay + FIRST_PARTIAL_MS : UNIVERSAL_PARTIAL_MS;
      this.turn = {
        start: Math.max(this.spent, onset - this.samples(LEAD_MS)),
        speechStart: Math.max(this.spent, onset),
        lastSpeech: this.judged,
        nextPartial: onset + this.samples(first),
        pauseSeen: false,
        announced: false,
        words: [],
      };
    } else if (voiced > 0) {
      this.silentSince = this.judged;
    } else if (this.judged - this.silentSince >= this.samples(1000)) {
      this.listener.silence(this.ms(this.silentSince), this.ms(this.judged));
      this.silentSince = this.judged;
    }
  }

  /** One more frame of an open turn. */
  private async proceed(turn: OpenTurn): Promise<void> {
    const { minTurnSilence, maxTurnSilence, turnCap, partials } = this.config;
    if (this.recent.at(-1) === true && this.recent.at(-2) === true) {
      turn.lastSpeech = this.judged;
      turn.pauseSeen = false;
    }
    const silence = this.ms(this.judged - turn.lastSpeech);
    if (silence >= maxTurnSilence || this.ms(this.judged - turn.speechStart) >= turnCap) return this.end(turn, false);
    if (silence >= minTurnSilence && !turn.pauseSeen) {
      turn.pauseSeen = true;
      const words = await this.recognise(turn, false);
      if (isComplete(words)) return this.end(turn, false);
      if (partials) this.tell(turn, words, "pause");
    } else if (partials && silence === 0 && this.judged >= turn.nextPartial) {
      this.tell(turn, await this.recognise(turn, false), "speaking");
      turn.nextPartial = this.judged + this.samples(turn.announced ? this.partialInterval() : RETRY_MS);
    }
  }

  private partialInterval(): number {
    if (!this.config.pro) return UNIVERSAL_PARTIAL_MS;
    return this.config.continuousPartials ? PARTIAL_MS : SPARSE_PARTIAL_MS;
  }

  private async end(turn: OpenTurn, forced: boolean): Promise<void> {
    const heard = await this.recognise(turn, true);
    const words = heard.length > 0 ? heard : turn.words;
    this.turn = undefined;
    this.spent = this.judged;
    this.recent = [];
    this.silentSince = this.judged;
    if (words.length === 0) return; // noise: nobody was told that a turn had begun
    this.announce(turn);
    this.listener.turn({ order: this.order, words, phase: "end" }, turn.words.length, forced);
    this.order += 1;
  }

  /** Tells a partial state, unless it is the one that was told last. */
  private tell(turn: OpenTurn, words: Word[], phase: "speaking" | "pause"): void {
    const same = words.length === turn.words.length && words.every((word, i) => word.text === turn.words[i]?.text);
    if (words.length === 0 || (same && (this.config.pro || phase === "speaking"))) return;
    this.announce(turn);
    this.listener.turn({ order: this.order, words, phase }, turn.words.length, false);
    turn.words = words;
  }

  private announce(turn: OpenTurn): void {
    if (!turn.announced && this.config.pro) this.listener.speechStarted(Math.round(this.ms(turn.speechStart)));
    turn.announced = true;
  }

  private recognise(turn: OpenTurn, final: boolean): Promise<Word[]> {
    return this.recogniser.recognise({
      pcm: this.history.slice(turn.start, this.judged),
      sampleRate: this.config.sampleRate,
      startMs: this.ms(turn.start),
      speechStartMs: this.ms(turn.speechStart),
      speechEndMs: this.ms(turn.lastSpeech),
      final,
    });
  }

  private samples(ms: number): number {
    return Math.round((ms * this.config.sampleRate) / 1000);
  }

  private ms(samples: number): number {
    return (samples * 1000) / this.config.sampleRate;
  }
}

/** A sentence that has come to its end: the turn need not wait for `max_turn_silence`. */
function isComplete(words: Word[]): boolean {
  const last = words.at(-1);
  return last !== undefined && last.cut !== true && /[.?!]["”)]?$/.test(last.text);
}
