/**
 * The forms of PCM in the simulator: encoded on the wire, in a WAV file, and in the buffer from which a session's turns are cut.
 */
import { MULAW } from "../nodes/lib/audio/sample-format";
import { readWavFile } from "../nodes/lib/audio/wav";

export type Encoding = "pcm_s16le" | "pcm_mulaw" | "opus" | "ogg_opus" | "aac";

/** Bytes per sample on the wire; undefined for a compressed encoding: the simulator counts its bytes, but does not decode it. */
export const BYTES_PER_SAMPLE: Readonly<Record<Encoding, number | undefined>> = {
  pcm_s16le: 2,
  pcm_mulaw: 1,
  opus: undefined,
  ogg_opus: undefined,
  aac: undefined,
};

/** The samples of one binary message. An odd last byte of 16-bit PCM is dropped, as it belongs to no sample. */
export function decodePcm(data: Buffer, encoding: "pcm_s16le" | "pcm_mulaw"): Int16Array {
  if (encoding === "pcm_mulaw") return Int16Array.from(data, (byte) => MULAW[byte] ?? 0);
  const aligned = new Uint8Array(data.length & ~1);
  aligned.set(data.subarray(0, aligned.length));
  return new Int16Array(aligned.buffer); // every system that Node.js is commonly run on is little-endian
}

export interface Recorded {
  pcm: Int16Array;
  /** Hz. */
  sampleRate: number;
}

/**
 * Reads a WAV file: PCM, 16 bit, one channel.
 * @throws Error for anything else
 */
export function readWav(file: Buffer): Recorded {
  const { format, samples } = readWavFile(file);
  if (format.channels !== 1) throw new Error("only WAV files with one channel are read");
  return { pcm: decodePcm(samples, "pcm_s16le"), sampleRate: format.sampleRate };
}

/** The last samples of a session's audio, addressed by their position in all of it. Grows at the end, and drops samples from the front. */
export class AudioHistory {
  private samples = new Int16Array(16_384);
  private first = 0;
  private used = 0;

  /** The position after the last sample. */
  get end(): number {
    return this.first + this.used;
  }

  push(more: Int16Array): void {
    if (this.used + more.length > this.samples.length) {
      const larger = new Int16Array(Math.max(2 * this.samples.length, this.used + more.length));
      larger.set(this.samples.subarray(0, this.used));
      this.samples = larger;
    }
    this.samples.set(more, this.used);
    this.used += more.length;
  }

  /** A view of the samples from one position to another, as far as they are still kept. */
  slice(from: number, to = this.end): Int16Array {
    return this.samples.subarray(Math.max(0, from - this.first), Math.max(0, to - this.first));
  }

  /** Drops the samples before a position. Moves memory only when much of it can be freed. */
  forget(before: number): void {
    const excess = before - this.first;
    if (excess < this.used / 2 || excess <= 0) return;
    this.samples.copyWithin(0, excess, this.used);
    this.first += excess;
    this.used -= excess;
  }
}
