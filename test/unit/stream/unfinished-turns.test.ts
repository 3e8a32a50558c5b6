import assert from "node:assert/strict";
import type { TurnMessage } from "../../../nodes/lib/assemblyai/protocol";
import type { PlacedTurn } from "../../../nodes/lib/stream/feed";
import { UnfinishedTurns } from "../../../nodes/lib/stream/unfinished-turns";
import { StreamRig } from "../../support/stream-rig";

const turn: TurnMessage = {
  type: "Turn",
  turn_order: 0,
  end_of_turn: false,
  transcript: "turn the light on please",
  words: ["turn", "the", "light", "on", "please"].map((text, index) => ({ text, start: index * 1000, end: index * 1000 + 900 })),
};
/** One sample a millisecond makes positions easy to read. */
const at = (ms: number) => 10_000 + ms;

function placed(each: TurnMessage = turn, sessionId = "s"): PlacedTurn {
  return { turn: each, sessionId, words: each.words!.map(({ text, end }) => ({ text, middle: at(end - 250), end: at(end) })) };
}

describe("unfinished turns", () => {
  function left(...covered: [from: number, until: number][]): string[] {
    const turns = new UnfinishedTurns();
    turns.add([placed()], at(0));
    for (const [from, until] of covered) turns.covered({ from, until });
    return turns.take().map(({ event }) => event.text);
  }

  it("are emitted whole where no session covered them again", () => {
    assert.deepEqual(left(), ["turn the light on please"]);
    assert.deepEqual(left([0, 9000]), ["turn the light on please"], "what was heard lies before them");
    assert.deepEqual(left([20_000, 30_000]), ["turn the light on please"], "their audio was lost, and later audio heard");
  });

  it("are gone once a session has covered them again", () => {
    assert.deepEqual(left([9000, 14_900]), []);
    assert.deepEqual(left([9000, 14_651]), [], "its middle");
    assert.deepEqual(left([10_650, 14_900]), [], "from the first one's middle on");
    assert.deepEqual(left([9000, 14_649]), ["please"]);
  });

  it("are gone where the texts of a second session time the last word a little earlier", () => {
    const turns = new UnfinishedTurns();
    turns.add([placed(turn, "one")], at(0));
    const words = turn.words!.map((word) => (word.text === "please" ? { ...word, end: 4700 } : word));
    turns.add([placed({ ...turn, words }, "two")], at(0));
    assert.deepEqual(
      turns.take().map(({ sessionId }) => sessionId),
      ["two"],
    );
  });

  it("are emitted with the words that were not covered again", () => {
    assert.deepEqual(left([9000, 12_000]), ["light on please"]);
  });

  it("are replaced by the texts of a second session for the same audio", () => {
    const turns = new UnfinishedTurns();
    turns.add([placed(turn, "one")], at(0));
    turns.add([placed({ ...turn, transcript: "turn the light", words: turn.words!.slice(0, 3) }, "two")], at(0));
    assert.deepEqual(
      turns.take().map(({ event, sessionId }) => [sessionId, event.text]),
      [
        ["one", "on please"],
        ["two", "turn the light"],
      ],
    );
  });

  it("are taken as far as they lie before what the next session is sent", () => {
    const turns = new UnfinishedTurns();
    turns.add([placed()], at(0));
    const texts = (position: number) => turns.take(position).map(({ event }) => event.text);
    assert.deepEqual(texts(at(0)), []);
    assert.deepEqual(texts(at(2000)), ["turn the"]);
    assert.deepEqual(texts(at(2000)), []);
    assert.deepEqual(texts(Infinity), ["light on please"]);
  });

  it("are taken once", () => {
    const turns = new UnfinishedTurns();
    turns.add([placed()], at(0));
    assert.equal(turns.take().length, 1);
    assert.equal(turns.take().length, 0);
  });

  it("are all emitted by a stream that may open no other session", () => {
    const rig = new StreamRig();
    rig.speak(50);
    rig.service.last.begin();
    rig.speak(3950);
    rig.service.last.turn(0, "the first one", false, 500, 1500);
    rig.service.last.turn(1, "and the second", false, 2000, 3500);
    rig.service.last.destroy();
    rig.stream.end("budget");
    assert.deepEqual(rig.finals, ["the first one", "and the second"]);
  });

  it("are emitted after a replay that was cut off, without the words of its texts", () => {
    const rig = new StreamRig();
    rig.speak(50);
    rig.service.last.begin("one");
    rig.speak(3950);
    rig.service.last.turn(0, "turn the light on please", false, 500, 3500);
    rig.service.last.destroy();
    rig.speak(300);
    rig.service.last.begin("two");
    rig.service.last.turn(0, "turn", false, 300, 700);
    rig.stream.end("redeploy");
    rig.clock.advance(5000);
    assert.equal(rig.finals.join(" "), "turn the light on please");
  });
});
