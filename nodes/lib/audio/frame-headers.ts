/** What the header of a compressed frame says. */
interface FrameHeader {
  /** bytes of the frame, its header included */
  length: number;
  /** what is the same in each frame of a file */
  constant: number;
}

/**
 * Frame headers that must follow one another, each where the one before says. Any audio may begin with the 11 or 12 bits by which a frame is
 * known. Three headers of one kind in the right places are found by chance in one of 10^15 (MP3) or 10^19 (ADTS) beginnings.
 */
const HEADERS_IN_A_ROW = 3;

/** Whether `data` begins with frames of MPEG audio, layer III: an MP3 file without an ID3 tag. */
export function beginsWithMp3(data: Buffer): boolean {
  return beginsWithFrames(data, mp3Header);
}

/** Where encoders write the name of their own frame, by version and channels, and these names. It is the first one and holds no audio. */
const ENCODER_FRAMES: readonly (readonly [at: number, name: string])[] = [13, 21, 36]
  .flatMap((at) => ["Xing", "Info"].map((name) => [at, name] as const))
  .concat([[36, "VBRI"]]);

/** Whether an MP3 file without an ID3 tag begins with `data`, not only its next frames: most encoders mark a file's first frame. */
export function beginsMp3File(data: Buffer): boolean {
  return beginsWithMp3(data) && ENCODER_FRAMES.some(([at, name]) => data.toString("latin1", at, at + name.length) === name);
}

/** Whether `data` begins with ADTS frames: an AAC file without a container. */
export function beginsWithAdts(data: Buffer): boolean {
  return beginsWithFrames(data, adtsHeader);
}

function beginsWithFrames(data: Buffer, headerAt: (data: Buffer, at: number) => FrameHeader | undefined): boolean {
  if (data[0] !== 0xff) return false;
  const first = headerAt(data, 0);
  let header = first;
  let at = 0;
  for (let count = 1; header && header.constant === first?.constant; count++) {
    if (count === HEADERS_IN_A_ROW) return true;
    at += header.length;
    header = headerAt(data, at);
  }
  return false;
}

/** kbit/s by the header's index, of MPEG-1 and of the lower rates of MPEG-2 and 2.5 (ISO/IEC 11172-3 and 13818-3, layer III). */
const MPEG1_KBITS = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const MPEG2_KBITS = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
/** Hz by the header's index, of MPEG-1; MPEG-2 has the halves of them and MPEG-2.5 the quarters. */
const MPEG1_RATES = [44_100, 48_000, 32_000];
const MPEG1 = 0b11;
const MPEG2 = 0b10;
const RESERVED_VERSION = 0b01;
const LAYER_III = 0b01;
const RESERVED_EMPHASIS = 0b10;

/** 11 bits of ones, version, layer, no-CRC; bit rate, sample rate, padding, private; mode (4 bits), copyright, original, emphasis. */
function mp3Header(data: Buffer, at: number): FrameHeader | undefined {
  const [sync = 0, kind = 0, rates = 0, mode = 0] = data.subarray(at, at + 4);
  const version = (kind >> 3) & 0b11;
  const isMpeg1 = version === MPEG1;
  const kbits = (isMpeg1 ? MPEG1_KBITS : MPEG2_KBITS)[rates >> 4];
  const mpeg1Rate = MPEG1_RATES[(rates >> 2) & 0b11];
  if (sync !== 0xff || kind >> 5 !== 0b111 || version === RESERVED_VERSION || ((kind >> 1) & 0b11) !== LAYER_III) return undefined;
  if (!kbits || mpeg1Rate === undefined || (mode & 0b11) === RESERVED_EMPHASIS) return undefined;
  const rate = isMpeg1 ? mpeg1Rate : version === MPEG2 ? mpeg1Rate / 2 : mpeg1Rate / 4;
  const padding = (rates >> 1) & 1;
  return { length: Math.floor(((isMpeg1 ? 144 : 72) * kbits * 1000) / rate) + padding, constant: (kind << 8) | (rates & 0b1100) };
}

const ADTS_HEADER_BYTES = 7;
const ADTS_RATES = 13;

/** 12 bits of ones, MPEG-4 or 2, layer (00), no-CRC; profile, sample rate (4 bits), private, channels (3 bits), 4 flags, length (13 bits). */
function adtsHeader(data: Buffer, at: number): FrameHeader | undefined {
  if (data.length < at + ADTS_HEADER_BYTES) return undefined;
  const kind = data.readUInt16BE(at);
  const format = data.readUInt16BE(at + 2);
  if ((kind & 0xfff6) !== 0xfff0 || ((format >> 10) & 0b1111) >= ADTS_RATES) return undefined;
  const length = (data.readUIntBE(at + 3, 3) >> 5) & 0x1fff;
  // The private bit and what comes after the channels may change.
  return length < ADTS_HEADER_BYTES ? undefined : { length, constant: (kind << 16) | (format & 0xfdc0) };
}
