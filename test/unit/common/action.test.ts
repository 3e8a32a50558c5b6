import assert from "node:assert/strict";
import { describe as inWords, readAction } from "../../../nodes/lib/common/action";

const ACCEPTED = ["start", "stop"] as const;

describe("control", () => {
  it("reads an action that the node knows", () => {
    assert.equal(readAction({ action: "stop" }, ACCEPTED), "stop");
  });

  it("finds none in a message without one", () => {
    for (const msg of [{}, { action: undefined }, { action: null }, { payload: "stop" }])
      assert.equal(readAction(msg, ACCEPTED), undefined);
  });

  it("says what is accepted instead of anything else", () => {
    for (const action of ["", "Start", "stop ", "toggle", 1, true, {}, ["stop"], "__proto__", "constructor"]) {
      assert.throws(() => readAction({ action }, ACCEPTED), { code: "AAI_ACTION", message: /use start, stop\.$/ }, inWords(action));
    }
  });

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
