import { looksLikeWav, WavHeader } from "../audio/wav-header";
import { AaiError } from "../common/errors";

/**
 * A recorder's output, as bare samples. A recorder that was asked for raw PCM may still write a container, as an older version
 * or a wrapper script of that name does; its first bytes show it. State machine:
 *
 *     sniffing ──"RIFF…WAVE"──▶ riff (header read to its "data") ──▶ pcm16
 *        │ └────".SoX"──────────(header read to its end)───────────▶ pcm32
 *        └──────anything else──────────────────────────────────────▶ pcm16
 */

/** The longest header of sox, in bytes. A usual one has 48. */
const LONGEST_SOX_HEADER = 4096;

type State =
  | { kind: "sniffing"; collected: Buffer }
  | { kind: "riff"; header: WavHeader }
  | { kind: "pcm16" }
  /** with the bytes of a sample that is not whole */
  | { kind: "pcm32"; carry: Buffer };

const NOTHING = Buffer.alloc(0);

export class PcmReader {
  private state: State = { kind: "sniffing", collected: NOTHING };

  /** @param sampleRate the requested rate, Hz */
  constructor(private readonly sampleRate: number) {}

  /**
   * @param bytes what came from the recorder, in pieces of any length
   * @returns the same as signed 16-bit little-endian samples; empty while it is not yet clear what it is
   * @throws AaiError AAI_DEVICE/rate where a header says that the device runs at another rate, AAI_AUDIO_FORMAT for a WAV header that
   * cannot be used
   */
  push(bytes: Buffer): Buffer {
    const { state } = this;
    switch (state.kind) {
      case "sniffing":
        return this.sniff(Buffer.concat([state.collected, bytes]));
      case "riff":
        return this.readRiff(state.header, bytes);
      case "pcm16":
        return bytes;
      case "pcm32":
        return this.narrow(Buffer.concat([state.carry, bytes]));
    }
  }

  private sniff(collected: Buffer): Buffer {
    const wav = looksLikeWav(collected);
    if (wav === true) return this.readRiff(new WavHeader(["pcm_s16le"]), collected);
    const sox = readSoxHeader(collected);
    if (wav === "maybe" || (sox === "incomplete" && collected.length < LONGEST_SOX_HEADER)) {
      this.state = { kind: "sniffing", collected };
      return NOTHING;
    }
    if (typeof sox === "object") {
      this.checkRate(sox.sampleRate);
      return this.narrow(collected.subarray(sox.end));
    }
    this.state = { kind: "pcm16" };
    return collected;
  }

  private readRiff(header: WavHeader, bytes: Buffer): Buffer {
    this.state = { kind: "riff", header };
    const complete = header.push(bytes);
    if (!complete) return NOTHING;
    this.checkRate(complete.format.sampleRate);
    this.state = { kind: "pcm16" };
    return complete.remainder;
  }

  private checkRate(granted: number): void {
    if (granted !== this.sampleRate) throw new AaiError("AAI_DEVICE/rate", { wanted: this.sampleRate, granted });
  }

  private narrow(bytes: Buffer): Buffer {
    const whole = bytes.length - (bytes.length % 4);
    this.state = { kind: "pcm32", carry: Buffer.from(bytes.subarray(whole)) };
    return upperHalves(bytes.subarray(0, whole));
  }
}

/** sox widens 16-bit samples to 32 bits by shifting: the upper half is the sample, bit for bit. */
function upperHalves(samples: Buffer): Buffer {
  const halves = Buffer.alloc(samples.length / 2);
  for (let from = 0; from < samples.length; from += 4) samples.copy(halves, from / 2, from + 2, from + 4);
  return halves;
}

const SOX_MAGIC = Buffer.from(".SoX");

/** ".SoX", the length of the header less these 4 bytes, the count of samples (8 bytes), their rate (a double), channels, a comment. */
function readSoxHeader(bytes: Buffer): { sampleRate: number; end: number } | "incomplete" | "none" {
  const magic = bytes.subarray(0, SOX_MAGIC.length);
  if (!magic.equals(SOX_MAGIC.subarray(0, magic.length))) return "none";
  if (bytes.length < 24) return "incomplete";
  const end = 4 + bytes.readUInt32LE(4);
  return bytes.length < end ? "incomplete" : { sampleRate: bytes.readDoubleLE(16), end };
}
