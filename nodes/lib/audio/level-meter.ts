import { levelOf } from "./level";

/** What a microphone's status says of its sound. */
export type SoundState =
  /** The level of the last half second. @see levelOf */
  | { readonly name: "sound"; readonly dbfs: number }
  /** Nothing but digital zeros for 3 s: a microphone that is muted, or that Node-RED may not use. Even a silent room is never that. */
  | { readonly name: "muted" };

export interface LevelMeterEvents {
  /** Twice for each second of audio. */
  show(state: SoundState): void;
  /** When a microphone is found to be muted: once, until it is heard again. */
  muted(): void;
}

/** Milliseconds of audio over which a level is taken: as long as a status is shown at least. */
const WINDOW_MS = 500;
const MUTED_MS = 3000;

/** Measures a microphone's audio as it passes. Its time is that of the audio. */
export class LevelMeter {
  private readonly window: Int16Array;
  private filled = 0;
  private zeroWindows = 0;

  /** @param sampleRate Hz */
  constructor(
    sampleRate: number,
    private readonly events: LevelMeterEvents,
  ) {
    this.window = new Int16Array(Math.round((sampleRate * WINDOW_MS) / 1000));
  }

  /** A new recording: what was heard before does not count. */
  restart(): void {
    this.filled = 0;
    this.zeroWindows = 0;
  }

  /** @param pcm signed 16-bit little-endian samples, mono; whole samples of any number */
  push(pcm: Buffer): void {
    for (let byte = 0; byte + 1 < pcm.length; byte += 2) {
      this.window[this.filled++] = pcm.readInt16LE(byte);
      if (this.filled === this.window.length) this.measure();
    }
  }

  private measure(): void {
    this.filled = 0;
    const dbfs = levelOf(this.window);
    this.zeroWindows = dbfs === -Infinity ? this.zeroWindows + 1 : 0;
    const zeroMs = this.zeroWindows * WINDOW_MS;
    this.events.show(zeroMs < MUTED_MS ? { name: "sound", dbfs } : { name: "muted" });
    if (zeroMs === MUTED_MS) this.events.muted();
  }
}
