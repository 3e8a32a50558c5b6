import { equal, ok } from "node:assert/strict";
import { EnergyDetector } from "../../../simulator/speech-detector";
import { voiceDetector } from "../../../simulator/voice-detector";
import { join, pinkNoise, resample, sample, SAMPLE_NAMES, silence } from "./sounds";

/** The part of the frames that are speech. */
function speech(pcm: Int16Array, rate: number): number {
  const detector = voiceDetector(rate);
  let [frames, voiced] = [0, 0];
  for (let at = 0; at + detector.frameSamples <= pcm.length; at += detector.frameSamples) {
    frames += 1;
    if (detector.process(pcm.subarray(at, at + detector.frameSamples)) >= 0.5) voiced += 1;
  }
  return voiced / frames;
}

describe("voice detector of the simulator", () => {
  for (const name of SAMPLE_NAMES) {
    for (const rate of [8000, 16_000, 44_100, 48_000]) {
      it(`finds the speech of ${name} at ${rate} Hz`, () => {
        const { pcm, words } = sample(name);
        const spoken = ((words.at(-1)?.end ?? 0) - (words[0]?.start ?? 0)) / 1000;
        const part = speech(resample(join(silence(1000), pcm, silence(1000)), rate), rate) / (spoken / (2 + pcm.length / 16_000));
        ok(part > 0.75 && part < 1.15, `${part.toFixed(2)} of the speech`);
      });
    }
  }

  it("finds none in noise, however loud", () => equal(speech(pinkNoise(10 * 16_000, 8000), 16_000), 0));

  it("finds speech by its energy at a rate that no microphone has", () => ok(voiceDetector(11_025) instanceof EnergyDetector));
});
