import assert from "node:assert/strict";
import { readMicrophoneAction } from "../../../nodes/lib/microphone/control";

describe("microphone: control messages", () => {
  for (const [msg, action] of [
    [{ action: "start" }, "start"],
    [{ action: "stop", payload: { reason: "silence" }, event: "termination" }, "stop"],
    [{ action: "toggle", payload: false }, "toggle"],
    [{ payload: "start" }, "start"],
    [{ payload: "stop" }, "stop"],
    [{ payload: "toggle" }, "toggle"],
    [{ payload: true }, "start"],
    [{ payload: false }, "stop"],
    [{ event: "begin", payload: { id: "x" } }, undefined],
    [{ event: "termination", payload: { reason: "stop" } }, undefined],
    [{ event: "reconnecting", payload: {} }, undefined],
  ] as const) {
    it(`takes ${JSON.stringify(msg)} for ${action ?? "nothing to do"}`, () => assert.equal(readMicrophoneAction(msg), action));
  }

  for (const msg of [
    { action: "sing" },
    { action: "", payload: true },
    { payload: "on" },
    { payload: 1 },
    { payload: null },
    {},
    { event: "x" },
  ]) {
    it(`refuses ${JSON.stringify(msg)} and says what is accepted`, () =>
      assert.throws(() => readMicrophoneAction(msg), { code: "AAI_ACTION", message: /start, stop, toggle/ }));
  }
});
