import assert from "node:assert/strict";
import { toMono16, type Encoding } from "../../../nodes/lib/audio/sample-format";
import { recording } from "../../support/audio";
import { soxDecode, soxEncode } from "../../support/sox";

const ALL_CODES = Buffer.from(Uint8Array.from({ length: 256 }, (_, code) => code));

function decode(data: Buffer, encoding: Encoding): Int16Array {
  const pcm = toMono16(data, { encoding, channels: 1 }, "mix");
  return new Int16Array(pcm.buffer.slice(pcm.byteOffset, pcm.byteOffset + pcm.length));
}

describe("toMono16", () => {
  it("decodes all codes of G.711 as SoX does", () => {
    assert.deepEqual(decode(ALL_CODES, "pcm_mulaw"), soxDecode(ALL_CODES, "mu-law", 8));
    assert.deepEqual(decode(ALL_CODES, "pcm_alaw"), soxDecode(ALL_CODES, "a-law", 8));
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

  it("decodes a recording that SoX has encoded, to the sample", () => {
    const pcm = recording("goforward.wav");
    const floats = soxEncode(pcm, "floating-point", 32);
    assert.deepEqual(decode(floats, "pcm_f32le"), pcm, "floats lose nothing");
    for (const [encoding, name] of [
      ["pcm_mulaw", "mu-law"],
      ["pcm_alaw", "a-law"],
    ] as const) {
      const encoded = soxEncode(pcm, name, 8);
      assert.equal(encoded.length, pcm.length);
      const decoded = decode(encoded, encoding);
      assert.deepEqual(decoded, soxDecode(encoded, name, 8));
      const error = decoded.reduce((sum, sample, at) => sum + (sample - (pcm[at] ?? 0)) ** 2, 0);
      const signal = pcm.reduce((sum, sample) => sum + sample ** 2, 0);
      assert.ok(
        10 * Math.log10(signal / error) > 30,
        `${name}: ${(10 * Math.log10(signal / error)).toFixed(1)} dB over the quantisation noise`,
      );
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
