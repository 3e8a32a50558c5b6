import { strict as assert } from "node:assert";
import { hum, pinkNoise, render, type Signal } from "../support/audio";
import { soxMusic } from "../support/music";
import { listen, starts, type Detection } from "../support/voice";

const RATE = 16_000;
const HOUR = 3600 * RATE;

function hour(signal: Signal): Detection {
  return listen((chunk) => chunk.set(render(signal, chunk.length)), HOUR);
}

/** Steady noise that grows and fades by 12 dB in 7 s, as a street's does: it wakes the network again and again. */
function swelling(noise: Signal): Signal {
  let n = 0;
  return () => noise() * 10 ** ((6 * Math.sin((2 * Math.PI * n++) / (7 * RATE))) / 20);
}

/** A signal that repeats itself, worked out once. */
function repeated(signal: Signal, period: number): Signal {
  const values = Float64Array.from({ length: period }, signal);
  let n = 0;
  return () => values[n++ % period] ?? 0;
}

function report(name: string, detection: Detection): void {
  console.log(
    `      ${name}: ${starts(detection)} opened, ${((100 * detection.judged) / detection.frames).toFixed(2)} % of the frames judged`,
  );
}

describe("the voice gate for an hour", function () {
  this.timeout(300_000);

  it("of pink noise opens none, and next to no frame is judged", () => {
    const detection = hour(pinkNoise(0.02, 31));
    report("pink noise", detection);
    assert.equal(starts(detection), 0);
    assert.ok(detection.judged < 0.01 * detection.frames);
  });

  it("of hum opens none, and next to no frame is judged", () => {
    const detection = hour(repeated(hum(0.05), RATE / 50));
    report("hum", detection);
    assert.equal(starts(detection), 0);
    assert.ok(detection.judged < 0.01 * detection.frames);
  });

  it("of noise that swells and fades opens none", () => {
    const detection = hour(swelling(pinkNoise(0.02, 32)));
    report("swelling noise", detection);
    assert.equal(starts(detection), 0);
  });

  it("of synthetic music by sox opens at most one", () => {
    const detection = hour(soxMusic(0.3));
    report("music", detection);
    assert.ok(starts(detection) <= 1, `${starts(detection)} opened`);
  });
});
