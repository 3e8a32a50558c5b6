import { AaiError } from "../common/errors";

/**
 * What a recorder writes, as bare samples. A recorder that was asked for raw PCM may still write a container, as an older version
 * or a wrapper script of that name does; the first bytes tell. State machine:
 *
 *     sniffing ──"RIFF…WAVE"──▶ (header read to its "data") ──▶ pcm16
 *        │ └────".SoX"────────▶ (header read to its end) ─────▶ pcm32
 *        └──────anything else─────────────────────────────────▶ pcm16
 */

/** Beyond this many bytes without samples it is no header that we know. A usual one has 44 or 48. */
const LONGEST_HEADER = 4096;

interface Header {
  sampleRate: number;
  /** Where the samples begin, in bytes. */
  end: number;
  sampleBytes: 2 | 4;
}

export class PcmReader {
  private sampleBytes: 2 | 4 | undefined;
  private pending: Buffer = Buffer.alloc(0);

  /** @param sampleRate Hz, that the recorder was asked for */
  constructor(private readonly sampleRate: number) {}

  /**
   * @param bytes what came from the recorder, in pieces of any length
   * @returns the same as signed 16-bit little-endian samples; empty while it is not yet clear what it is
   * @throws AaiError AAI_DEVICE/rate where a header says that the device runs at another rate
   */
  push(bytes: Buffer): Buffer {
    if (this.sampleBytes === 2) return bytes;
    this.pending = this.pending.length === 0 ? bytes : Buffer.concat([this.pending, bytes]);
    if (this.sampleBytes === undefined) this.sniff();
    return this.takeSamples();
  }

  private sniff(): void {
    const header = readHeader(this.pending);
    if (header === "incomplete" && this.pending.length < LONGEST_HEADER) return;
    if (header === "none" || header === "incomplete") {
      this.sampleBytes = 2;
      return;
    }
    if (header.sampleRate !== this.sampleRate) {
      throw new AaiError("AAI_DEVICE/rate", { wanted: this.sampleRate, granted: header.sampleRate });
    }
    this.sampleBytes = header.sampleBytes;
    this.pending = this.pending.subarray(header.end);
  }

  private takeSamples(): Buffer {
    const bytes = this.pending;
    if (this.sampleBytes === undefined) return Buffer.alloc(0);
    const whole = this.sampleBytes === 2 ? bytes.length : bytes.length - (bytes.length % 4);
    this.pending = bytes.subarray(whole);
    return this.sampleBytes === 2 ? bytes : upperHalves(bytes.subarray(0, whole));
  }
}

/** sox widens 16-bit samples to 32 bits by shifting: the upper half is the sample, bit for bit. */
function upperHalves(samples: Buffer): Buffer {
  const halves = Buffer.alloc(samples.length / 2);
  for (let from = 0; from < samples.length; from += 4) samples.copy(halves, from / 2, from + 2, from + 4);
  return halves;
}

function readHeader(bytes: Buffer): Header | "none" | "incomplete" {
  const magic = bytes.toString("latin1", 0, 4);
  if (magic === "RIFF") return readRiff(bytes);
  if (magic === ".SoX") return readSox(bytes);
  return bytes.length < 4 ? "incomplete" : "none";
}

/** RIFF: "RIFF", size, "WAVE", then chunks of name, size and contents; the sample rate is at 4 in "fmt ", the samples are "data". */
function readRiff(bytes: Buffer): Header | "none" | "incomplete" {
  if (bytes.length < 12) return "incomplete";
  if (bytes.toString("latin1", 8, 12) !== "WAVE") return "none";
  let sampleRate: number | undefined;
  for (let at = 12; at + 8 <= bytes.length;) {
    const name = bytes.toString("latin1", at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    if (name === "data") return sampleRate === undefined ? "none" : { sampleRate, end: at + 8, sampleBytes: 2 };
    if (name === "fmt " && at + 16 <= bytes.length) sampleRate = bytes.readUInt32LE(at + 12);
    at += 8 + size + (size % 2);
  }
  return "incomplete";
}

/** ".SoX", the length of the header less these 4 bytes, the count of samples (8 bytes), their rate (a double), channels, a comment. */
function readSox(bytes: Buffer): Header | "incomplete" {
  if (bytes.length < 24) return "incomplete";
  const end = 4 + bytes.readUInt32LE(4);
  return bytes.length < end ? "incomplete" : { sampleRate: bytes.readDoubleLE(16), end, sampleBytes: 4 };
}
