/** The level that a microphone's status shows. */
export type SoundState =
  /** The level of the last half second. @see levelOf */
  | { readonly name: "sound"; readonly dbfs: number }
  /**
   * Nothing but digital zeros for 3 s: a microphone that is muted, or that Node-RED may not use. Even a silent room is not digital silence.
   */
  | { readonly name: "muted" };

export interface LevelMeterEvents {
  /** Twice for each second of audio. */
  show(state: SoundState): void;
  /** Called once when a microphone is found to be muted, and again only after it has delivered sound. */
  muted(): void;
}

/** Milliseconds of audio for each level: the shortest time for which a status is shown. */
const WINDOW_MS = 500;
const MUTED_MS = 3000;

/** Measures a microphone's audio as it passes. Times are counted in audio, not by the clock. */
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

  /** A new recording begins: earlier audio does not count. */
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

const FULL_SCALE = 32_768;

/**
 * The level of PCM: its RMS in dBFS. 0 is the maximum (a square wave at full scale; a sine at full scale is -3.01), speech near a
 * microphone lies around -26, a quiet room around -60.
 * @param pcm signed 16-bit samples, mono
 * @returns -Infinity for zeros only (a muted or forbidden microphone), and for no samples
 */
export function levelOf(pcm: Int16Array): number {
  let power = 0;
  for (const sample of pcm) power += sample * sample;
  return power === 0 ? -Infinity : 10 * Math.log10(power / pcm.length / FULL_SCALE ** 2);
}

/** Digital zeros have no level; on a scale they are at its foot, dBFS. */
const LOWEST_DBFS = -100;

/** The same as `levelOf`, for a scale: -100 … 0 dBFS. */
export function shownLevelOf(pcm: Int16Array): number {
  return Math.max(LOWEST_DBFS, levelOf(pcm));
}
