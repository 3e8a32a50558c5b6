import assert from "node:assert/strict";
import { AaiError } from "../../../nodes/lib/common/errors";
import { guardClock } from "../../../nodes/lib/speech-to-text/guard";
import { FakeClock } from "../../support/fake-clock";

const broken = () => {
  throw new TypeError("x is undefined");
};

describe("guard", () => {
  it("reports what a timer throws, and lets the clock go on", () => {
    const clock = new FakeClock();
    const reported: AaiError[] = [];
    const guarded = guardClock(clock, (error) => reported.push(error));
    let fired = 0;
    guarded.setTimeout(broken, 10);
    guarded.setTimeout(() => fired++, 20);
    guarded.setTimeout(() => fired++, 30).cancel();
    clock.advance(100);
    assert.equal(fired, 1);
    assert.deepEqual(
      reported.map(({ code, message }) => [code, /x is undefined/.test(message)]),
      [["AAI_INTERNAL", true]],
    );
    assert.equal(guarded.now(), clock.now());
    assert.equal(guarded.date(), clock.date());
  });
});
