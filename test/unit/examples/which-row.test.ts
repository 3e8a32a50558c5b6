import assert from "node:assert/strict";
import { ExampleFunction } from "../../support/example-function";

const TABLE = `# words | topic | payload
kitchen, light/lights, on | home/kitchen/light | ON
  # kitchen, radio | home/kitchen/radio | ON

Küche, Licht, an/ein | home/kitchen/light | ON
living room, degrees/° | home/living-room/temperature | NUMBER | climate/set_temperature | {"temperature": NUMBER}
salón, luz | home/living-room/light | ON | light/turn_on | {"entity_id": }
fan | home/fan
`;

describe("examples 04 and 08: which row", () => {
  const node = new ExampleFunction("04+08-which-row.js", {});
  const sent = (payload: string) => node.receive({ payload, rules: TABLE })[0] as [Record<string, unknown> | null, unknown] | undefined;
  const topicOf = (payload: string) => sent(payload)?.[0]?.["topic"];

  it("wants all words of a row, whole, in any order, whatever their capitals, accents and punctuation", () => {
    assert.equal(topicOf("Turn on the Lights, in the KITCHEN!"), "home/kitchen/light");
    assert.equal(topicOf("Mach das Licht in der Kuche an."), "home/kitchen/light");
    assert.equal(topicOf("Mach in der Ku\u0308che Licht ein"), "home/kitchen/light", "an umlaut in two characters");
    assert.equal(topicOf("The kitchen light is gone."), undefined, "on is no word of its own");
    assert.equal(topicOf("Turn on the kitchen radio."), undefined, "a row that is off");
  });

  it("puts the number of the sentence in the place of NUMBER, and needs one for it", () => {
    const row = sent("Set the living room to 20,5 °, not 30.")?.[0];
    assert.deepEqual([row?.["payload"], row?.["service"], row?.["data"]], ["20.5", "climate/set_temperature", { temperature: 20.5 }]);
    assert.equal(topicOf("How many degrees are in the living room?"), undefined);
  });

  it("gives a sentence that no row fits to the second output", () => {
    assert.deepEqual(sent("Good morning."), [null, { payload: "Good morning.", rules: TABLE }]);
  });

  it("reports a row that cannot be used", () => {
    sent("Luz del salón");
    assert.match(node.errors.at(-1) ?? "", /^This row of the table cannot be used \(.*JSON.*\): salón, luz/);
    sent("The fan, please.");
    assert.match(node.errors.at(-1) ?? "", /topic and payload are missing\): fan \| home\/fan$/);
  });
});
