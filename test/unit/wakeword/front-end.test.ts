import { strict as assert } from "node:assert";
import { CHANNELS, FrontEnd } from "../../../nodes/lib/wakeword/front-end";
import { pinkNoise, render } from "../../support/audio";
import vectors from "../../vectors/wakeword.json";

/** Made of whole numbers only, so that it is the same everywhere: silence, noise of many strengths, square waves, full scale. */
function testSignal(samples: number): Int16Array {
  const strengths = [16, 13, 8, 4, 0, 2, 10, 16, 5, 15, 1, 7];
  let seed = 1;
  return Int16Array.from({ length: samples }, (_, i) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    const part = Math.floor(i / 2000) % strengths.length;
    const noise = ((seed >>> 16) - 32768) >> (strengths[part] ?? 0);
    const isHigh = (Math.floor(i / (11 + 7 * part)) & 1) === 0;
    const wave = part % 3 === 1 ? (isHigh ? 5000 : -5000) : 0;
    return part === 4 && i % 500 === 0 ? -32768 : Math.max(-32768, Math.min(32767, noise + wave));
  });
}

function framesOf(frontEnd: FrontEnd, samples: Int16Array, pieces: readonly number[]): number[] {
  const frames: number[] = [];
  for (let at = 0, i = 0; at < samples.length; i++) {
    const length = pieces[i % pieces.length] ?? 1;
    frontEnd.write(samples.subarray(at, at + length), (frame) => frames.push(...frame));
    at += length;
  }
  return frames;
}

function reference(base64: string): number[] {
  const bytes = Buffer.from(base64, "base64");
  return Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16LE(2 * i));
}

describe("wakeword/front-end", () => {
  const expected = reference(vectors.signal.frames);
  const signal = testSignal(vectors.signal.samples);

  for (const pieces of [[24_000], [160], [1, 479, 333, 2000]]) {
    it(`equals the C front end bit for bit, written in pieces of ${pieces.join(", ")}`, () => {
      const frames = framesOf(new FrontEnd(), signal, pieces);
      assert.equal(frames.length, 148 * CHANNELS);
      assert.deepEqual(frames, expected);
    });
  }

  it("gives a frame for each 10 ms, the first after 30 ms", () => {
    const frontEnd = new FrontEnd();
    const count = (samples: number): number => framesOf(frontEnd, new Int16Array(samples), [samples]).length / CHANNELS;
    assert.deepEqual([count(479), count(1), count(159), count(1), count(1600)], [0, 1, 0, 1, 10]);
  });

  it("begins anew after a reset", () => {
    const frontEnd = new FrontEnd();
    framesOf(frontEnd, render(pinkNoise(0.3), 5000), [5000]);
    frontEnd.reset();
    assert.deepEqual(framesOf(frontEnd, signal, [24_000]), expected);
  });
});
