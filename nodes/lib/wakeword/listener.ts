import { Framer } from "../audio/framer";
import { NoiseFloor } from "../audio/noise-floor";
import { DETECTOR_RATE } from "../audio/resampler";
import { WakeWordDetector } from "./detector";
import { FrontEnd, STEP_SAMPLES, WINDOW_SAMPLES } from "./front-end";
import type { WakeWord } from "./wake-word";

/** 30 ms: as much as a step of most models takes. A multiple of 32, for the noise floor. */
const SLICE_SAMPLES = 3 * STEP_SAMPLES;
/** 1.02 s of slices that do not rise above the noise, after which the models rest. */
const REST_AFTER_SLICES = 34;
const FULL_SCALE = 32_768;

/** A wake word that was detected. */
export interface HeardWakeWord {
  readonly word: WakeWord;
  /** 0 to 1: the mean of the steps that decided */
  readonly probability: number;
  /**
   * Where in the input, in samples at its own rate, counted from the first one that was pushed (or pushed after `reset`): the end of what
   * decided. Measured on people's recordings, the word itself ends 150 ms after to 240 ms before it.
   */
  readonly sample: number;
}

export interface WakeWordListenerOptions {
  /** Of the input, Hz: one of DETECTOR_INPUT_RATES. */
  readonly sampleRate: number;
  readonly words: readonly WakeWord[];
  /** Whether the models rest while nothing rises above the noise (default: true). The detections are the same. */
  readonly sparing?: boolean;
}

const NOTHING: readonly HeardWakeWord[] = [];

/**
 * Listens for wake words in a stream of PCM. All words share one front end, which runs without a pause: its noise estimate is a part of
 * what the models were trained on. In a quiet room the models rest. The first slice that rises above the noise makes them process the frames
 * before it; so a word is detected at the same sample as if the models had never rested.
 */
export class WakeWordListener {
  private readonly framer: Framer;
  private readonly samples = new Int16Array(SLICE_SAMPLES);
  private readonly floor = new NoiseFloor(SLICE_SAMPLES);
  private readonly frontEnd = new FrontEnd();
  private readonly detectors: readonly WakeWordDetector[];
  private readonly sparing: boolean;
  private calmSlices = 0;
  /** samples at DETECTOR_RATE up to the end of the front end's last frame */
  private position = 0;
  private heard: HeardWakeWord[] = [];

  /** @throws AaiError AAI_AUDIO_FORMAT for another sample rate */
  constructor({ sampleRate, words, sparing = true }: WakeWordListenerOptions) {
    this.sparing = sparing;
    this.detectors = words.map((word) => new WakeWordDetector(word));
    this.framer = new Framer(sampleRate, SLICE_SAMPLES, (slice) => this.listenTo(slice));
    this.reset();
  }

  /**
   * Listens to the next samples of the stream.
   * @param pcm any number of samples, signed 16-bit, mono
   * @returns the wake words detected, in order; mostly none
   */
  push(pcm: Int16Array): readonly HeardWakeWord[] {
    this.framer.push(pcm);
    if (this.heard.length === 0) return NOTHING;
    const heard = this.heard;
    this.heard = [];
    return heard;
  }

  /** Whether the models rest because the room is quiet. */
  get rests(): boolean {
    return this.sparing && this.calmSlices >= REST_AFTER_SLICES;
  }

  /** The highest probability of a word, 0 to 1: above the word's cutoff it is a detection. */
  get probability(): number {
    return this.rests ? 0 : Math.max(...this.detectors.map(({ probability }) => probability));
  }

  /** The longest time from the end of a word to its detection, in ms: as far back as a model that rested can process. */
  get longestDelayMs(): number {
    const frames = Math.max(...this.detectors.map(({ longestDelayFrames }) => longestDelayFrames));
    return ((frames * STEP_SAMPLES + SLICE_SAMPLES) * 1000) / DETECTOR_RATE;
  }

  /** Resets: the next sample begins another stream, in whose first second no word is detected. */
  reset(): void {
    this.framer.reset();
    this.floor.reset();
    this.frontEnd.reset();
    for (const detector of this.detectors) detector.reset();
    this.calmSlices = 0;
    this.position = WINDOW_SAMPLES - STEP_SAMPLES;
    this.heard = [];
  }

  private listenTo(slice: Float32Array): void {
    const isLouder = this.floor.isExceededBy(slice);
    this.floor.follow(true);
    this.calmSlices = isLouder ? 0 : this.calmSlices + 1;
    for (let i = 0; i < SLICE_SAMPLES; i++) {
      this.samples[i] = Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, Math.round(slice[i]! * FULL_SCALE)));
    }
    this.frontEnd.write(this.samples, (frame) => this.judge(frame));
  }

  private judge(frame: Uint16Array): void {
    this.position += STEP_SAMPLES;
    for (const detector of this.detectors) {
      const ago = detector.frame(frame, !this.rests);
      if (ago === undefined) continue;
      const sample = Math.floor(((this.position - ago * STEP_SAMPLES) * this.framer.rate) / DETECTOR_RATE);
      this.heard.push({ word: detector.word, probability: detector.probability, sample });
    }
  }
}
