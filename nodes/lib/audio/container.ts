import { AaiError } from "../common/errors";
import { beginsMp3File, beginsWithAdts, beginsWithMp3 } from "./frame-headers";

/** A kind of audio file that cannot be read here: sent as PCM it would be noise, and billed as speech. */
export interface ForeignFile {
  container: string;
  /** of a file of this kind, without the point: for the command that converts it */
  extension: string;
  /** The bytes are also within such a file: a page of Ogg. */
  mayContinue?: true;
}

/** At least 4 bytes that are always the same, in pieces where a length lies between them: offset and bytes. */
type Signature = readonly (readonly [at: number, bytes: string])[];

const SIGNATURES: readonly (ForeignFile & { signature: Signature })[] = [
  { container: "FLAC", extension: "flac", signature: [[0, "fLaC"]] },
  { container: "Ogg", extension: "ogg", signature: [[0, "OggS\0\x02"]] },
  { container: "Ogg", extension: "ogg", mayContinue: true, signature: [[0, "OggS\0"]] },
  { container: "MP3", extension: "mp3", signature: [[0, "ID3\x02\0"]] },
  { container: "MP3", extension: "mp3", signature: [[0, "ID3\x03\0"]] },
  { container: "MP3", extension: "mp3", signature: [[0, "ID3\x04\0"]] },
  { container: "RF64", extension: "rf64", signature: [[0, "RF64"]] },
  {
    container: "AIFF",
    extension: "aiff",
    signature: [
      [0, "FORM"],
      [8, "AIF"],
    ],
  },
  { container: "WebM/Matroska", extension: "webm", signature: [[0, "\x1a\x45\xdf\xa3"]] },
  {
    container: "M4A/MP4",
    extension: "m4a",
    signature: [
      [0, "\0\0"],
      [4, "ftyp"],
    ],
  },
  { container: "AMR", extension: "amr", signature: [[0, "#!AMR"]] },
  { container: "CAF", extension: "caf", signature: [[0, "caff\0\x01"]] },
  { container: "AU", extension: "au", signature: [[0, ".snd\0\0"]] },
  { container: "WMA", extension: "wma", signature: [[0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11"]] },
];
const LONGEST_SIGNATURE = 12;
/** With which one of them may begin. This is looked at in each message of live audio. */
const FIRST_BYTES = new Set(Buffer.from("fOIRF\x1a\0#c.0", "latin1"));

/** Where frames without a container are looked for. */
export type FrameSearch =
  /** audio begins */
  | "any"
  /** a file is being skipped: its own frames are not another file's */
  | "file"
  /** within live audio */
  | "none";

/**
 * The kind of file that `data` begins, where it is one that cannot be read here.
 * @param frames which frames without a container begin a file
 */
export function foreignFile(data: Buffer, frames: FrameSearch): ForeignFile | undefined {
  if (FIRST_BYTES.has(data[0] ?? -1)) {
    const beginning = data.toString("latin1", 0, LONGEST_SIGNATURE);
    return SIGNATURES.find(({ signature }) => signature.every(([at, bytes]) => beginning.startsWith(bytes, at)));
  }
  if (frames === "none") return undefined;
  if (frames === "any" && beginsWithAdts(data)) return { container: "AAC", extension: "aac" };
  const isMp3 = frames === "any" ? beginsWithMp3(data) : beginsMp3File(data);
  return isMp3 ? { container: "MP3", extension: "mp3" } : undefined;
}

/** Names that begin with a vowel when they are spoken: English says "an MP3 file". In other languages both texts are the same. */
const AFTER_AN = new Set(["AAC", "AIFF", "AMR", "AU", "M4A/MP4", "MP3", "Ogg", "RF64"]);

export function foreignFileError({ container, extension }: ForeignFile): AaiError {
  return new AaiError(AFTER_AN.has(container) ? "AAI_AUDIO_FORMAT/container-an" : "AAI_AUDIO_FORMAT/container", { container, extension });
}
