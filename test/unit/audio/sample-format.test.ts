import assert from "node:assert/strict";
import { toMono16, type Encoding } from "../../../nodes/lib/audio/sample-format";
import { recording } from "../../support/audio";
import { encodeFloats, encodeG711, G711 } from "../../support/g711";

const ALL_CODES = Buffer.from(Uint8Array.from({ length: 256 }, (_, code) => code));

function decode(data: Buffer, encoding: Encoding): Int16Array {
  const pcm = toMono16(data, { encoding, channels: 1 }, "mix");
  return new Int16Array(pcm.buffer.slice(pcm.byteOffset, pcm.byteOffset + pcm.length));
}

describe("toMono16", () => {
  it("decodes all codes of G.711 as ffmpeg does", () => {
    for (const encoding of ["pcm_mulaw", "pcm_alaw"] as const) assert.deepEqual([...decode(ALL_CODES, encoding)], G711[encoding]);
  });

  it("has the values of the tables in G.711 at the ends of their segments", () => {
    // Table 2: codes 0x80, 0x8f, 0x90, … of µ-law, positive; 14-bit values of the Recommendation, times 4.
    const mulaw = [8031, 4191, 3999, 2079, 1983, 1023, 975, 495, 471, 231, 219, 99, 93, 33, 30, 0].map((value) => value * 4);
    const ends = mulaw.map((_, index) => 0x80 + (index >> 1) * 16 + (index % 2) * 15);
    assert.deepEqual([...decode(Buffer.from(ends), "pcm_mulaw")], mulaw);
    const negative = mulaw.map((value) => -value || 0);
    assert.deepEqual([...decode(Buffer.from(ends.map((code) => code ^ 0x80)), "pcm_mulaw")], negative);
    // Table 1: character signals of A-law before every other bit is inverted, positive; 13-bit values, times 8.
    const alaw = [1, 31, 33, 63, 66, 126, 132, 252, 264, 504, 528, 1008, 1056, 2016, 2112, 4032].map((value) => value * 8);
    const signals = alaw.map((_, index) => (0x80 + (index >> 1) * 16 + (index % 2) * 15) ^ 0x55);
    assert.deepEqual([...decode(Buffer.from(signals), "pcm_alaw")], alaw);
    const below = alaw.map((value) => -value);
    assert.deepEqual([...decode(Buffer.from(signals.map((code) => code ^ 0x80)), "pcm_alaw")], below);
  });

  it("gives a recording back: floats to the sample, G.711 to its quantisation noise", () => {
    const pcm = recording("goforward.wav");
    assert.deepEqual(decode(encodeFloats(pcm), "pcm_f32le"), pcm);
    for (const encoding of ["pcm_mulaw", "pcm_alaw"] as const) {
      const decoded = decode(encodeG711(pcm, encoding), encoding);
      const noise = decoded.reduce((sum, sample, at) => sum + (sample - (pcm[at] ?? 0)) ** 2, 0);
      const signal = pcm.reduce((sum, sample) => sum + sample ** 2, 0);
      const distance = 10 * Math.log10(signal / noise);
      assert.ok(distance > 30, `${encoding}: the noise is ${distance.toFixed(1)} dB below the voice`);
    }
  });

  it("clips floats, and takes those that are no number for silence", () => {
    const values = [0, 1, -1, 0.5, -0.5, 2, -2, 1e-9, Infinity, -Infinity, NaN];
    const floats = Buffer.alloc(values.length * 4);
    values.forEach((value, index) => floats.writeFloatLE(value, index * 4));
    const expected = [0, 32_767, -32_768, 16_384, -16_384, 32_767, -32_768, 0, 32_767, -32_768, 0];
    assert.deepEqual([...decode(floats, "pcm_f32le")], expected);
  });

  it("gives 16-bit mono back as it is", () => {
    const data = Buffer.from([1, 2, 3, 4]);
    assert.equal(toMono16(data, { encoding: "pcm_s16le", channels: 1 }, "left"), data);
  });
});
