import { strict as assert } from "node:assert";
import { BUNDLED_WAKE_WORDS } from "../../../nodes/lib/wakeword/bundled";
import { WakeWordDetector } from "../../../nodes/lib/wakeword/detector";
import { CHANNELS } from "../../../nodes/lib/wakeword/front-end";
import { WAKE_WORDS } from "../../support/wake-word";
import vectors from "../../vectors/wakeword.json";

function framesOf(base64: string): Uint16Array[] {
  const bytes = Buffer.from(base64, "base64");
  const values = Uint16Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16LE(2 * i));
  return Array.from({ length: values.length / CHANNELS }, (_, i) => values.subarray(i * CHANNELS, (i + 1) * CHANNELS));
}

function wakeWord(name: string) {
  const word = WAKE_WORDS.find((known) => known.name === name);
  assert.ok(word);
  return word;
}

describe("wakeword/detector", () => {
  for (const { says, frames, probabilities } of vectors.recordings) {
    describe(`a recording of ${says}`, () => {
      for (const name of BUNDLED_WAKE_WORDS) {
        it(`gives ${name}'s model the probabilities that TensorFlow Lite gives, bit for bit; ${name === says ? "heard once" : "not heard"}`, () => {
          const detector = new WakeWordDetector(wakeWord(name), 0);
          const expected = [...Buffer.from(probabilities[name], "base64")];
          const found: number[] = [];
          let heard = 0;
          framesOf(frames).forEach((frame, i) => {
            if (detector.frame(frame) !== undefined) heard++;
            if (i % 3 === 2) found.push(detector.stepProbability);
          });
          assert.ok(expected.length > 60);
          assert.deepEqual(found, expected);
          assert.equal(heard > 0, name === says);
        });
      }
    });
  }

  describe("of frames that are not judged", () => {
    const recording = vectors.recordings.find(({ says }) => says === "okay_nabu");
    assert.ok(recording);
    const frames = framesOf(recording.frames);
    const quiet = new Uint16Array(CHANNELS);
    const heardAt = (judged: (index: number) => boolean, before = 0): number[] => {
      const detector = new WakeWordDetector(wakeWord("okay_nabu"));
      const heard: number[] = [];
      for (let i = 0; i < before; i++) detector.frame(quiet, judged(i - before));
      frames.forEach((frame, i) => {
        const ago = detector.frame(frame, judged(i));
        if (ago !== undefined) heard.push(i - ago);
      });
      return heard;
    };

    it("makes up for them: the word is heard at the same frame, whenever judging begins", () => {
      const [first] = heardAt(() => true);
      assert.ok(first !== undefined);
      for (const from of [10, 60, first, first + 5, first + 20]) assert.equal(heardAt((i) => i >= from)[0], first);
    });

    it("makes up for a long rest from what it keeps, and says nothing of what is gone", () => {
      const [first] = heardAt(() => true, 3000);
      assert.ok(first !== undefined);
      assert.equal(heardAt((i) => i >= first - 20, 3000)[0], first);
      const detector = new WakeWordDetector(wakeWord("okay_nabu"), 0);
      for (const frame of frames) detector.frame(frame, false);
      for (let i = 0; i < detector.longestDelayFrames; i++) detector.frame(quiet, false);
      for (let i = 0; i < 10; i++) assert.equal(detector.frame(quiet), undefined);
    });
  });

  it("hears nothing in the first second, and nothing more in the second after a word", () => {
    const recording = vectors.recordings.find(({ says }) => says === "okay_nabu");
    assert.ok(recording);
    const frames = framesOf(recording.frames);
    const heardIn = (input: readonly Uint16Array[]): number => {
      const detector = new WakeWordDetector(wakeWord("okay_nabu"));
      return input.filter((frame) => detector.frame(frame) !== undefined).length;
    };
    assert.equal(heardIn(frames), 1);
    assert.equal(heardIn([...frames, ...frames]), 2);
    assert.equal(heardIn([...frames, ...frames.slice(75)]), 1);
    assert.equal(heardIn(frames.slice(75)), 0);
  });

  it("gives the mean that decided as the probability, above the cutoff", () => {
    const recording = vectors.recordings.find(({ says }) => says === "hey_mycroft");
    assert.ok(recording);
    const word = wakeWord("hey_mycroft");
    const detector = new WakeWordDetector(word, 0);
    const at = framesOf(recording.frames).findIndex((frame) => detector.frame(frame) !== undefined);
    assert.ok(at > 0 && detector.probability > word.cutoff && detector.probability <= 1);
  });
});
