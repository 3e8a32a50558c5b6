import assert from "node:assert/strict";
import { RateLimit } from "../../../nodes/lib/common/rate-limit";
import { FakeClock } from "../../support/fake-clock";

function bench() {
  const clock = new FakeClock();
  const shown: [number, string][] = [];
  const start = clock.now();
  const limit = new RateLimit<string>(clock, (value) => shown.push([clock.now() - start, value]));
  return { clock, shown, limit };
}

describe("rate-limit", () => {
  it("shows the first two at once, and of further ones the newest when a second has passed", () => {
    const { clock, shown, limit } = bench();
    limit.push("a");
    clock.advance(100);
    for (const value of ["b", "c", "d"]) limit.push(value);
    clock.advance(5000);
    assert.deepEqual(shown, [
      [0, "a"],
      [100, "b"],
      [1000, "d"],
    ]);
  });

  it("shows no more than two in any second, and the last one always", () => {
    const { clock, shown, limit } = bench();
    for (let i = 0; i < 500; i++) {
      limit.push(String(i));
      clock.advance(i % 37);
    }
    clock.advance(5000);
    for (const [at] of shown) assert.ok(shown.filter(([other]) => other >= at && other < at + 1000).length <= 2);
    assert.equal(shown.at(-1)?.[1], "499");
    assert.equal(clock.timers, 0);
  });

  it("drops what waits when it is cancelled", () => {
    const { clock, shown, limit } = bench();
    for (const value of ["a", "b", "c"]) limit.push(value);
    limit.cancel();
    clock.advance(5000);
    assert.deepEqual([shown.length, clock.timers], [2, 0]);
  });
});
