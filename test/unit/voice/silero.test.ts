import { strict as assert } from "node:assert";
import { FRAME_SAMPLES, Silero } from "../../../nodes/lib/voice/silero";
import { recording, RECORDINGS } from "../../support/audio";
import onnxruntime from "../../vectors/silero-onnxruntime.json";
import reference from "../../vectors/silero-reference.json";

function framesOf(pcm: Int16Array): Float32Array[] {
  const frames: Float32Array[] = [];
  for (let from = 0; from + FRAME_SAMPLES <= pcm.length; from += FRAME_SAMPLES) {
    frames.push(Float32Array.from(pcm.subarray(from, from + FRAME_SAMPLES), (sample) => sample / 32_768));
  }
  return frames;
}

function largestDifference(found: readonly number[], expected: readonly number[]): number {
  assert.equal(found.length, expected.length);
  return found.reduce((largest, probability, i) => Math.max(largest, Math.abs(probability - (expected[i] ?? NaN))), 0);
}

describe("voice/silero", () => {
  for (const name of RECORDINGS) {
    describe(name, () => {
      const silero = new Silero();
      const found = framesOf(recording(name)).map((frame) => silero.process(frame));

      it("equals the reference implementation with the shipped float16 weights to 1e-5", () => {
        assert.ok(largestDifference(found, reference.recordings[name]) < 1e-5);
      });

      it("equals onnxruntime running Silero's model with its weights rounded to float16 to 1e-5", () => {
        assert.ok(largestDifference(found, onnxruntime.recordings[name].float16) < 1e-5);
      });

      it("differs from onnxruntime with the model's float32 weights by less than 5e-3, and in no decision", () => {
        const expected = onnxruntime.recordings[name].float32;
        assert.ok(largestDifference(found, expected) < 5e-3);
        for (const threshold of [0.5, 0.35]) {
          assert.deepEqual(
            found.map((probability) => probability >= threshold),
            expected.map((probability) => probability >= threshold),
          );
        }
      });
    });
  }

  it("returns the same probabilities again after a reset", () => {
    const frames = framesOf(recording("librivox_0880.wav"));
    const silero = new Silero();
    const first = frames.map((frame) => silero.process(frame));
    silero.reset();
    assert.deepEqual(
      frames.map((frame) => silero.process(frame)),
      first,
    );
  });

  it("keeps two streams apart although they share the weights", () => {
    const [a, b] = [new Silero(), new Silero()];
    const found: number[] = [];
    const other = framesOf(recording("librivox_0870.wav"));
    framesOf(recording("goforward.wav")).forEach((frame, i) => {
      found.push(a.process(frame));
      b.process(other[i] ?? frame);
    });
    assert.ok(largestDifference(found, reference.recordings["goforward.wav"]) < 1e-5);
  });

  it("allocates next to nothing per frame", () => {
    const silero = new Silero();
    const frame = new Float32Array(FRAME_SAMPLES).fill(0.01);
    const run = (frames: number): number => {
      const before = process.memoryUsage().heapUsed;
      for (let i = 0; i < frames; i++) silero.process(frame);
      return process.memoryUsage().heapUsed - before;
    };
    run(500); // compiled by then
    const least = Math.min(...Array.from({ length: 5 }, () => run(500))); // others may allocate in between
    assert.ok(least < 500 * 512, "a buffer of the smallest layer, 64 float32, would already cost more with its object");
  });
});
