import assert from "node:assert/strict";
import { readAction } from "../../../nodes/lib/common/action";

const ACCEPTED = ["start", "stop"] as const;

describe("action", () => {
  it("reads an action that the node knows", () => {
    assert.equal(readAction({ action: "stop" }, ACCEPTED), "stop");
  });

  it("finds none in a message without one", () => {
    for (const msg of [{}, { action: undefined }, { action: null }, { payload: "stop" }])
      assert.equal(readAction(msg, ACCEPTED), undefined);
  });

  it("names the accepted actions in the error for any other", () => {
    for (const action of ["", "Start", "stop ", "toggle", 1, true, {}, ["stop"], "__proto__", "constructor"]) {
      assert.throws(() => readAction({ action }, ACCEPTED), { code: "AAI_ACTION", message: /use start, stop\.$/ }, JSON.stringify(action));
    }
  });
});
