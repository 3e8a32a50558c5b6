import { AaiError } from "../common/errors";
import { looksLikeWav, WavHeader, type WavFormat } from "./wav-header";

/**
 * Reads a whole WAV file.
 * @returns its format and a view of its samples, as many as there are
 * @throws AaiError AAI_AUDIO_FORMAT for anything but 16-bit PCM, mono or stereo
 */
export function readWavFile(file: Buffer): { format: WavFormat; samples: Buffer } {
  const header = looksLikeWav(file) === true ? new WavHeader(["pcm_s16le"]).push(file) : undefined;
  if (!header) throw new AaiError("AAI_AUDIO_FORMAT/wav-header");
  const { format, remainder } = header;
  return { format, samples: remainder.subarray(0, Math.min(remainder.length, format.dataBytes)) };
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
  file.writeUInt16LE(1, 20); // PCM
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
