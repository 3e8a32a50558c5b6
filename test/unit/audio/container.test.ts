import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { foreignFile, foreignFileError } from "../../../nodes/lib/audio/container";
import { beginsWithAdts, beginsWithMp3 } from "../../../nodes/lib/audio/frame-headers";
import { concat, hum, recording, render, whiteNoise } from "../../support/audio";
import { countingPcm } from "../../support/pcm";
import { Random } from "../../support/random";
import { wavFile } from "../../support/wav-file";
import { files } from "../../vectors/audio-files.json";

const folder = join(__dirname, "../../../../simulator/samples");
const recordings = readdirSync(folder).filter((name) => name.endsWith(".wav"));

const tone = (value: (at: number) => number, samples = 16_000) =>
  Int16Array.from({ length: samples }, (_, at) => Math.round(value(at) * 32_000));
const bytesOf = (pcm: Int16Array) => Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength);

describe("foreignFile", () => {
  for (const { name, container, base64 } of files) {
    it(`recognises ${name}, written by ffmpeg`, () => {
      assert.equal(foreignFile(Buffer.from(base64, "base64"), "any")?.container, container);
    });
  }

  it("is named with the article that English has before it", () => {
    for (const [beginning, text] of [
      ["ID3\x04\0", /^This is an MP3 file\. Convert it: ffmpeg -i in\.mp3 /],
      ["OggS\0\x02", /^This is an Ogg file\./],
      ["fLaC\0\0", /^This is a FLAC file\./],
      ["RF64\xff\xff", /^This is an RF64 file\./],
      ["\x1a\x45\xdf\xa3", /^This is a WebM\/Matroska file\./],
    ] as const) {
      const found = foreignFile(Buffer.from(beginning, "latin1"), "any") ?? assert.fail(beginning);
      assert.match(foreignFileError(found).message, text);
    }
  });

  it("recognises AMR", () => {
    assert.equal(foreignFile(Buffer.from("#!AMR\n<\x91\x17\x16"), "none")?.container, "AMR");
  });

  it("recognises AIFF of any length", () => {
    assert.equal(foreignFile(Buffer.from("FORM\x7f\0\0\0AIFCFVER", "latin1"), "none")?.container, "AIFF");
  });

  it("looks for files without a container only where audio begins", () => {
    const bare = files.filter(({ name }) => /^bare|^variable|\.aac$/.test(name));
    assert.ok(bare.length > 5);
    for (const { base64 } of bare) assert.equal(foreignFile(Buffer.from(base64, "base64"), "none"), undefined);
  });

  it("needs three frames in a row, each where the one before says", () => {
    for (const { name, base64 } of files.filter((file) => /^bare|\.aac$/.test(file.name))) {
      const file = Buffer.from(base64, "base64");
      let shortest = 0;
      while (!foreignFile(file.subarray(0, shortest), "any")) shortest++;
      const shifted = Buffer.concat([file.subarray(0, 12), Buffer.alloc(1), file.subarray(12)]);
      assert.equal(foreignFile(shifted, "any"), undefined, `${name}: a byte too many in the first frame`);
      const other = Buffer.from(file);
      other[shortest - 5] = 0; // in the last header, or right before it
      other[shortest - 4] = 0;
      other[shortest - 3] = 0;
      assert.equal(foreignFile(other, "any"), undefined, `${name}: a third header that is none`);
    }
  });

  it("takes no WAV and no counting PCM for anything else", () => {
    for (const data of [wavFile({ audio: Buffer.alloc(4000) }), countingPcm(65_536), Buffer.alloc(5000), Buffer.alloc(5000, 0xff)])
      assert.equal(foreignFile(data, "any"), undefined);
    for (let length = 0; length < 12; length++) assert.equal(foreignFile(Buffer.alloc(length, 0xff), "any"), undefined);
  });

  describe("takes no PCM for a file, wherever it begins", () => {
    const sounds: [string, () => Int16Array][] = [
      ...recordings.map((name): [string, () => Int16Array] => [name, () => recording(name)]),
      [
        "speech at full level, clipped",
        () => recording("librivox_0880.wav").map((sample) => Math.max(-32_768, Math.min(32_767, sample * 12))),
      ],
      ["speech, hardly above zero", () => recording("librivox_0880.wav").map((sample) => sample >> 7)],
      ["noise", () => render(whiteNoise(0.3), 200_000)],
      ["hum", () => render(hum(0.2), 100_000)],
      [
        "square waves",
        () => concat(...[50, 100, 250, 1000, 4000].map((hz) => tone((at) => Math.sign(Math.sin((2 * Math.PI * hz * at) / 16_000))))),
      ],
      ["a sweep", () => tone((at) => Math.sin((at * at * Math.PI) / 20 / 16_000), 160_000)],
      ["constant samples", () => Int16Array.from({ length: 65_536 * 8 }, (_, at) => at >> 3)],
    ];
    for (const [name, make] of sounds) {
      it(name, () => {
        const pcm = bytesOf(make());
        // At odd bytes, too: a serial line may begin in the middle of a sample.
        for (let at = 0; at < pcm.length; at++)
          assert.equal(foreignFile(pcm.subarray(at, at + 8000), "any")?.container, undefined, `at byte ${at}`);
      });
    }

    it("random bytes", () => {
      const random = new Random(1);
      const data = Buffer.from(Uint8Array.from({ length: 8_000_000 }, () => random.whole(0, 255)));
      let found = 0;
      for (let at = data.indexOf(0xff); at >= 0; at = data.indexOf(0xff, at + 1)) {
        const beginning = data.subarray(at, at + 8000);
        if (beginsWithMp3(beginning) || beginsWithAdts(beginning)) found++;
      }
      assert.equal(found, 0);
    });
  });
});
