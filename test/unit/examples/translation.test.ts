import assert from "node:assert/strict";
import { ExampleFunction } from "../../support/example-function";

const turn = (order: number, payload: string, sessionId = "a") => ({
  final: true,
  payload,
  turn: { turn_order: order },
  turnNumber: order + 1,
  sessionId,
  topic: "hall",
});
const translation = (order: number, content: unknown, sessionId = "a") => ({
  event: "llm-gateway-response",
  payload: { type: "LLMGatewayResponse", turn_order: order, transcript: "", data: { choices: [{ message: { content } }] } },
  sessionId,
  topic: "hall",
});
const pair = (number: number, original: string, translated: unknown) => ({
  topic: "hall",
  payload: { turn: number, original, translation: translated },
});

describe("example 17: beside the original", () => {
  let node: ExampleFunction;
  beforeEach(() => (node = new ExampleFunction("17-beside-the-original.js", {})));

  it("waits for a turn's translation, whatever their order", () => {
    assert.deepEqual(node.receive(turn(0, "Good morning.")), []);
    assert.deepEqual(node.receive(turn(1, "It rains.")), []);
    assert.deepEqual(node.receive(translation(1, "Es regnet.")), [pair(2, "It rains.", "Es regnet.")]);
    assert.deepEqual(node.receive(translation(0, "Guten Morgen.")), [pair(1, "Good morning.", "Guten Morgen.")]);
    assert.deepEqual(node.receive(translation(2, "Ja.")), []);
    assert.deepEqual(node.receive(turn(2, "Yes.")), [pair(3, "Yes.", "Ja.")]);
  });

  it("keeps sessions apart", () => {
    node.receive(turn(0, "One.", "a"));
    assert.deepEqual(node.receive(translation(0, "Zwei.", "b")), []);
    assert.deepEqual(node.receive(translation(0, "Eins.", "a")), [pair(1, "One.", "Eins.")]);
  });

  it("gives what has no translation at the session's end, and keeps nothing of it", () => {
    node.receive(turn(0, "One."));
    node.receive(turn(1, "Two."));
    node.receive(translation(7, "of a turn that never came"));
    node.receive(turn(0, "Of another session.", "b"));
    const sent = node.receive({ event: "termination", sessionId: "a", payload: {}, topic: "hall" });
    assert.deepEqual(sent, [pair(1, "One.", null), pair(2, "Two.", null)]);
    assert.deepEqual(Object.keys(node.context.get("halves") as object), ["b/0"]);
  });

  it("has nothing wait that comes after the session's end", () => {
    for (let session = 0; session < 200; session++) {
      const id = `s${session}`;
      node.receive({ event: "termination", sessionId: id, payload: {}, topic: "hall" });
      assert.deepEqual(node.receive(turn(0, "Late.", id)), [pair(1, "Late.", null)]);
      assert.deepEqual(node.receive(translation(0, "Spät.", id)), []);
    }
    assert.deepEqual(node.context.get("halves"), {});
    assert.equal((node.context.get("ended") as string[]).length, 100, "of the sessions that ended last");
  });

  it("takes an answer without a text for no translation, and does nothing at other events", () => {
    node.receive(turn(0, "One."));
    assert.deepEqual(node.receive({ event: "begin", sessionId: "a", payload: {} }), []);
    const refused = { ...translation(0, ""), payload: { turn_order: 0, data: { error: "no access" } } };
    assert.deepEqual(node.receive(refused), [pair(1, "One.", null)]);
  });
});
