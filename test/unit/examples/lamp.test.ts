import assert from "node:assert/strict";
import { ExampleFunction } from "../../support/example-function";

describe("example 00: lamp", () => {
  let node: ExampleFunction;
  let timers: (() => void)[];
  beforeEach(() => {
    timers = [];
    node = new ExampleFunction("00-lamp.js", {}, undefined, [(timer: () => void) => timers.push(timer)]);
  });
  const say = (payload: string) => node.receive({ payload });
  const looks = () => `${node.fill} ${node.status}`;

  it("is switched by a sentence, and says so to what is wired to it", () => {
    assert.deepEqual(say("Turn on the light, please."), [{ payload: "on" }]);
    assert.equal(looks(), "yellow on");
    assert.deepEqual(say("Lamp off!"), [{ payload: "off" }]);
    assert.equal(looks(), 'grey off: say "light on"');
  });

  it("shines green at any other sentence, and then is what it was", () => {
    say("Light on.");
    assert.deepEqual(say("And Mister John Dashwood had then leisure to consider"), []);
    assert.equal(looks(), "green And Mister John Dashwood had then leisur");
    for (const timer of timers) timer();
    assert.equal(looks(), "yellow on");
  });

  it("keeps its colour for the newest sentence", () => {
    say("One.");
    say("Two.");
    timers[0]?.();
    assert.equal(looks(), "green Two.");
    say("Light on.");
    timers[1]?.();
    assert.equal(looks(), "yellow on");
  });

  it("is not switched by a light that is only talked of", () => {
    assert.deepEqual([...say("The lightning was off the coast."), ...say("On and off.")], []);
  });
});
