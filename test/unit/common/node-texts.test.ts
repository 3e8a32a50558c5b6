import assert from "node:assert/strict";
import { AaiError } from "../../../nodes/lib/common/errors";
import { nodeTexts } from "../../../nodes/lib/common/node-texts";
import { fillText } from "../../../nodes/lib/common/texts";

const catalogue = { status: { waiting: "restarting in __seconds__ s" } };
const action = new AaiError("AAI_ACTION", { value: "sing", accepted: "start, stop" });
const ACTION_KEY = "node-red-contrib-assemblyai/assemblyai-config:errors.AAI_ACTION";

describe("node-texts", () => {
  it("speaks the runtime's language", () => {
    const german = new Map([
      ["status.waiting", "neu in 4 s"],
      [ACTION_KEY, "„sing“ gibt es hier nicht"],
    ]);
    const texts = nodeTexts((key) => german.get(key) ?? key, catalogue);
    assert.equal(texts.status("waiting", { seconds: 4 }), "neu in 4 s");
    assert.equal(texts.errorText(action), "„sing“ gibt es hier nicht");
  });

  it("hands the values to the translator", () => {
    const asked: unknown[] = [];
    const texts = nodeTexts((key, values) => {
      asked.push([key, values]);
      return "text";
    }, catalogue);
    texts.status("waiting", { seconds: 4 });
    texts.errorText(action);
    assert.deepEqual(asked, [
      ["status.waiting", { seconds: 4 }],
      [ACTION_KEY, { value: "sing", accepted: "start, stop" }],
    ]);
  });

  it("falls back to English where the runtime has no text, by either form of its answer", () => {
    for (const answer of [(key: string) => key, (key: string) => key.slice(key.indexOf(":") + 1)]) {
      const texts = nodeTexts(answer, catalogue);
      assert.equal(texts.status("waiting", { seconds: 4 }), "restarting in 4 s");
      assert.equal(texts.errorText(action), action.message);
    }
  });

  it("writes numbers as the language of its texts does", () => {
    const german = new Map([
      ["status.waiting", "neu in __seconds__ s"],
      ["node-red-contrib-assemblyai/assemblyai-config:locale", "de"],
    ]);
    const texts = nodeTexts((key, values) => fillText(german.get(key) ?? key, values), catalogue);
    assert.equal(texts.status("waiting", { seconds: 2.5 }), "neu in 2,5 s");
    assert.equal(texts.status("waiting", { seconds: 16_000 }), "neu in 16000 s");
    assert.deepEqual([texts.number(0.0155, 4), texts.number(1234.5, 2)], ["0,0155", "1234,50"]);
    const english = nodeTexts((key) => key, catalogue);
    assert.equal(english.status("waiting", { seconds: 2.5 }), "restarting in 2.5 s");
    assert.deepEqual([english.number(0.0155, 4), english.number(1234.5, 2)], ["0.0155", "1234.50"]);
  });

  it("makes errors that show their code and keep their cause", () => {
    const cause = new Error("the cause");
    const shown = nodeTexts((key) => key, catalogue).error(new AaiError("AAI_INTERNAL", { detail: "x" }, { cause }));
    assert.equal(shown.code, "AAI_INTERNAL");
    assert.equal(String(shown), "AAI_INTERNAL: A defect in node-red-contrib-assemblyai: x. Please report it.");
    assert.equal(shown.cause, cause);
  });
});
