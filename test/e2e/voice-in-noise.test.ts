import { strict as assert } from "node:assert";
import { DETECTOR_INPUT_RATES } from "../../nodes/lib/audio/resampler";
import { hum, mix, pinkNoise, render, whiteNoise, type Signal } from "../support/audio";
import { pluckedMusic } from "../support/music";
import { listen, listenTo, noiseRms, starts, startsIn, utterances } from "../support/voice";

const RATE = 16_000;
const FRAME = 512;
const MINUTE = 60 * RATE;

/** Band-limited interpolation by a windowed sinc, term by term: slow, and independent of the product's resampler. */
function resample(pcm: Int16Array, to: number): Int16Array {
  const bandwidth = Math.min(1, to / RATE) * 0.9;
  const reach = 12;
  return Int16Array.from({ length: Math.floor((pcm.length * to) / RATE) }, (_, n) => {
    const place = (n * RATE) / to;
    let sum = 0;
    for (let i = Math.ceil(place - reach); i <= place + reach; i++) {
      const x = i - place;
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * bandwidth * x) / (Math.PI * bandwidth * x);
      sum += (pcm[i] ?? 0) * bandwidth * sinc * (0.5 + 0.5 * Math.cos((Math.PI * x) / reach));
    }
    return Math.round(Math.max(-32_768, Math.min(32_767, sum)));
  });
}

describe("the voice gate in noise", function () {
  this.timeout(60_000);
  const { pcm: clean, spans } = utterances();

  for (const [colour, noise] of [
    ["pink", pinkNoise],
    ["white", whiteNoise],
  ] as const) {
    for (const snr of [20, 10, 5]) {
      it(`opens for each utterance under ${colour} noise at ${snr} dB, with and without skipping quiet frames`, () => {
        const pcm = mix(clean, noise(noiseRms(snr), 11));
        const all = listenTo(pcm, { sparing: false });
        const sparing = listenTo(pcm);
        assert.equal(all.judged, all.frames);
        assert.ok(sparing.judged < 0.7 * sparing.frames, "the pauses of 4 s are skipped but for the first second of each");

        const expected = startsIn(spans, all.events);
        const found = startsIn(spans, sparing.events);
        assert.equal(starts(all), spans.length);
        assert.equal(starts(sparing), spans.length);
        spans.forEach(([begin], i) => {
          const [open, reference, known, knownBefore] = [found[i], expected[i], sparing.known[i], all.known[i]];
          assert.ok(open !== undefined && reference !== undefined && known !== undefined && knownBefore !== undefined);
          assert.ok(open >= begin, "nothing of the noise before it is taken for its beginning");
          assert.ok(open <= reference + FRAME, "it opens no later than with every frame judged");
          assert.ok(known <= knownBefore + FRAME, "and this is known no later");
        });
      });
    }
  }

  describe("at every sample rate", () => {
    const noisy = mix(clean, pinkNoise(noiseRms(20), 3));
    const expected = listenTo(noisy);
    for (const sampleRate of DETECTOR_INPUT_RATES.filter((rate) => rate !== RATE)) {
      it(`${sampleRate} Hz leads to the decisions of 16 kHz`, () => {
        const found = listenTo(resample(noisy, sampleRate), { sampleRate });
        assert.deepEqual(
          found.events.map(({ type }) => type),
          expected.events.map(({ type }) => type),
        );
        found.events.forEach(({ sample }, i) => {
          const difference = (sample * RATE) / sampleRate - (expected.events[i]?.sample ?? NaN);
          assert.ok(Math.abs(difference) <= 3 * FRAME, `event ${i} lies ${difference / FRAME} frames off`);
        });
      });
    }
  });

  describe("for five minutes (test/e2e/voice-hours.test.ts has the hours)", () => {
    const cases: readonly [string, Signal, sparing: boolean, mostJudged: number][] = [
      ["pink noise", pinkNoise(0.02, 21), true, 0.02],
      ["hum", hum(0.05), true, 0.02],
      ["digital silence", () => 0, true, 0.02],
      ["pink noise, every frame judged", pinkNoise(0.02, 21), false, 1],
      ["plucked music", pluckedMusic(0.2), true, 1],
    ];
    for (const [name, signal, sparing, mostJudged] of cases) {
      it(`${name} opens none`, () => {
        const heard = listen((chunk) => chunk.set(render(signal, chunk.length)), 5 * MINUTE, { sparing });
        assert.equal(starts(heard), 0);
        assert.ok(heard.judged <= mostJudged * heard.frames, `${heard.judged} of ${heard.frames} frames were judged`);
      });
    }
  });
});
