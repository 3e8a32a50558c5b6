import { strict as assert } from "node:assert";
import { Framer } from "../../../nodes/lib/audio/framer";
import { DETECTOR_INPUT_RATES } from "../../../nodes/lib/audio/resampler";
import { hum, pinkNoise, render } from "../../support/audio";

/** As the voice detector's: 32 ms. */
const FRAME_SAMPLES = 512;

function tone(hertz: number, rate: number, seconds: number): Int16Array {
  return Int16Array.from({ length: rate * seconds }, (_, i) => Math.round(16_384 * Math.sin((2 * Math.PI * hertz * i) / rate)));
}

/** Everything that comes out at 16 kHz, whatever the chunks. */
function frames(rate: number, pcm: Int16Array, chunk = pcm.length): Float32Array[] {
  const out: Float32Array[] = [];
  const framer = new Framer(rate, FRAME_SAMPLES, (frame) => out.push(frame.slice()));
  for (let from = 0; from < pcm.length; from += chunk) framer.push(pcm.subarray(from, from + chunk));
  return out;
}

/** Amplitude of a tone in the frames after the first two, by correlation; full scale 1. */
function amplitude(all: readonly Float32Array[], hertz: number): number {
  let [cos, sin, count] = [0, 0, 0];
  all.slice(2).forEach((frame, k) =>
    frame.forEach((value, i) => {
      const angle = (2 * Math.PI * hertz * ((k + 2) * FRAME_SAMPLES + i)) / 16_000;
      cos += value * Math.cos(angle);
      sin += value * Math.sin(angle);
      count++;
    }),
  );
  return (2 * Math.hypot(cos, sin)) / count;
}

describe("audio/framer", () => {
  it("refuses a rate that it does not support, and names those that it supports", () => {
    for (const rate of [0, -16_000, 11_025, 96_000, 16_000.5, NaN]) {
      assert.throws(() => new Framer(rate, FRAME_SAMPLES, () => assert.fail()), {
        name: "AaiError",
        code: "AAI_AUDIO_FORMAT",
        message: `The voice detector does not take audio at ${rate} Hz: use one of 8000, 16000, 22050, 24000, 32000, 44100, 48000 Hz.`,
      });
    }
  });

  it("passes 16 kHz through unchanged", () => {
    const pcm = render(pinkNoise(0.1), 3 * FRAME_SAMPLES + 100);
    const out = frames(16_000, pcm, 700);
    assert.equal(out.length, 3);
    out.forEach((frame, k) => frame.forEach((value, i) => assert.equal(value, (pcm[k * FRAME_SAMPLES + i] ?? NaN) / 32_768)));
  });

  for (const rate of DETECTOR_INPUT_RATES) {
    describe(`${rate} Hz`, () => {
      it("makes the same frames however the audio is cut", () => {
        const pcm = render(pinkNoise(0.1), rate);
        const whole = frames(rate, pcm);
        for (const chunk of [1, 441, 2047, 50_000]) assert.deepEqual(frames(rate, pcm, chunk), whole);
      });

      it("makes 31 frames of a second, and holds back less than 2.5 ms for the filter", () => {
        assert.equal(frames(rate, tone(440, rate, 1)).length, 31);
        const exact = Math.ceil((rate * 32 * FRAME_SAMPLES) / 16_000);
        assert.equal(frames(rate, tone(440, rate, 2).subarray(0, exact + Math.ceil(rate * 0.0025))).length, 32);
      });

      it("keeps a tone of 1 kHz: amplitude to 0.5 %, position to a fiftieth of a sample", () => {
        const out = frames(rate, tone(1000, rate, 1));
        assert.ok(Math.abs(amplitude(out, 1000) - 0.5) < 0.0025);
        for (const [k, frame] of out.entries()) {
          if (k === 0) continue; // the filter starts up
          frame.forEach((value, i) => {
            const expected = 0.5 * Math.sin((2 * Math.PI * 1000 * (k * FRAME_SAMPLES + i)) / 16_000);
            assert.ok(Math.abs(value - expected) < 0.5 * 0.0066, `frame ${k}, sample ${i}`);
          });
        }
      });

      it("returns where in the input each frame begins", () => {
        const framer = new Framer(rate, FRAME_SAMPLES, () => undefined);
        assert.equal(framer.positionOf(0), 0);
        assert.equal(framer.positionOf(125), rate * 4);
        assert.equal(framer.positionOf(2_812_500), rate * 90_000);
        assert.equal(framer.positionOf(1), Math.floor(rate * 0.032));
      });
    });
  }

  for (const rate of [24_000, 32_000, 44_100, 48_000]) {
    it(`lets nothing above 9 kHz fold back from ${rate} Hz`, () => {
      const out = frames(rate, tone(10_000, rate, 1));
      const power = out.slice(2).flatMap((frame) => Array.from(frame, (value) => value * value));
      const level = 10 * Math.log10(power.reduce((sum, value) => sum + value, 0) / power.length);
      assert.ok(level < -70, `${level.toFixed(1)} dBFS`);
    });
  }

  it("returns the same samples in frames of another length", () => {
    const pcm = render(pinkNoise(0.1), 44_100);
    const short: number[] = [];
    const framer = new Framer(44_100, 160, (frame) => short.push(...frame));
    framer.push(pcm);
    const long = frames(44_100, pcm).flatMap((frame) => [...frame]);
    assert.equal(short.length, 99 * 160);
    assert.deepEqual(short, long.slice(0, short.length));
    assert.equal(framer.positionOf(100), 44_100);
  });

  it("starts anew after a reset", () => {
    const pcm = render(hum(0.1, 44_100), 44_100);
    const out: Float32Array[] = [];
    const framer = new Framer(44_100, FRAME_SAMPLES, (frame) => out.push(frame.slice()));
    framer.push(pcm);
    const first = out.splice(0);
    framer.reset();
    framer.push(pcm);
    assert.deepEqual(out, first);
  });
});
