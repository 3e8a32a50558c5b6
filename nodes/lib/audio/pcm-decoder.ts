import { isUtf8 } from "node:buffer";
import { isUint8Array } from "node:util/types";
import { describe } from "../common/describe";
import { AaiError } from "../common/errors";
import { isObject } from "../common/json";
import { foreignFile, foreignFileError } from "./container";
import { Pcm, type Frames } from "./pcm";
import { ENCODED_BYTES, ENCODINGS, frameBytes, type Channel, type SampleFormat } from "./sample-format";
import { looksLikeWav, WavHeader, type WavFormat } from "./wav-header";

/** Rates that the service accepts (`sample_rate`), Hz. */
export const SAMPLE_RATE_RANGE = { min: 8_000, max: 96_000 } as const;

/**
 * A text of this many bytes counts as text in the middle of audio, too: as PCM it would be 8 samples, all loud. A shorter one may be a
 * piece of audio that a serial line has cut.
 */
const SURELY_TEXT_BYTES = 16;

type Mode =
  | { kind: "raw"; format: SampleFormat; sampleRate: number | undefined }
  /** a header may begin here, or has begun with fewer bytes than tell it from raw audio */
  | { kind: "beginning"; collected: Buffer }
  | { kind: "header"; header: WavHeader }
  | { kind: "wav"; format: WavFormat; left: number; trailer: number }
  /** bytes to skip: the chunks after a file's data, or all of a file whose header cannot be used */
  | { kind: "skip"; left: number };

const [TAB, LINE_FEED, CARRIAGE_RETURN, SPACE] = [0x09, 0x0a, 0x0d, 0x20];
const NOTHING = Buffer.alloc(0);
const RAW: Mode = { kind: "raw", format: { encoding: "pcm_s16le", channels: 1 }, sampleRate: undefined };
const BEGINNING: Mode = { kind: "beginning", collected: NOTHING };

/**
 * Turns a stream of Buffers, cut anywhere, into mono PCM: raw samples with a part of one carried over, WAV files one after another, a
 * WAV stream of unknown length; of stereo the channel that is wanted.
 *
 *   raw ──"RIFF…" at a Buffer's start──▶ beginning ──"WAVE"──▶ header ──complete──▶ wav ──its data is through──▶ skip
 *    ▲                                     │  ▲                  └─not usable──▶ skip                             │
 *    └──────────no WAV after all───────────┘  └─────────────────────────────────────────────the file's end─────────┘
 *   any ──"RIFF…WAVE" at a Buffer's start──▶ beginning (what went before broke off)
 *   raw ──another kind of file, where audio begins──▶ skip
 *   skip ──paused()──▶ raw
 *   any ──msg.audio──▶ raw
 */
export class PcmDecoder {
  private mode: Mode = RAW;
  private carry: Buffer = NOTHING;
  /** There was no audio before, or a pause. */
  private isFresh = true;

  constructor(private readonly channel: Channel = "mix") {}

  /**
   * @param payload the message's payload, any length. The result may be a view of it; no reference to it is kept
   * @param audio the message's `audio` property, if any: `{ encoding, sampleRate, channels }`
   * @throws AaiError AAI_INPUT for a payload that is not a Buffer, AAI_AUDIO_FORMAT for audio that cannot be used
   */
  decode(payload: unknown, audio: unknown): Pcm {
    // Not instanceof: a function node's own arrays come from another realm.
    if (!isUint8Array(payload)) throw new AaiError("AAI_INPUT", { kind: payload === null ? "null" : typeof payload });
    let data = Buffer.isBuffer(payload) ? payload : Buffer.from(payload.buffer, payload.byteOffset, payload.length);
    if (audio !== undefined && audio !== null) this.declare(audio);
    else this.refuseForeign(data);
    const wav = data.length > 0 && looksLikeWav(data);
    if (wav === false && this.mayBeginText && isText(data) && (this.mayBeText(audio) || data.length >= SURELY_TEXT_BYTES)) {
      throw new AaiError("AAI_INPUT/text");
    }
    if (data.length > 0) this.isFresh = false;
    if (wav === true || (wav === "maybe" && this.mode === RAW && this.carry.length === 0)) this.switchTo(BEGINNING);
    // Live audio is always of this kind, and with many streams a shortcut for it pays.
    if (this.mode.kind === "raw") return new Pcm([this.frames(data, this.mode.format)], this.channel, this.mode.sampleRate);
    const parts: Frames[] = [];
    let sampleRate = this.sampleRate;
    while (data.length > 0) {
      const { frames, remainder } = this.consume(data);
      if (frames) parts.push(frames);
      sampleRate ??= this.sampleRate;
      data = remainder;
    }
    return new Pcm(parts, this.channel, sampleRate);
  }

  /** The audio had a pause: drops half a sample, half a header and a file that could not be used. A WAV continues where it stopped. */
  paused(): void {
    this.isFresh = true;
    if (this.mode.kind === "raw") this.carry = NOTHING;
    else if (this.mode.kind !== "wav") this.switchTo(RAW);
  }

  /** @throws AaiError for a file of another kind that `data` begins */
  private refuseForeign(data: Buffer): void {
    const { mode } = this;
    const skipsFile = mode.kind === "skip" && mode.left === Infinity;
    const begins = mode.kind === "beginning" && mode.collected.length === 0;
    if (mode.kind !== "raw" && !begins && !skipsFile) return;
    const foreign = foreignFile(data, skipsFile ? "file" : this.isFresh || begins ? "any" : "none");
    if (!foreign || (skipsFile && foreign.mayContinue)) return;
    // Within live audio a single Buffer went astray: what follows it is audio again.
    if (this.isFresh || begins) this.switchTo({ kind: "skip", left: Infinity });
    throw foreignFileError(foreign);
  }

  /** Whether a payload may be text: there was no live audio before it, and `msg.audio` does not declare it as audio. */
  private mayBeText(audio: unknown): boolean {
    return this.isFresh && (audio === undefined || audio === null);
  }

  /**
   * Whether the next bytes may begin a text: they are not a piece of a file, or of its header. Samples of 8 bits often look like text:
   * silence in A-law is a row of the letter U.
   */
  private get mayBeginText(): boolean {
    if (this.mode.kind === "raw") return ENCODED_BYTES[this.mode.format.encoding] > 1;
    return this.mode.kind === "beginning" && this.mode.collected.length === 0;
  }

  private get sampleRate(): number | undefined {
    if (this.mode.kind === "wav") return this.mode.format.sampleRate;
    return this.mode.kind === "raw" ? this.mode.sampleRate : undefined;
  }

  private consume(data: Buffer): { frames?: Frames; remainder: Buffer } {
    const mode = this.mode;
    switch (mode.kind) {
      case "raw":
        return { frames: this.frames(data, mode.format), remainder: NOTHING };
      case "beginning":
        return { remainder: this.beginning(Buffer.concat([mode.collected, data])) };
      case "header":
        return { remainder: this.header(mode.header, data) };
      case "wav": {
        const own = data.subarray(0, Math.min(data.length, mode.left));
        const frames = this.frames(own, mode.format);
        mode.left -= own.length;
        if (mode.left <= 0) this.skip(mode.trailer);
        return { frames, remainder: data.subarray(own.length) };
      }
      case "skip":
        return { remainder: this.skip(mode.left, data) };
    }
  }

  /** @returns the bytes for the mode that they turned out to need */
  private beginning(collected: Buffer): Buffer {
    const wav = looksLikeWav(collected);
    if (wav === "maybe") {
      this.mode = { kind: "beginning", collected };
      return NOTHING;
    }
    this.mode = wav ? { kind: "header", header: new WavHeader() } : RAW;
    return collected;
  }

  /** @returns what follows the header */
  private header(header: WavHeader, data: Buffer): Buffer {
    const begin = header.position;
    try {
      const complete = header.push(data);
      if (!complete) return NOTHING;
      const { format, remainder } = complete;
      checkRate(format.sampleRate);
      const trailer = header.fileBytes - header.position - format.dataBytes;
      this.switchTo({ kind: "wav", format, left: format.dataBytes, trailer: Number.isFinite(trailer) ? trailer : 0 });
      return remainder;
    } catch (error) {
      // The error replaces the rest of this Buffer; where another file begins in it, that is kept for the next Buffer.
      const remainder = this.skip(header.fileBytes - header.position, data.subarray(header.position - begin));
      if (remainder.length > 0) this.mode = { kind: "beginning", collected: remainder };
      throw error;
    }
  }

  /** Skips `left` bytes, beginning with `data`. @returns the bytes after them in `data` */
  private skip(left: number, data: Buffer = NOTHING): Buffer {
    this.switchTo(left > data.length ? { kind: "skip", left: left - data.length } : BEGINNING);
    return data.subarray(Math.max(0, left));
  }

  private switchTo(mode: Mode): void {
    this.mode = mode;
    this.carry = NOTHING;
  }

  private declare(audio: unknown): void {
    if (!isObject(audio)) throw new AaiError("AAI_AUDIO_FORMAT/audio");
    const { encoding: name = "pcm_s16le", sampleRate, channels = 1 } = audio;
    const encoding = ENCODINGS.find((known) => known === name);
    if (encoding === undefined) {
      throw new AaiError("AAI_AUDIO_FORMAT/encoding", { value: describe(name), accepted: ENCODINGS.join(", ") });
    }
    if (channels !== 1 && channels !== 2) throw new AaiError("AAI_AUDIO_FORMAT/channels");
    if (sampleRate !== undefined) checkRate(sampleRate);
    const { mode } = this;
    const same =
      mode.kind === "raw" && mode.format.encoding === encoding && mode.format.channels === channels && mode.sampleRate === sampleRate;
    if (!same) this.switchTo({ kind: "raw", format: { encoding, channels }, sampleRate });
  }

  /** Whole frames; an incomplete last one is kept for the next Buffer. */
  private frames(data: Buffer, format: SampleFormat): Frames {
    const all = this.carry.length > 0 ? Buffer.concat([this.carry, data]) : data;
    const odd = all.length % frameBytes(format);
    this.carry = odd > 0 ? Buffer.from(all.subarray(-odd)) : NOTHING;
    return { data: odd > 0 ? all.subarray(0, -odd) : all, format };
  }
}

/** UTF-8 without control characters but a few breaks and tabs: a transcript or JSON that was published on the audio's topic. */
function isText(data: Buffer): boolean {
  if (data.length < 2) return false;
  let breaks = 0;
  for (const byte of data) {
    if (byte === TAB || byte === LINE_FEED || byte === CARRIAGE_RETURN) breaks++;
    else if (byte < SPACE || byte === 0xff) return false; // almost all PCM, at its first samples: quiet ones hold the byte 0 or 255
  }
  return breaks * 4 <= data.length && isUtf8(data);
}

function checkRate(rate: unknown): asserts rate is number {
  const { min, max } = SAMPLE_RATE_RANGE;
  if (typeof rate === "number" && Number.isInteger(rate) && rate >= min && rate <= max) return;
  throw new AaiError("AAI_AUDIO_FORMAT/rate", { rate: describe(rate), min, max });
}
