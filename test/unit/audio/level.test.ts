import { strict as assert } from "node:assert";
import { levelOf } from "../../../nodes/lib/audio/level";

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
