import { beginsWithAdts, beginsWithMp3 } from "./frame-headers";

/** A kind of audio file that cannot be read here: sent as PCM it would be noise, and billed as speech. */
export interface ForeignFile {
  container: string;
  /** of a file of this kind, without the point: for the command that converts it */
  extension: string;
}

/** By their first bytes, or those at an offset. */
const SIGNATURES: readonly (ForeignFile & { bytes: Buffer; at?: number })[] = [
  { container: "FLAC", extension: "flac", bytes: Buffer.from("fLaC") },
  { container: "Ogg", extension: "ogg", bytes: Buffer.from("OggS\0") },
  { container: "MP3", extension: "mp3", bytes: Buffer.from("ID3\x02\0") },
  { container: "MP3", extension: "mp3", bytes: Buffer.from("ID3\x03\0") },
  { container: "MP3", extension: "mp3", bytes: Buffer.from("ID3\x04\0") },
  { container: "RF64", extension: "rf64", bytes: Buffer.from("RF64") },
  { container: "AIFF", extension: "aiff", bytes: Buffer.from("FORM\0") },
  { container: "WebM/Matroska", extension: "webm", bytes: Buffer.from([0x1a, 0x45, 0xdf, 0xa3]) },
  { container: "AMR", extension: "amr", bytes: Buffer.from("#!AMR") },
  { container: "CAF", extension: "caf", bytes: Buffer.from("caff\0\x01") },
  { container: "WMA", extension: "wma", bytes: Buffer.from([0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11]) },
  // A box's length comes first: of less than 64 kB.
  { container: "M4A/MP4", extension: "m4a", bytes: Buffer.from("ftyp"), at: 4 },
];

/**
 * The kind of file that `data` begins, where it is one that cannot be read here.
 * @param mayBeFrames whether frames without a container are looked for, which is for the beginning of audio only
 */
export function foreignFile(data: Buffer, mayBeFrames: boolean): ForeignFile | undefined {
  for (const signature of SIGNATURES) {
    const { bytes, at = 0 } = signature;
    if (data[at] === bytes[0] && data.subarray(at, at + bytes.length).equals(bytes)) {
      if (at === 0 || data.readUInt16BE(0) === 0) return signature;
    }
  }
  if (!mayBeFrames) return undefined;
  if (beginsWithAdts(data)) return { container: "AAC", extension: "aac" };
  return beginsWithMp3(data) ? { container: "MP3", extension: "mp3" } : undefined;
}
