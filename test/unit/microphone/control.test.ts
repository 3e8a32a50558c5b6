import assert from "node:assert/strict";
import { readMicrophoneAction } from "../../../nodes/lib/microphone/control";

const ALONE = { stopWithSession: true, topic: "" };
const KITCHEN = { stopWithSession: true, topic: "kitchen" };
const STAYS_ON = { stopWithSession: false, topic: "" };

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
    [{ event: "wake", payload: {} }, undefined],
    [{ event: "reconnecting", payload: {} }, undefined],
    [{ event: "speech-started", payload: { event: "termination", listening: false } }, undefined],
  ] as const) {
    it(`takes ${JSON.stringify(msg)} for ${action ?? "nothing to do"}`, () => assert.equal(readMicrophoneAction(msg, ALONE), action));
  }

  for (const event of ["termination", "failed"]) {
    it(`stops at a ${event} after which nobody listens, and at no other`, () => {
      const msg = { event, payload: { reason: "silence" }, topic: "kitchen", listening: false };
      for (const form of [msg, { payload: msg, topic: "rooms/ground/kitchen/session" }]) {
        assert.equal(readMicrophoneAction(form, ALONE), "stop");
        assert.equal(readMicrophoneAction(form, KITCHEN), "stop");
        assert.equal(readMicrophoneAction(form, STAYS_ON), undefined);
        assert.equal(readMicrophoneAction(form, { stopWithSession: true, topic: "hall" }), undefined);
      }
      for (const listening of [true, undefined, null, 0, "false"]) {
        assert.equal(readMicrophoneAction({ ...msg, listening } as object, ALONE), undefined, `${listening}`);
      }
      assert.equal(readMicrophoneAction({ event, payload: {}, listening: false } as object, KITCHEN), undefined, "of no topic");
    });
  }

  it("does nothing at any other event, whatever it says", () => {
    for (const event of ["begin", "reconnecting", "wake", "budget", "speech-started", "heartbeat", "server-failed", ""]) {
      assert.equal(readMicrophoneAction({ event, payload: {}, listening: false } as object, ALONE), undefined, event);
    }
  });

  for (const msg of [
    { action: "sing" },
    { action: "", payload: true },
    { payload: "on" },
    { payload: 1 },
    { payload: null },
    {},
    { event: 7 },
    { payload: { event: 7 } },
    { payload: [{ event: "termination" }] },
  ]) {
    it(`refuses ${JSON.stringify(msg)} and says what is accepted`, () =>
      assert.throws(() => readMicrophoneAction(msg, ALONE), { code: "AAI_ACTION", message: /start, stop, toggle/ }));
  }
});
