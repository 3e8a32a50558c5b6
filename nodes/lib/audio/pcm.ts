import { SAMPLE_BYTES } from "./pcm-buffer";
import { frameBytes, toMono16, type Channel, type SampleFormat } from "./sample-format";

/** Whole frames, as they came. */
export interface Frames {
  data: Buffer;
  format: SampleFormat;
}

/**
 * Mono PCM, signed 16-bit little-endian: a whole number of samples. Its length is known before the samples are converted, which takes
 * long for a large file, so that one that is too long can be refused at once.
 */
export class Pcm {
  constructor(
    private readonly parts: readonly Frames[],
    private readonly channel: Channel,
    /** Hz by a WAV header or `msg.audio`; undefined where neither gives it */
    readonly sampleRate: number | undefined,
  ) {}

  /** how many bytes `data` has */
  get length(): number {
    let bytes = 0;
    for (const { data, format } of this.parts) bytes += (data.length / frameBytes(format)) * SAMPLE_BYTES;
    return bytes;
  }

  /** The samples, converted at each access; a view of the payload where there is nothing to convert. */
  get data(): Buffer {
    const converted = this.parts.map(({ data, format }) => toMono16(data, format, this.channel));
    return converted.length === 1 ? (converted[0] as Buffer) : Buffer.concat(converted);
  }
}
