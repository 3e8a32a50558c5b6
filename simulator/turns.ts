/**
 * Detects turns: cuts a session's audio into utterances and asks the recogniser for the words of each. All times are on the session's
 * audio clock (ms of audio), so that the result depends on the audio alone and not on when it came.
 *
 *   idle ──four frames of speech out of five──▶ open ──silence ≥ min and a complete sentence, silence ≥ max,
 *     ▲                                           │     the turn's cap, ForceEndpoint, or Terminate
 *     └──────────────── final ◀──────────────────┘
 *
 * The audio of the turns never overlaps, and reaches back a second before the speech that opened the turn, so that each word falls
 * into exactly one of them. No turn ends by itself while no audio arrives: the service detects silence in the audio only.
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

/** Audio before the detected onset that belongs to the turn: weak first sounds, and the delay of the detector. */
const LEAD_MS = 1000;
/** Audio from which the detector learns the room's noise first; the same audio is processed afterwards, so nothing is lost. */
const LEARN_MS = 500;
/** Of the last five frames, four make an onset: 80 ms, shorter than any word, longer than a click. */
const ONSET_FRAMES = 4;
const ONSET_WINDOW = 5;
/** The service adds this to `interruption_delay` before the first partial (Pro). */
const FIRST_PARTIAL_MS = 256;
/** The next attempt at a first partial, where nothing was recognised yet. */
const RETRY_MS = 250;
/** While someone goes on speaking: with and without `continuous_partials`. Universal-Streaming sends each word. */
const PARTIAL_MS = 700;
const SPARSE_PARTIAL_MS = 3000;
const UNIVERSAL_PARTIAL_MS = 250;

interface OpenTurn {
  /** Samples of the session's audio. */
  start: number;
  speechStart: number;
  lastSpeech: number;
  nextPartial: number;
  /** Whether the present pause has been checked for a complete sentence. */
  pauseSeen: boolean;
  announced: boolean;
  words: Word[];
}

export class TurnTaker {
  private readonly history = new AudioHistory();
  /** Up to here the detector has processed the audio; what follows is less than a frame, or serves to learn the room's noise. */
  private processed = 0;
  private learned = 0;
  /** Up to here the audio belongs to turns that have ended. */
  private spent = 0;
  private recent: boolean[] = [];
  private turn: OpenTurn | undefined;
  private order = 0;
  private silentSince = 0;
  /** The greatest probability of speech since it was last taken. */
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

  /** Processes more audio. Resolves once the listener has everything that follows from it; must not be called again before that. */
  async process(pcm: Int16Array): Promise<void> {
    this.history.push(pcm);
    const frame = this.detector.frameSamples;
    if (this.learned < this.samples(LEARN_MS)) {
      for (; this.learned + frame <= this.history.end; this.learned += frame) {
        this.detector.learn(this.history.slice(this.learned, this.learned + frame));
      }
      if (this.learned < this.samples(LEARN_MS)) return;
    }
    await this.detect();
  }

  /** Ends the open turn where the audio ends now. False where no turn was open. */
  async endpoint(): Promise<boolean> {
    await this.detect();
    if (!this.turn) return false;
    this.processed = this.history.end; // the last part of a frame belongs to the turn too
    await this.end(this.turn, true);
    return true;
  }

  /**
   * The words of the open turn up to now, without emitting them: for a fault that waits for a word. Empty where no turn is open.
   */
  async peek(): Promise<Word[]> {
    return this.turn ? this.recognise(this.turn, false) : [];
  }

  private async detect(): Promise<void> {
    const frame = this.detector.frameSamples;
    while (this.processed + frame <= this.history.end) {
      const probability = this.detector.process(this.history.slice(this.processed, this.processed + frame));
      this.processed += frame;
      this.loudest = Math.max(this.loudest, probability);
      this.recent.push(probability >= 0.5);
      if (this.recent.length > ONSET_WINDOW) this.recent.shift();
      if (this.turn) await this.proceed(this.turn);
      else this.openIfSpeech();
    }
    this.history.forget(this.turn?.start ?? Math.max(this.spent, this.processed - this.samples(LEAD_MS)));
  }

  /** Checks, while no turn is open, whether one begins. */
  private openIfSpeech(): void {
    const voiced = this.recent.filter(Boolean).length;
    if (voiced >= ONSET_FRAMES) {
      const onset = this.processed - ONSET_WINDOW * this.detector.frameSamples;
      const first = this.config.pro ? this.config.interruptionDelay + FIRST_PARTIAL_MS : UNIVERSAL_PARTIAL_MS;
      this.turn = {
        start: Math.max(this.spent, onset - this.samples(LEAD_MS)),
        speechStart: Math.max(this.spent, onset),
        lastSpeech: this.processed,
        nextPartial: onset + this.samples(first),
        pauseSeen: false,
        announced: false,
        words: [],
      };
    } else if (voiced > 0) {
      this.silentSince = this.processed;
    } else if (this.processed - this.silentSince >= this.samples(1000)) {
      this.listener.silence(this.ms(this.silentSince), this.ms(this.processed));
      this.silentSince = this.processed;
    }
  }

  /** Takes one more frame of an open turn. */
  private async proceed(turn: OpenTurn): Promise<void> {
    const { minTurnSilence, maxTurnSilence, turnCap, partials } = this.config;
    if (this.recent.at(-1) === true && this.recent.at(-2) === true) {
      turn.lastSpeech = this.processed;
      turn.pauseSeen = false;
    }
    const silence = this.ms(this.processed - turn.lastSpeech);
    if (silence >= maxTurnSilence || this.ms(this.processed - turn.speechStart) >= turnCap) return this.end(turn, false);
    if (silence >= minTurnSilence && !turn.pauseSeen) {
      turn.pauseSeen = true;
      const words = await this.recognise(turn, false);
      if (isComplete(words)) return this.end(turn, false);
      if (partials) this.emitPartial(turn, words, "pause");
    } else if (partials && silence === 0 && this.processed >= turn.nextPartial) {
      this.emitPartial(turn, await this.recognise(turn, false), "speaking");
      turn.nextPartial = this.processed + this.samples(turn.announced ? this.partialInterval() : RETRY_MS);
    }
  }

  private partialInterval(): number {
    if (!this.config.pro) return UNIVERSAL_PARTIAL_MS;
    return this.config.continuousPartials ? PARTIAL_MS : SPARSE_PARTIAL_MS;
  }

  private async end(turn: OpenTurn, forced: boolean): Promise<void> {
    const recognised = await this.recognise(turn, true);
    const words = recognised.length > 0 ? recognised : turn.words;
    this.turn = undefined;
    this.spent = this.processed;
    this.recent = [];
    this.silentSince = this.processed;
    if (words.length === 0) return; // noise: no turn was announced
    this.announce(turn);
    this.listener.turn({ order: this.order, words, phase: "end" }, turn.words.length, forced);
    this.order += 1;
  }

  /** Emits a partial state, unless it is the last one again. */
  private emitPartial(turn: OpenTurn, words: Word[], phase: "speaking" | "pause"): void {
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
      pcm: this.history.slice(turn.start, this.processed),
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

/** Whether the sentence is complete: the turn then need not wait for `max_turn_silence`. */
function isComplete(words: Word[]): boolean {
  const last = words.at(-1);
  return last !== undefined && last.cut !== true && /[.?!]["”)]?$/.test(last.text);
}
