import assert from "node:assert/strict";
import { readStreamingAction } from "../../../nodes/lib/speech-to-text/control";

describe("streaming control", () => {
  const payload = Buffer.alloc(4);

  it("is msg.action, whatever the payload", () => {
    for (const action of ["start", "stop", "flush", "configure"]) {
      assert.equal(readStreamingAction({ action }), action);
      assert.equal(readStreamingAction({ action, payload }), action);
      assert.equal(readStreamingAction({ action, payload: "stop" }), action);
    }
  });

  it("is start, stop or flush as a payload, too", () => {
    for (const command of ["start", "stop", "flush"]) assert.equal(readStreamingAction({ payload: command }), command);
  });

  it("is undefined for everything else: the decoder reports what it accepts", () => {
    for (const other of [payload, undefined, null, true, 5, {}, [], "", "pause", "configure", "a text of twenty characters or more"]) {
      assert.equal(readStreamingAction({ payload: other }), undefined);
      assert.equal(readStreamingAction({ action: null, payload: other }), undefined);
    }
  });

  it("names the accepted actions in the error for an unknown one", () => {
    for (const action of ["Start", "pause", "", 1, true, {}]) {
      assert.throws(() => readStreamingAction({ action, payload }), {
        code: "AAI_ACTION",
        message: /use start, stop, flush, configure\.$/,
      });
    }
  });
});
