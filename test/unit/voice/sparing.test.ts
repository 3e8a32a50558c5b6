import { strict as assert } from "node:assert";
import { FRAME_SAMPLES, type SpeechDetector } from "../../../nodes/lib/voice/silero";
import { KEPT_FRAMES, SPARE_AFTER_FRAMES, SparingDetector } from "../../../nodes/lib/voice/sparing";
import { pinkNoise, type Signal } from "../../support/audio";

/** A detector whose answers the test sets, with a record of its frames. */
class Scripted implements SpeechDetector {
  probability = 0.01;
  readonly heard: number[] = [];
  process(frame: Float32Array): number {
    this.heard.push(frame[0] ?? NaN);
    return this.probability;
  }
  reset(): void {
    this.heard.length = 0;
  }
}

function frameOf(signal: Signal): Float32Array {
  return Float32Array.from({ length: FRAME_SAMPLES }, signal);
}

describe("voice/sparing", () => {
  let detector: Scripted;
  let judged: number[];
  let sparing: SparingDetector;
  let room: Signal;
  beforeEach(() => {
    detector = new Scripted();
    judged = [];
    sparing = new SparingDetector(detector, (index) => judged.push(index));
    room = pinkNoise(0.01, 5);
  });

  const listen = (frames: number, gain = 1): Float32Array[] =>
    Array.from({ length: frames }, () => {
      const frame = frameOf(() => room() * gain);
      sparing.process(frame);
      return frame;
    });

  it("runs the network on every frame of the first second, then spares it while the room stays the same", () => {
    listen(SPARE_AFTER_FRAMES);
    assert.equal(judged.length, SPARE_AFTER_FRAMES);
    listen(2000);
    assert.equal(judged.length, SPARE_AFTER_FRAMES);
  });

  it("runs the network on the last half second when a sound rises above the room, in order and without a gap", () => {
    listen(SPARE_AFTER_FRAMES);
    const skipped = listen(100);
    const loud = listen(1, 4);
    const replayed = [...skipped.slice(-KEPT_FRAMES), ...loud];
    assert.deepEqual(
      detector.heard.slice(SPARE_AFTER_FRAMES),
      replayed.map((frame) => frame[0]),
    );
    const last = SPARE_AFTER_FRAMES + 100;
    assert.deepEqual(
      judged.slice(SPARE_AFTER_FRAMES),
      replayed.map((_, i) => last - KEPT_FRAMES + i),
    );
  });

  it("runs the network afterwards only on frames that it skipped", () => {
    listen(SPARE_AFTER_FRAMES + 3);
    listen(1, 4);
    assert.deepEqual(
      judged,
      Array.from({ length: SPARE_AFTER_FRAMES + 4 }, (_, i) => i),
    );
  });

  it("listens on for a second after the last sound", () => {
    listen(SPARE_AFTER_FRAMES + 100);
    listen(1, 4);
    const before = judged.length;
    listen(200);
    assert.equal(judged.length - before, SPARE_AFTER_FRAMES);
  });

  it("never spares the network while it finds speech, however steady", () => {
    detector.probability = 0.2;
    listen(500);
    assert.equal(judged.length, 500);
  });

  it("gets used to a louder room, but not faster than 2 dB a second", () => {
    listen(SPARE_AFTER_FRAMES + 100);
    const before = judged.length;
    listen(150, 10); // 20 dB louder for 4.8 s
    assert.equal(judged.length - before, 150 + KEPT_FRAMES);
    listen(600, 10);
    const settled = judged.length;
    listen(100, 10);
    assert.equal(judged.length, settled);
  });

  it("does not learn speech as noise: the floor does not rise while the network finds a voice", () => {
    listen(SPARE_AFTER_FRAMES + 100);
    detector.probability = 0.9;
    listen(600, 10);
    detector.probability = 0.01;
    listen(SPARE_AFTER_FRAMES + 1);
    const quiet = judged.length;
    listen(50);
    assert.equal(judged.length, quiet, "rests again in the room as it was");
    listen(1, 4);
    assert.ok(judged.length > quiet, "and hears what the speech drowned");
  });

  it("spares the network in digital silence, until the first sound", () => {
    listen(SPARE_AFTER_FRAMES + 50, 0);
    assert.equal(judged.length, SPARE_AFTER_FRAMES);
    listen(1, 0.5);
    assert.equal(judged.length, SPARE_AFTER_FRAMES + KEPT_FRAMES + 1);
  });

  it("keeps nothing of the stream before a reset", () => {
    listen(SPARE_AFTER_FRAMES + 50);
    sparing.reset();
    judged.length = 0;
    listen(SPARE_AFTER_FRAMES + 50, 30);
    assert.deepEqual(
      judged,
      Array.from({ length: SPARE_AFTER_FRAMES }, (_, i) => i),
    );
  });
});
