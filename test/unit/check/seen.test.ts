import assert from "node:assert/strict";
import { within } from "../../../check/seen";

describe("within", () => {
  it("is equal from the moment on that it counts from, up to the limit", () => {
    assert.deepEqual(
      [-1, 0, 3000, 3001].map((ms) => within(ms, 3000).equal),
      [false, true, true, false],
    );
    assert.equal(within(-1500, 3000).seen, "-1.5 s");
  });
});
