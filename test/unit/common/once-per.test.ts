import assert from "node:assert/strict";
import { OncePer } from "../../../nodes/lib/common/once-per";
import { FakeClock } from "../../support/fake-clock";

describe("once-per", () => {
  it("lets each thing pass once in its time", () => {
    const clock = new FakeClock();
    const limit = new OncePer(clock, 60_000);
    assert.equal(limit.passes("a"), true);
    clock.advance(59_999);
    assert.equal(limit.passes("a"), false);
    assert.equal(limit.passes("b"), true);
    clock.advance(1);
    assert.deepEqual([limit.passes("a"), limit.passes("b")], [true, false]);
  });
});
