import assert from "node:assert/strict";
import { looksLikeWav, parseWavHeader, wavFile } from "../../../nodes/lib/audio/wav";
import { chunk, LIST, wavFile as reference } from "../../support/wav-file";

const audio = Buffer.from([1, 2, 3, 4]);
const refused = (detail: RegExp) => ({ code: "AAI_AUDIO_FORMAT", message: detail });

describe("wav", () => {
  describe("looksLikeWav", () => {
    it("knows a WAV file by its first 12 bytes, and says maybe while they are not there", () => {
      const file = reference({ audio });
      for (let length = 0; length < 12; length++) assert.equal(looksLikeWav(file.subarray(0, length)), "maybe", `${length} bytes`);
      for (let length = 12; length <= file.length; length++) assert.equal(looksLikeWav(file.subarray(0, length)), true, `${length} bytes`);
    });

    it("says no as soon as a byte differs", () => {
      for (const text of ["X", "RX", "RIX", "RIFX", "RIFX....WAVE", "RIFF....AVI "])
        assert.equal(looksLikeWav(Buffer.from(text)), false, text);
    });
  });

  describe("wavFile", () => {
    it("writes what others write, byte for byte", () => {
      for (const [data, sampleRate] of [
        [audio, 16_000],
        [Buffer.alloc(0), 8000],
        [Buffer.alloc(19_200, 7), 96_000],
      ] as const)
        assert.deepEqual(wavFile(data, sampleRate), reference({ audio: data, sampleRate }));
    });

    it("copies the samples", () => {
      const data = Buffer.from(audio);
      const file = wavFile(data, 16_000);
      data.fill(0);
      assert.deepEqual(file.subarray(44), audio);
    });
  });

  describe("parseWavHeader", () => {
    it("reads rate, channels and length", () => {
      const file = reference({ audio, sampleRate: 44_100, channels: 2 });
      assert.deepEqual(parseWavHeader(file), { format: { sampleRate: 44_100, channels: 2, dataBytes: 4 }, offset: 44 });
    });

    it("asks for more until the last byte of the header is there, whatever chunks come first", () => {
      const file = reference({ audio, before: [LIST, chunk("odd ", Buffer.from("123"))] });
      const offset = file.length - audio.length;
      for (let length = 12; length < offset; length++) assert.equal(parseWavHeader(file.subarray(0, length)), undefined, `${length} bytes`);
      for (let length = offset; length <= file.length; length++) assert.equal(parseWavHeader(file.subarray(0, length))?.offset, offset);
    });

    it("reads the extensible format by the encoding in its GUID", () => {
      assert.deepEqual(parseWavHeader(reference({ audio, extensible: true }))?.format, { sampleRate: 16_000, channels: 1, dataBytes: 4 });
      assert.throws(() => parseWavHeader(reference({ audio, extensible: true, encoding: 3, bits: 32 })), refused(/encoding is number 3/));
    });

    it("takes 0 and the lengths that recorders write to a pipe for a length that is not known", () => {
      // SoX 0x7ffff000, arecord 0x80000000 and ffmpeg 0xffffffff
      for (const dataLength of [0, 0x7fff_f000, 0x8000_0000, 0xffff_ffff]) {
        assert.equal(parseWavHeader(reference({ audio, dataLength }))?.format.dataBytes, Infinity, `${dataLength}`);
      }
    });

    const wrong: [string, Buffer, RegExp][] = [
      ["8 bit", reference({ audio, bits: 8 }), /8-bit/],
      ["24 bit", reference({ audio, bits: 24 }), /24-bit/],
      ["floats", reference({ audio, encoding: 3, bits: 32 }), /encoding is number 3/],
      ["A-law", reference({ audio, encoding: 6, bits: 8 }), /encoding is number 6/],
      ["µ-law", reference({ audio, encoding: 7, bits: 8 }), /encoding is number 7/],
      ["no channels", reference({ audio, channels: 0 }), /0 channels/],
      ["5.1", reference({ audio, channels: 6 }), /6 channels/],
      ["data before its format", Buffer.concat([Buffer.from("RIFF\x30\0\0\0WAVE"), chunk("data", audio)]), /header is damaged/],
      ["a format of 14 bytes", Buffer.concat([Buffer.from("RIFF\x30\0\0\0WAVE"), chunk("fmt ", Buffer.alloc(14))]), /header is damaged/],
      ["a chunk that never ends", reference({ before: [chunk("LIST", audio, 0xffff_fff0)] }), /over 1 MB/],
      [
        "a format chunk that never ends",
        Buffer.concat([Buffer.from("RIFF\x30\0\0\0WAVE"), chunk("fmt ", audio, 0xffff_fff0)]),
        /over 1 MB/,
      ],
    ];
    for (const [name, file, detail] of wrong) {
      it(`refuses ${name}`, () => {
        assert.throws(() => parseWavHeader(file), refused(detail));
      });
    }
  });
});
