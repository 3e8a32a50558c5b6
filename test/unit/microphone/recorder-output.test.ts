import assert from "node:assert/strict";
import { PcmReader } from "../../../nodes/lib/microphone/recorder-output";

const SAMPLES = Buffer.from([0, 0, 0x83, 0x01, 0xff, 0x7f, 0x00, 0x80, 0x12, 0xab]);

/** A header as arecord writes it to a pipe, where it cannot know the length. */
function riff(sampleRate: number, extra = Buffer.alloc(0)): Buffer {
  const fmt = Buffer.from("fmt \x10\0\0\0\x01\0\x01\0\0\0\0\0\0\0\0\0\x02\0\x10\0", "latin1");
  fmt.writeUInt32LE(sampleRate, 12);
  fmt.writeUInt32LE(sampleRate * 2, 16);
  return Buffer.concat([Buffer.from("RIFF\xff\xff\xff\x7fWAVE", "latin1"), extra, fmt, Buffer.from("data\xff\xff\xff\x7f", "latin1")]);
}

/** The first 48 bytes of `sox … -p` 14.4.2 for 16 kHz mono. */
const SOX_HEADER = Buffer.from("2e536f582c000000a000000000000000000000000040cf40010000001000000050726f63657373656420627920536f58", "hex");

/** 16-bit samples as sox widens them. */
function widened(samples: Buffer): Buffer {
  const wide = Buffer.alloc(samples.length * 2);
  for (let i = 0; i < samples.length; i += 2) wide.writeInt32LE(samples.readInt16LE(i) << 16, i * 2);
  return wide;
}

/** Reads `bytes` in pieces of `size`. */
function read(bytes: Buffer, size: number, sampleRate = 16_000): Buffer {
  const reader = new PcmReader(sampleRate);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(reader.push(bytes.subarray(at, at + size)));
  return Buffer.concat(pieces);
}

describe("pcm-reader", () => {
  for (const size of [1, 3, 7, 44, 1000]) {
    it(`reads bare samples, WAV and .SoX alike, in pieces of ${size} bytes`, () => {
      assert.deepEqual(read(SAMPLES, size), SAMPLES);
      assert.deepEqual(read(Buffer.concat([riff(16_000), SAMPLES]), size), SAMPLES);
      assert.deepEqual(read(Buffer.concat([riff(16_000, Buffer.from("LIST\x03\0\0\0abc\0", "latin1")), SAMPLES]), size), SAMPLES);
      assert.deepEqual(read(Buffer.concat([SOX_HEADER, widened(SAMPLES)]), size), SAMPLES);
    });
  }

  it("hands bare samples on without a copy", () => {
    const reader = new PcmReader(16_000);
    reader.push(SAMPLES);
    assert.equal(reader.push(SAMPLES), SAMPLES);
  });

  it("only looks at the beginning", () => {
    const later = Buffer.concat([SAMPLES, riff(8000), SOX_HEADER]);
    assert.deepEqual(read(later, 10), later);
  });

  it("keeps samples that merely begin like a header", () => {
    const noise = Buffer.concat([Buffer.from("RIFFnoisenoise"), SAMPLES]);
    assert.deepEqual(read(noise, 5), noise);
  });

  it("refuses a header that never ends", () => {
    const endless = Buffer.concat([Buffer.from("RIFF\0\0\0\0WAVEjunk\xff\xff\xff\x7f", "latin1"), Buffer.alloc(5000, 7)]);
    assert.throws(() => read(endless, 1000), { key: "AAI_AUDIO_FORMAT/wav-long" });
    const sox = Buffer.concat([Buffer.from(".SoX\xff\xff\xff\x7f", "latin1"), Buffer.alloc(5000, 7)]);
    assert.deepEqual(read(sox, 1000), sox, "rather noise than nothing: four bytes may be sound");
  });

  it("refuses another sample rate, by either header", () => {
    const refusal = { key: "AAI_DEVICE/rate", values: { wanted: 8000, granted: 16_000 } };
    assert.throws(() => read(riff(16_000), 1000, 8000), refusal);
    assert.throws(() => read(SOX_HEADER, 1000, 8000), refusal);
  });
});
