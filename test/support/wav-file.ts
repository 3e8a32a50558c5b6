export interface WavOptions {
  audio?: Buffer;
  sampleRate?: number;
  channels?: number;
  bits?: number;
  encoding?: number;
  /** WAVE_FORMAT_EXTENSIBLE, with `encoding` in its GUID */
  extensible?: boolean;
  /** chunks before the audio */
  before?: Buffer[];
  /** chunks after the audio */
  after?: Buffer[];
  /** false lengths of the RIFF and of the data for the header */
  riffLength?: number;
  dataLength?: number;
}

/** A RIFF chunk, padded to an even length. */
export function chunk(id: string, body: Buffer, length = body.length): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, 0, "latin1");
  head.writeUInt32LE(length, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
}

export const LIST = chunk("LIST", Buffer.from("INFOISFT\x0d\0\0\0Lavf61.1.100\0", "latin1"));

/** A WAV file, correct or with the faults that a test asks for. */
export function wavFile(options: WavOptions = {}): Buffer {
  const { audio = Buffer.alloc(0), sampleRate = 16_000, channels = 1, bits = 16, encoding = 1, extensible = false } = options;
  const format = Buffer.alloc(extensible ? 40 : 16);
  format.writeUInt16LE(extensible ? 0xfffe : encoding, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(sampleRate, 4);
  format.writeUInt32LE((sampleRate * channels * bits) >> 3, 8);
  format.writeUInt16LE((channels * bits) >> 3, 12);
  format.writeUInt16LE(bits, 14);
  if (extensible) {
    format.writeUInt16LE(22, 16);
    format.writeUInt16LE(bits, 18);
    format.writeUInt16LE(encoding, 24);
    Buffer.from("000000001000800000aa00389b71", "hex").copy(format, 26);
  }
  const chunks = [
    Buffer.from("WAVE", "latin1"),
    chunk("fmt ", format),
    ...(options.before ?? []),
    chunk("data", audio, options.dataLength ?? audio.length),
    ...(options.after ?? []),
  ];
  const body = Buffer.concat(chunks);
  const head = Buffer.alloc(8);
  head.write("RIFF", 0, "latin1");
  head.writeUInt32LE(options.riffLength ?? body.length, 4);
  return Buffer.concat([head, body]);
}
