import assert from "node:assert/strict";
import { readWavFile, wavFile } from "../../../nodes/lib/audio/wav";
import { chunk, LIST, wavFile as reference } from "../../support/wav-file";

const audio = Buffer.from([1, 2, 3, 4]);

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

describe("readWavFile", () => {
  it("takes a file apart", () => {
    const file = reference({ audio, sampleRate: 44_100, channels: 2, before: [LIST], after: [chunk("id3 ", audio)] });
    assert.deepEqual(readWavFile(file), {
      format: { encoding: "pcm_s16le", sampleRate: 44_100, channels: 2, dataBytes: 4 },
      samples: audio,
    });
  });

  it("takes what there is of a file that is shorter than it says, or does not say", () => {
    for (const dataLength of [0, 100, 0xffff_ffff]) assert.deepEqual(readWavFile(reference({ audio, dataLength })).samples, audio);
  });

  it("refuses anything else", () => {
    const file = reference({ audio });
    for (const data of [
      Buffer.alloc(0),
      file.subarray(0, 11),
      file.subarray(0, 43),
      audio,
      reference({ audio, bits: 8 }),
      reference({ audio, encoding: 7, bits: 8 }),
    ])
      assert.throws(() => readWavFile(data), { code: "AAI_AUDIO_FORMAT" });
  });
});
