import assert from "node:assert/strict";
import { describe as inWords } from "../../../nodes/lib/common/describe";

describe("describe", () => {
  it("puts any value into few words, and quotes none at length", () => {
    const cases: [unknown, string][] = [
      ["text", "text"],
      ["x".repeat(81), `${"x".repeat(80)}…`],
      [Buffer.alloc(5), "buffer[5]"],
      [["secret"], "array[1]"],
      [{ secret: 1 }, "object"],
      [null, "null"],
      [undefined, "undefined"],
      [Number.NaN, "NaN"],
      [false, "false"],
      [Object.create(null), "object"],
    ];
    for (const [value, words] of cases) assert.equal(inWords(value), words);
  });
});
