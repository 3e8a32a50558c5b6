import assert from "node:assert/strict";
import { handleStreamingInput, type StreamingInput } from "../../../nodes/lib/speech-to-text/control";

/** What a message makes the streams do: the name of each call with its arguments. */
function callsFor(msg: StreamingInput): unknown[][] {
  const calls: unknown[][] = [];
  const call =
    (name: string) =>
    (...args: unknown[]) =>
      void calls.push([name, ...args]);
  handleStreamingInput(
    { audio: call("audio"), start: call("start"), stop: call("stop"), flush: call("flush"), configure: call("configure") },
    msg,
  );
  return calls;
}

describe("streaming-control", () => {
  const topic = "kitchen";
  const pcm = Buffer.alloc(4);

  it("does what msg.action says, for the message's topic", () => {
    for (const action of ["start", "stop", "flush"]) {
      assert.deepEqual(callsFor({ action, topic }), [[action, topic]]);
      assert.deepEqual(callsFor({ action }), [[action, undefined]]);
    }
  });

  it("takes a command before what the payload may hold", () => {
    assert.deepEqual(callsFor({ action: "stop", payload: pcm, topic }), [["stop", topic]]);
    assert.deepEqual(callsFor({ action: "start", payload: "stop" }), [["start", undefined]]);
  });

  it("configures with what is checked, by wire names", () => {
    assert.deepEqual(callsFor({ action: "configure", payload: { minTurnSilence: 5 }, topic }), [
      ["configure", { min_turn_silence: 5 }, topic],
    ]);
    assert.throws(() => callsFor({ action: "configure", payload: { speech_model: "x" } }), { code: "AAI_CONFIGURE" });
    assert.throws(() => callsFor({ action: "configure" }), { code: "AAI_CONFIGURE" });
  });

  it("takes start, stop and flush as payloads, too", () => {
    for (const payload of ["start", "stop", "flush"]) assert.deepEqual(callsFor({ payload, topic }), [[payload, topic]]);
  });

  it("gives anything else to the streams as audio, with what the message says of it", () => {
    const audio = { encoding: "pcm_s16le", sampleRate: 8000, channels: 1 };
    assert.deepEqual(callsFor({ payload: pcm, audio, topic }), [["audio", pcm, audio, topic, false]]);
    assert.deepEqual(callsFor({ payload: pcm, first: true }), [["audio", pcm, undefined, undefined, true]]);
    for (const payload of [undefined, null, true, 5, {}, [], "a text of twenty characters or more"]) {
      assert.deepEqual(callsFor({ payload }), [["audio", payload, undefined, undefined, false]]);
    }
  });

  it("says what is accepted instead of an unknown action, and does nothing", () => {
    for (const action of ["Start", "pause", "", 1, true, {}]) {
      assert.throws(() => callsFor({ action, payload: pcm }), { code: "AAI_ACTION", message: /use start, stop, flush, configure\.$/ });
    }
    for (const payload of ["", "pause", "configure"]) {
      assert.deepEqual(
        callsFor({ payload }),
        [["audio", payload, undefined, undefined, false]],
        "left to the audio input, which says what it takes",
      );
    }
  });
});
