import assert from "node:assert/strict";
import { LevelMeter, levelOf } from "../../../nodes/lib/audio/level-meter";

/** @returns a meter; `hear`, which feeds it so many ms of one sample's value in chunks of 50 ms; and the shown levels, rounded */
function rig(sampleRate = 16_000) {
  const shown: (number | "muted" | "warning")[] = [];
  const meter = new LevelMeter(sampleRate, {
    show: (state) => shown.push(state.name === "muted" ? "muted" : Math.round(state.dbfs)),
    muted: () => shown.push("warning"),
  });
  const hear = (ms: number, sample: number) => {
    const chunk = Buffer.from(new Int16Array(sampleRate / 20).fill(sample).buffer);
    for (let heard = 0; heard < ms; heard += 50) meter.push(chunk);
  };
  return { meter, hear, shown };
}

describe("level meter", () => {
  for (const sampleRate of [8000, 16_000, 44_100]) {
    it(`shows the level of each half second at ${sampleRate} Hz`, () => {
      const { hear, shown } = rig(sampleRate);
      hear(450, 3277);
      assert.deepEqual(shown, []);
      hear(50, 3277);
      hear(500, 26_030);
      hear(500, -33);
      assert.deepEqual(shown, [-20, -2, -60]);
    });
  }

  it("takes chunks of any length", () => {
    const { meter, shown } = rig();
    const second = Buffer.from(new Int16Array(16_000).fill(3277).buffer);
    for (let at = 0; at < second.length; at += 1234) meter.push(second.subarray(at, at + 1234));
    meter.push(Buffer.alloc(0));
    assert.deepEqual(shown, [-20, -20]);
  });

  it("reports only zeros after 3 s of them, warns once, and reports their end", () => {
    const { hear, shown } = rig();
    hear(3500, 0);
    hear(500, 1);
    hear(500, 0);
    assert.deepEqual(shown, [...Array.from({ length: 5 }, () => -Infinity), "muted", "warning", "muted", -90, -Infinity]);
  });

  it("begins anew with each recording", () => {
    const { meter, hear, shown } = rig();
    hear(2950, 0);
    meter.restart();
    hear(450, 1);
    assert.equal(shown.length, 5);
    hear(50, 1);
    assert.equal(shown.at(-1), -90);
  });
});

function near(found: number, expected: number): void {
  assert.ok(Math.abs(found - expected) < 0.01, `${found} dBFS, not ${expected}`);
}

describe("level", () => {
  it("of full scale is 0 dBFS, of a sine at full scale -3.01", () => {
    near(levelOf(new Int16Array(100).fill(-32_768)), 0);
    near(levelOf(Int16Array.from({ length: 1600 }, (_, i) => Math.round(32_767 * Math.sin((2 * Math.PI * i) / 16)))), -3.01);
  });

  it("falls by 20 dB for a tenth of the amplitude", () => {
    near(levelOf(new Int16Array(100).fill(3277)), -20);
    near(levelOf(Int16Array.of(1, -1)), -90.31);
  });

  it("of zeros, and of nothing, is -Infinity", () => {
    assert.equal(levelOf(new Int16Array(100)), -Infinity);
    assert.equal(levelOf(new Int16Array(0)), -Infinity);
  });
});
