import { AaiError } from "../common/errors";
import { ENCODED_BYTES, ENCODINGS, type Encoding, type SampleFormat } from "./sample-format";

/** The format in a WAV header, for the kinds that are accepted: mono or stereo, in one of ENCODINGS. */
export interface WavFormat extends SampleFormat {
  sampleRate: number;
  /** bytes of audio after the header; Infinity where the writer did not know (a stream) */
  dataBytes: number;
}

const RIFF = Buffer.from("RIFF");
/** Enough bytes to recognise WAV: "RIFF", a length, "WAVE". */
const MAGIC_BYTES = 12;
/** Of a chunk: its name and its length. */
const CHUNK_HEAD_BYTES = 8;
/** Of the format chunk: up to the encoding of the extensible form. */
const FORMAT_BYTES = { least: 16, most: 26 } as const;
/** A header with large LIST or INFO chunks is a few kB; more is not a header. */
const MAX_HEADER_BYTES = 1024 * 1024;
/** Recorders that cannot seek write 0, 0x7fffffff-ish or 0xffffffff as the length. */
const STREAM_LENGTH_FROM = 0x7fff_0000;
const EXTENSIBLE = 0xfffe;
/** The number that stands for an encoding in the header. */
const TAGS: Readonly<Record<Encoding, number>> = { pcm_s16le: 1, pcm_f32le: 3, pcm_alaw: 6, pcm_mulaw: 7 };

/** Whether `data` may be the beginning of a WAV file: true or false, or "maybe" while there are too few bytes. */
export function looksLikeWav(data: Buffer): boolean | "maybe" {
  // Byte by byte: this runs for each message of live audio.
  for (let at = 0; at < RIFF.length && at < data.length; at++) if (data[at] !== RIFF[at]) return false;
  if (data.length < MAGIC_BYTES) return "maybe";
  return data.toString("latin1", 8, 12) === "WAVE";
}

/**
 * Reads the header of one WAV file, in pieces of any length. It reads each byte once and keeps only the part that it is reading: the cost
 * of a header does not depend on how the file is cut.
 *
 *   magic ──▶ chunk's head ──"fmt "──▶ format ──▶ chunk's head ──"data"──▶ complete
 *                 ▲  └──another chunk, skipped──────┐
 *                 └─────────────────────────────────┘
 */
export class WavHeader {
  private part: "magic" | "head" | "format" = "magic";
  /** the part as far as it is there, and how long it will be */
  private readonly bytes = Buffer.alloc(FORMAT_BYTES.most);
  private filled = 0;
  private wanted = MAGIC_BYTES;
  /** bytes to skip before the next part, and after it */
  private skipping = 0;
  private following = 0;
  private format: Omit<WavFormat, "dataBytes"> | undefined;
  private taken = 0;
  private total = Infinity;

  constructor(private readonly accepted: readonly Encoding[] = ENCODINGS) {}

  /** Bytes of the file that were read: up to the first of the audio once the header is complete. */
  get position(): number {
    return this.taken;
  }

  /** The length of the whole file in bytes, from its first chunk; Infinity where the writer did not know. */
  get fileBytes(): number {
    return this.total;
  }

  /**
   * @param data what follows the bytes of the last call; the first one begins with a file that looks like WAV
   * @returns the format and what comes after the header, or undefined while the header is not complete
   * @throws AaiError AAI_AUDIO_FORMAT for any other kind of WAV than mono or stereo in one of the encodings that are accepted
   */
  push(data: Buffer): { format: WavFormat; remainder: Buffer } | undefined {
    for (let at = 0; at < data.length;) {
      const count = Math.min(data.length - at, this.skipping > 0 ? this.skipping : this.wanted - this.filled);
      if (this.skipping > 0) {
        this.skipping -= count;
      } else {
        data.copy(this.bytes, this.filled, at, at + count);
        this.filled += count;
      }
      at += count;
      this.taken += count;
      const format = this.skipping === 0 && this.filled === this.wanted ? this.read() : undefined;
      if (format) return { format, remainder: data.subarray(at) };
    }
    return undefined;
  }

  /** @returns the whole format once the audio begins */
  private read(): WavFormat | undefined {
    switch (this.part) {
      case "magic":
        this.total = knownLength(this.bytes.readUInt32LE(4)) + CHUNK_HEAD_BYTES;
        return this.expect("head", CHUNK_HEAD_BYTES);
      case "head":
        return this.readHead(this.bytes.toString("latin1", 0, 4), this.bytes.readUInt32LE(4));
      case "format":
        this.format = parseFormat(this.bytes.subarray(0, this.filled), this.accepted);
        return this.expect("head", CHUNK_HEAD_BYTES, this.following);
    }
  }

  private readHead(id: string, length: number): WavFormat | undefined {
    if (id === "data") {
      if (!this.format) throw new AaiError("AAI_AUDIO_FORMAT/wav-header");
      return { ...this.format, dataBytes: knownLength(length) };
    }
    if (this.taken + length > MAX_HEADER_BYTES) throw new AaiError("AAI_AUDIO_FORMAT/wav-long");
    const padded = length + (length % 2); // chunks are padded to even lengths
    if (id !== "fmt ") return this.expect("head", CHUNK_HEAD_BYTES, padded);
    if (length < FORMAT_BYTES.least) throw new AaiError("AAI_AUDIO_FORMAT/wav-header");
    const known = Math.min(length, FORMAT_BYTES.most);
    this.following = padded - known;
    return this.expect("format", known);
  }

  private expect(part: "head" | "format", bytes: number, skipping = 0): undefined {
    this.part = part;
    this.wanted = bytes;
    this.filled = 0;
    this.skipping = skipping;
  }
}

function knownLength(length: number): number {
  return length === 0 || length >= STREAM_LENGTH_FROM ? Infinity : length;
}

function parseFormat(chunk: Buffer, accepted: readonly Encoding[]): Omit<WavFormat, "dataBytes"> {
  let tag = chunk.readUInt16LE(0);
  if (tag === EXTENSIBLE && chunk.length >= FORMAT_BYTES.most) tag = chunk.readUInt16LE(24);
  const channels = chunk.readUInt16LE(2);
  const bits = chunk.readUInt16LE(14);
  const encoding = accepted.find((known) => TAGS[known] === tag);
  if (encoding === undefined) throw new AaiError("AAI_AUDIO_FORMAT/wav-encoding", { encoding: tag });
  if (bits !== ENCODED_BYTES[encoding] * 8) throw new AaiError("AAI_AUDIO_FORMAT/wav-bits", { bits });
  if (channels !== 1 && channels !== 2) throw new AaiError("AAI_AUDIO_FORMAT/wav-channels", { channels });
  return { encoding, sampleRate: chunk.readUInt32LE(4), channels };
}
