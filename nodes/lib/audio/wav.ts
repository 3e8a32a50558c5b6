import { AaiError } from "../common/errors";

/** The format in a WAV header, for the one kind that is accepted: 16-bit PCM, mono or stereo. */
export interface WavFormat {
  sampleRate: number;
  channels: 1 | 2;
  /** bytes of audio after the header; Infinity where the writer did not know (a stream) */
  dataBytes: number;
}

const RIFF = Buffer.from("RIFF");
/** Enough bytes to recognise WAV: "RIFF", a length, "WAVE". */
const MAGIC_BYTES = 12;
/** A header with large LIST or INFO chunks is a few kB; more is not a header. */
const MAX_HEADER_BYTES = 1024 * 1024;
/** Recorders that cannot seek write 0, 0x7fffffff-ish or 0xffffffff as the length. */
const STREAM_LENGTH_FROM = 0x7fff_0000;
const PCM = 1;
const EXTENSIBLE = 0xfffe;

/** Whether `data` may be the beginning of a WAV file: true or false, or "maybe" while there are too few bytes. */
export function looksLikeWav(data: Buffer): boolean | "maybe" {
  // Byte by byte: this runs for each message of live audio.
  for (let at = 0; at < RIFF.length && at < data.length; at++) if (data[at] !== RIFF[at]) return false;
  if (data.length < MAGIC_BYTES) return "maybe";
  return data.toString("latin1", 8, 12) === "WAVE";
}

/**
 * Reads a WAV header.
 * @param data begins with a WAV file's first byte
 * @returns the format and the offset of the first audio byte, or undefined while the header is not complete
 * @throws AaiError AAI_AUDIO_FORMAT for any other kind of WAV than 16-bit PCM, mono or stereo
 */
export function parseWavHeader(data: Buffer): { format: WavFormat; offset: number } | undefined {
  let format: Omit<WavFormat, "dataBytes"> | undefined;
  let offset = MAGIC_BYTES;
  while (offset + 8 <= data.length) {
    const id = data.toString("latin1", offset, offset + 4);
    const length = data.readUInt32LE(offset + 4);
    const body = offset + 8;
    if (id === "data") {
      if (!format) throw new AaiError("AAI_AUDIO_FORMAT/wav-header");
      return { format: { ...format, dataBytes: knownLength(length) }, offset: body };
    }
    if (body + length > MAX_HEADER_BYTES) throw new AaiError("AAI_AUDIO_FORMAT/wav-long");
    if (id === "fmt ") {
      if (length < 16) throw new AaiError("AAI_AUDIO_FORMAT/wav-header");
      if (body + length > data.length) break;
      format = parseFormat(data.subarray(body, body + length));
    }
    offset = body + length + (length % 2); // chunks are padded to even lengths
  }
  return undefined;
}

/** Bytes before the samples in a file that `wavFile` writes. */
const HEADER_BYTES = 44;

/**
 * A whole WAV file.
 * @param pcm whole samples, 16-bit little-endian mono; copied
 * @param sampleRate Hz
 */
export function wavFile(pcm: Buffer, sampleRate: number): Buffer {
  const file = Buffer.alloc(HEADER_BYTES + pcm.length);
  file.write("RIFF", 0, "latin1");
  file.writeUInt32LE(file.length - 8, 4);
  file.write("WAVEfmt ", 8, "latin1");
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(PCM, 20);
  file.writeUInt16LE(1, 22); // channels
  file.writeUInt32LE(sampleRate, 24);
  file.writeUInt32LE(sampleRate * 2, 28); // bytes in a second
  file.writeUInt16LE(2, 32); // bytes in a frame
  file.writeUInt16LE(16, 34); // bits in a sample
  file.write("data", 36, "latin1");
  file.writeUInt32LE(pcm.length, 40);
  pcm.copy(file, HEADER_BYTES);
  return file;
}

/** The length of a whole RIFF file in bytes, from its first chunk; Infinity where the writer did not know. */
export function fileBytes(riff: Buffer): number {
  return knownLength(riff.readUInt32LE(4)) + 8;
}

function knownLength(length: number): number {
  return length === 0 || length >= STREAM_LENGTH_FROM ? Infinity : length;
}

function parseFormat(chunk: Buffer): Omit<WavFormat, "dataBytes"> {
  let tag = chunk.readUInt16LE(0);
  if (tag === EXTENSIBLE && chunk.length >= 26) tag = chunk.readUInt16LE(24);
  const channels = chunk.readUInt16LE(2);
  const bits = chunk.readUInt16LE(14);
  if (tag !== PCM) throw new AaiError("AAI_AUDIO_FORMAT/wav-encoding", { encoding: tag });
  if (bits !== 16) throw new AaiError("AAI_AUDIO_FORMAT/wav-bits", { bits });
  if (channels !== 1 && channels !== 2) throw new AaiError("AAI_AUDIO_FORMAT/wav-channels", { channels });
  return { sampleRate: chunk.readUInt32LE(4), channels };
}

/** The first bytes of other kinds of audio files: sent as PCM they would be noise, and billed as speech. */
const FOREIGN_CONTAINERS: readonly (readonly [name: string, beginning: Buffer])[] = [
  ["FLAC", Buffer.from("fLaC")],
  ["Ogg", Buffer.from("OggS\0")],
  ["MP3", Buffer.from("ID3\x03\0")],
  ["MP3", Buffer.from("ID3\x04\0")],
  ["RF64", Buffer.from("RF64")],
  ["AIFF", Buffer.from("FORM\0")],
  ["WebM", Buffer.from([0x1a, 0x45, 0xdf, 0xa3])],
];

/** The name of the kind of file that `data` begins, where it is one that cannot be read here. */
export function foreignContainer(data: Buffer): string | undefined {
  const begins = (beginning: Buffer) => data[0] === beginning[0] && data.subarray(0, beginning.length).equals(beginning);
  return FOREIGN_CONTAINERS.find(([, beginning]) => begins(beginning))?.[0];
}
