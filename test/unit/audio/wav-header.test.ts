import assert from "node:assert/strict";
import { looksLikeWav, WavHeader, type WavFormat } from "../../../nodes/lib/audio/wav-header";
import { cut } from "../../support/pcm";
import { chunk, LIST, wavFile } from "../../support/wav-file";

const audio = Buffer.from([1, 2, 3, 4]);
/** Reads a header that comes in pieces of so many bytes. */
function read(file: Buffer, size = file.length): { format: WavFormat; offset: number } | undefined {
  const header = new WavHeader();
  for (const piece of cut(file, size)) {
    const complete = header.push(piece);
    if (complete) return { format: complete.format, offset: header.position };
  }
  return undefined;
}

const refused = (detail: RegExp) => ({ code: "AAI_AUDIO_FORMAT", message: detail });

describe("wav-header", () => {
  describe("looksLikeWav", () => {
    it("recognises a WAV file by its first 12 bytes, and returns maybe while there are fewer", () => {
      const file = wavFile({ audio });
      for (let length = 0; length < 12; length++) assert.equal(looksLikeWav(file.subarray(0, length)), "maybe", `${length} bytes`);
      for (let length = 12; length <= file.length; length++) assert.equal(looksLikeWav(file.subarray(0, length)), true, `${length} bytes`);
    });

    it("returns false as soon as a byte differs", () => {
      for (const text of ["X", "RX", "RIX", "RIFX", "RIFX....WAVE", "RIFF....AVI "])
        assert.equal(looksLikeWav(Buffer.from(text)), false, text);
    });
  });

  describe("WavHeader", () => {
    const FORMAT = { encoding: "pcm_s16le", sampleRate: 16_000, channels: 1, dataBytes: 4 };

    it("reads rate, channels and length", () => {
      const file = wavFile({ audio, sampleRate: 44_100, channels: 2 });
      assert.deepEqual(read(file), {
        format: { encoding: "pcm_s16le", sampleRate: 44_100, channels: 2, dataBytes: 4 },
        offset: 44,
      });
    });

    it("is incomplete until the last byte of the header, whatever chunks come first, however they are cut", () => {
      const file = wavFile({ audio, before: [LIST, chunk("odd ", Buffer.from("123")), chunk("none", Buffer.alloc(0))] });
      const offset = file.length - audio.length;
      for (let length = 1; length <= file.length; length++) {
        const expected = length < offset ? undefined : offset;
        for (const size of [1, 2, 7, 44, length]) assert.equal(read(file.subarray(0, length), size)?.offset, expected, `${length} bytes`);
      }
    });

    it("hands on what comes after the header", () => {
      const file = wavFile({ audio, extensible: true });
      assert.deepEqual(new WavHeader().push(file)?.remainder, audio);
    });

    it("knows how long the file is, where its writer did", () => {
      const lengths = [wavFile({ audio }), wavFile({ audio, riffLength: 0 }), wavFile({ audio, riffLength: 0xffff_ffff })].map((file) => {
        const header = new WavHeader();
        header.push(file);
        return header.fileBytes;
      });
      assert.deepEqual(lengths, [48, Infinity, Infinity]);
    });

    it("ends a header of empty chunks at 1 MB", () => {
      const header = new WavHeader();
      header.push(Buffer.from("RIFF\xff\xff\xff\xffWAVE", "latin1"));
      const chunks = Buffer.concat(Array<Buffer>(1000).fill(chunk("JUNK", Buffer.alloc(0))));
      assert.throws(
        () => {
          for (let round = 0; round < 132; round++) header.push(chunks);
        },
        refused(/over 1 MB/),
      );
    });

    it("reads the extensible format by the encoding in its GUID", () => {
      assert.deepEqual(read(wavFile({ audio, extensible: true }))?.format, FORMAT);
      assert.deepEqual(read(wavFile({ audio, extensible: true, encoding: 7, bits: 8 }))?.format, { ...FORMAT, encoding: "pcm_mulaw" });
      assert.throws(() => read(wavFile({ audio, extensible: true, encoding: 17, bits: 4 })), refused(/encoding is number 17/));
    });

    it("takes 0 and the lengths that recorders write to a pipe for a length that is not known", () => {
      // SoX 0x7ffff000, arecord 0x80000000 and ffmpeg 0xffffffff
      for (const dataLength of [0, 0x7fff_f000, 0x8000_0000, 0xffff_ffff]) {
        assert.equal(read(wavFile({ audio, dataLength }))?.format.dataBytes, Infinity, `${dataLength}`);
      }
    });

    it("reads encodings other than PCM, unless they are not accepted", () => {
      for (const [encoding, bits, name] of [
        [3, 32, "pcm_f32le"],
        [6, 8, "pcm_alaw"],
        [7, 8, "pcm_mulaw"],
      ] as const) {
        const file = wavFile({ audio, encoding, bits });
        assert.deepEqual(read(file)?.format, { ...FORMAT, encoding: name });
        assert.throws(() => new WavHeader(["pcm_s16le"]).push(file), refused(new RegExp(`encoding is number ${encoding}`)));
      }
    });

    const wrong: [string, Buffer, RegExp][] = [
      ["8 bit", wavFile({ audio, bits: 8 }), /8-bit/],
      ["24 bit", wavFile({ audio, bits: 24 }), /24-bit/],
      ["floats of 64 bits", wavFile({ audio, encoding: 3, bits: 64 }), /64-bit/],
      ["A-law of 16 bits", wavFile({ audio, encoding: 6, bits: 16 }), /16-bit/],
      ["ADPCM", wavFile({ audio, encoding: 17, bits: 4 }), /encoding is number 17/],
      ["no channels", wavFile({ audio, channels: 0 }), /0 channels/],
      ["5.1", wavFile({ audio, channels: 6 }), /6 channels/],
      ["data before its format", Buffer.concat([Buffer.from("RIFF\x30\0\0\0WAVE"), chunk("data", audio)]), /header is damaged/],
      ["a format of 14 bytes", Buffer.concat([Buffer.from("RIFF\x30\0\0\0WAVE"), chunk("fmt ", Buffer.alloc(14))]), /header is damaged/],
      ["a chunk that never ends", wavFile({ before: [chunk("LIST", audio, 0xffff_fff0)] }), /over 1 MB/],
      [
        "a format chunk that never ends",
        Buffer.concat([Buffer.from("RIFF\x30\0\0\0WAVE"), chunk("fmt ", audio, 0xffff_fff0)]),
        /over 1 MB/,
      ],
    ];
    for (const [name, file, detail] of wrong) {
      it(`refuses ${name}`, () => {
        for (const size of [1, 5, file.length]) assert.throws(() => read(file, size), refused(detail));
      });
    }
  });
});
