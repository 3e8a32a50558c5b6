/** How samples are encoded: `msg.audio.encoding`. All are turned into the first one, so that everything after the decoder knows only that. */
export const ENCODINGS = ["pcm_s16le", "pcm_mulaw", "pcm_alaw", "pcm_f32le"] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** What is heard of stereo. */
export const CHANNELS = ["mix", "left", "right"] as const;
export type Channel = (typeof CHANNELS)[number];

/** How raw audio is laid out. */
export interface SampleFormat {
  encoding: Encoding;
  channels: 1 | 2;
}

export const ENCODED_BYTES: Readonly<Record<Encoding, number>> = { pcm_s16le: 2, pcm_mulaw: 1, pcm_alaw: 1, pcm_f32le: 4 };

/** Bytes of one moment in time: a sample of each channel. */
export function frameBytes({ encoding, channels }: SampleFormat): number {
  return ENCODED_BYTES[encoding] * channels;
}

/**
 * Mono PCM, signed 16-bit little-endian. `channel` does not matter for mono.
 * @param data whole frames; where there is nothing to change, the result is the same Buffer
 */
export function toMono16(data: Buffer, { encoding, channels }: SampleFormat, channel: Channel): Buffer {
  const samples = to16(data, encoding);
  return channels === 1 ? samples : ofStereo(samples, channel);
}

function to16(data: Buffer, encoding: Encoding): Buffer {
  switch (encoding) {
    case "pcm_s16le":
      return data;
    case "pcm_mulaw":
      return expand(data, MULAW);
    case "pcm_alaw":
      return expand(data, ALAW);
    case "pcm_f32le":
      return fromFloats(data);
  }
}

/** The sample of each of the 256 codes of G.711 µ-law. */
export const MULAW = Int16Array.from({ length: 256 }, (_, code) => {
  const inverted = ~code & 0xff;
  const magnitude = ((((inverted & 0x0f) << 3) + 0x84) << ((inverted & 0x70) >> 4)) - 0x84;
  return inverted & 0x80 ? -magnitude : magnitude;
});

/** As MULAW, of G.711 A-law. */
const ALAW = Int16Array.from({ length: 256 }, (_, code) => {
  const toggled = code ^ 0x55;
  const segment = (toggled & 0x70) >> 4;
  const step = ((toggled & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return toggled & 0x80 ? magnitude : -magnitude;
});

function expand(codes: Buffer, table: Int16Array): Buffer {
  const pcm = Buffer.allocUnsafe(codes.length * 2);
  for (const [index, code] of codes.entries()) pcm.writeInt16LE(table[code] ?? 0, index * 2);
  return pcm;
}

/** Full scale is ±1; what is louder is clipped, and NaN is silence. */
function fromFloats(floats: Buffer): Buffer {
  const pcm = Buffer.allocUnsafe(floats.length / 2);
  for (let at = 0; at < pcm.length; at += 2) {
    const sample = Math.round(floats.readFloatLE(at * 2) * 32_768) || 0;
    pcm.writeInt16LE(Math.max(-32_768, Math.min(32_767, sample)), at);
  }
  return pcm;
}

function ofStereo(stereo: Buffer, channel: Channel): Buffer {
  const mono = Buffer.allocUnsafe(stereo.length / 2);
  for (let at = 0; at < mono.length; at += 2) {
    const left = stereo.readInt16LE(2 * at);
    const right = stereo.readInt16LE(2 * at + 2);
    mono.writeInt16LE(channel === "mix" ? (left + right) >> 1 : channel === "left" ? left : right, at);
  }
  return mono;
}
