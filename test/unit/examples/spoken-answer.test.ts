import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { ExampleFunction } from "../../support/example-function";

type Out = [{ answer?: number; payload?: { text: string } } | null, { payload?: string; kill?: string; answer?: number } | null];

const FILE = "/tmp/answer.wav";
const BEGINS_TO_SPEAK = { event: "speech-started", payload: { type: "SpeechStarted", timestamp: 0 } };

describe("example 16: one answer at a time", () => {
  let node: ExampleFunction;

  const setUp = (bargeIn: boolean) => (node = new ExampleFunction("16-one-answer-at-a-time.js", { BARGE_IN: bargeIn, FILE }));
  beforeEach(() => setUp(false));

  const receive = (msg: Record<string, unknown>): Out => (node.receive(msg) as [Out?])[0] ?? [null, null];
  const isHeldOff = () => node.flow.get("heldOff");
  /** What the flow sends back for an answer. */
  const written = (answer: number) => receive({ answer, payload: Buffer.from("RIFF"), filename: FILE });
  const ended = (answer: number, code: number | null = 0) => receive({ answer, payload: { code } });

  it("holds the microphone off from the text on until the player has ended", () => {
    assert.deepEqual(receive({ payload: "It is noon." }), [{ answer: 1, payload: { text: "It is noon." } }, null]);
    assert.equal(isHeldOff(), true);
    assert.deepEqual(written(1), [null, { answer: 1, payload: FILE }]);
    assert.equal(node.status, "speaking");
    assert.deepEqual(ended(1), [null, null]);
    assert.deepEqual([isHeldOff(), node.status], [false, ""]);
  });

  it("has the next answer wait for its turn", () => {
    receive({ payload: "One." });
    assert.deepEqual(receive({ payload: "Two." }), [null, null]);
    assert.deepEqual(receive({ payload: "Three." }), [null, null]);
    written(1);
    assert.deepEqual(ended(1), [{ answer: 2, payload: { text: "Two." } }, null]);
    assert.equal(isHeldOff(), true);
    written(2);
    assert.deepEqual(ended(2)[0], { answer: 3, payload: { text: "Three." } });
  });

  it("goes on where the text to speech, the file or the player fails", () => {
    receive({ payload: "One." });
    receive({ payload: "Two." });
    assert.deepEqual(receive({ answer: 1, payload: "ECONNREFUSED", error: { message: "no Piper" } }), [
      { answer: 2, payload: { text: "Two." } },
      null,
    ]);
    written(2);
    receive({ answer: 2, payload: FILE, error: { message: "spawn aplay ENOENT" } });
    assert.equal(isHeldOff(), false);
    assert.deepEqual(ended(2, -2), [null, null], "told twice");
  });

  it("lets nobody interrupt it while the microphone is held off, and does nothing at other events", () => {
    receive({ payload: "One." });
    written(1);
    for (const msg of [BEGINS_TO_SPEAK, { event: "begin" }, { event: "termination", listening: true }]) {
      assert.deepEqual(receive(msg), [null, null]);
    }
    assert.equal(isHeldOff(), true);
  });

  it("is interrupted where the microphone stays on, with all that waits; what still comes of it is not played", () => {
    setUp(true);
    receive({ payload: "One." });
    receive({ payload: "Two." });
    written(1);
    assert.equal(isHeldOff(), false);
    assert.deepEqual(receive({ event: "heartbeat" }), [null, null]);
    assert.deepEqual(receive(BEGINS_TO_SPEAK), [null, { kill: "SIGTERM" }]);
    assert.deepEqual(receive(BEGINS_TO_SPEAK), [null, null], "nothing is spoken any more");
    assert.deepEqual(receive({ payload: "Three." })[0], { answer: 2, payload: { text: "Three." } });
    assert.deepEqual(ended(1, null), [null, null]);
    assert.deepEqual(written(1), [null, null]);
    assert.deepEqual(written(2), [null, { answer: 2, payload: FILE }]);
  });

  it("has a player that is ended where it hangs: the microphone would stay off for ever", () => {
    const flow = JSON.parse(readFileSync(resolve(__dirname, "../../../../examples/16 - Spoken answer.json"), "utf8")) as Record<
      string,
      unknown
    >[];
    assert.deepEqual(
      flow.filter(({ type }) => type === "exec").map(({ name, timer }) => [name, timer]),
      [["play", "120"]],
    );
    receive({ payload: "One." });
    written(1);
    receive({ answer: 1, payload: { code: null, signal: "SIGTERM" } });
    assert.equal(isHeldOff(), false);
  });
});
