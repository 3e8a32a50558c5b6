/**
 * Does someone speak? The simulator cuts turns by a detector's answer for each frame of audio.
 */
export interface SpeechDetector {
  /** The length of the frames that `process` takes. */
  readonly frameSamples: number;
  /** Takes a frame of a session's first half second, before any frame is processed, to learn the room's noise. */
  learn(frame: Int16Array): void;
  /** The probability that someone speaks in this frame, 0 to 1. */
  process(frame: Int16Array): number;
}

/** Lower frequencies are left out (Hz): rumble, hum, and the slow swell of a room's noise, which makes its level unsteady. */
const HIGH_PASS_HZ = 150;

/** Long enough for the energy of a voice (a pitch period is at most 12 ms), short enough to time the end of a word. */
const FRAME_MS = 20;

/**
 * How far above the noise floor speech begins. Between pink noise, whose 60 ms means stay within 3 dB of their minimum, and the weak
 * syllables of a voice that is 10 dB louder than the noise on the whole.
 */
const MARGIN_DB = 7;

/** The floor is never below this (dBFS): after digital silence, the faintest noise would otherwise count as speech... */
const LOWEST_FLOOR_DB = -60;

/** ...and, at the start of a session, never above this: a session that begins in the middle of a word has no floor in its first audio. */
const HIGHEST_FIRST_FLOOR_DB = -26;

/** The floor is the least energy of the last five seconds: nobody speaks for five seconds without a pause between two words. */
const WINDOW_FRAMES = 500 / FRAME_MS;
const WINDOWS = 10;

/** Speech by energy: a frame that stands out above the tracked noise floor. */
export class EnergyDetector implements SpeechDetector {
  readonly frameSamples: number;
  /** The least smoothed level of each of the last windows of half a second; the last one is being filled. */
  private minima: number[] = [];
  private framesInWindow = 0;
  private readonly levels: number[] = [];
  private learned = Infinity;
  private low = 0;
  private readonly decay: number;

  constructor(sampleRate: number) {
    this.frameSamples = Math.round((sampleRate * FRAME_MS) / 1000);
    this.decay = Math.exp((-2 * Math.PI * HIGH_PASS_HZ) / sampleRate);
  }

  learn(frame: Int16Array): void {
    this.learned = Math.min(this.learned, this.smooth(this.level(frame)));
  }

  process(frame: Int16Array): number {
    const level = this.level(frame);
    if (this.minima.length === 0) this.minima.push(Math.min(this.learned, HIGHEST_FIRST_FLOOR_DB));
    if (this.framesInWindow === WINDOW_FRAMES) {
      this.framesInWindow = 0;
      this.minima.push(Infinity);
      if (this.minima.length > WINDOWS) this.minima.shift();
    }
    this.framesInWindow += 1;
    const current = this.minima.length - 1;
    this.minima[current] = Math.min(this.minima[current] ?? Infinity, this.smooth(level));
    const floor = Math.max(LOWEST_FLOOR_DB, Math.min(...this.minima));
    return 1 / (1 + Math.exp(floor + MARGIN_DB - level)); // 0.5 at the margin, 0.73 one dB above it
  }

  private level(frame: Int16Array): number {
    let energy = 0;
    for (const sample of frame) {
      this.low = sample + (this.low - sample) * this.decay;
      energy += (sample - this.low) ** 2;
    }
    return toDb(energy, frame.length);
  }

  /** The mean energy of the last three frames, so that a single quiet frame does not set the floor. */
  private smooth(level: number): number {
    this.levels.push(level);
    if (this.levels.length > 3) this.levels.shift();
    const energy = this.levels.reduce((sum, db) => sum + 10 ** (db / 10), 0) / this.levels.length;
    return 10 * Math.log10(energy);
  }
}

/** The level of a frame in dBFS (a full-scale square wave is 0), at least -100. */
export function levelDb(frame: Int16Array): number {
  let energy = 0;
  for (const sample of frame) energy += sample * sample;
  return toDb(energy, frame.length);
}

function toDb(energy: number, samples: number): number {
  return 10 * Math.log10(energy / Math.max(1, samples) / 32_768 ** 2 + 1e-10);
}
