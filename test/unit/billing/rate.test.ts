import assert from "node:assert/strict";
import { readRate } from "../../../nodes/lib/billing/rate";

describe("the rate that a user has set", () => {
  it("is a number, or none", () => {
    for (const empty of ["", " ", undefined, null]) assert.equal(readRate(empty), undefined);
    assert.equal(readRate("0.15"), 0.15);
    assert.equal(readRate(0.15), 0.15);
    for (const free of [0, "0", "0.0"]) assert.equal(readRate(free), 0);
  });

  it("is refused where it is no number of 0 or more", () => {
    for (const rate of ["-1", -0.01, Number.NaN, "NaN", Infinity, "Infinity", "0,45", "$0.45", "${RATE}", true, {}, []]) {
      assert.throws(() => readRate(rate), { code: "AAI_PROPERTY" }, JSON.stringify(rate));
    }
  });
});
