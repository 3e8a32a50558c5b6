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
  const pcm = new Int16Array(codes.length);
  for (let at = 0; at < pcm.length; at++) pcm[at] = table[codes[at] as number] as number;
  return Buffer.from(pcm.buffer);
}

/** Full scale is ±1; what is louder is clipped, and NaN is silence. */
function fromFloats(floats: Buffer): Buffer {
  const view = new DataView(floats.buffer, floats.byteOffset, floats.length);
  const pcm = new Int16Array(floats.length / 4);
  for (let at = 0; at < pcm.length; at++) {
    const sample = Math.round(view.getFloat32(4 * at, true) * 32_768);
    pcm[at] = Math.max(-32_768, Math.min(32_767, sample));
  }
  return Buffer.from(pcm.buffer);
}

function ofStereo(stereo: Buffer, channel: Channel): Buffer {
  const view = new DataView(stereo.buffer, stereo.byteOffset, stereo.length);
  const mono = new Int16Array(stereo.length / 4);
  for (let at = 0; at < mono.length; at++) {
    const left = view.getInt16(4 * at, true);
    const right = view.getInt16(4 * at + 2, true);
    mono[at] = channel === "mix" ? (left + right) >> 1 : channel === "left" ? left : right;
  }
  return Buffer.from(mono.buffer);
}
