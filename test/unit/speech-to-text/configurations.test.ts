import assert from "node:assert/strict";
import { Configurations } from "../../../nodes/lib/speech-to-text/configurations";

describe("configurations", () => {
  it("are merged, a later value in the place of an earlier one, until {} goes back to the node's settings", () => {
    const it = new Configurations();
    assert.deepEqual(it.of(""), {});
    it.change(undefined, { prompt: "kitchen", keyterms_prompt: ["oven"] });
    it.change(undefined, { prompt: "bath" });
    assert.deepEqual(it.of(""), { prompt: "bath", keyterms_prompt: ["oven"] });
    it.change(undefined, {});
    assert.deepEqual(it.of(""), {});
  });

  it("are one topic's, which begins with what is set for all", () => {
    const it = new Configurations();
    it.change(undefined, { mode: "balanced" });
    it.change("kitchen", { prompt: "kitchen" });
    assert.deepEqual([it.of("kitchen"), it.of("hall")], [{ mode: "balanced", prompt: "kitchen" }, { mode: "balanced" }]);
    it.change("kitchen", {});
    assert.deepEqual([it.of("kitchen"), it.of("hall")], [{}, { mode: "balanced" }]);
  });

  it("are changed for all without a topic, also where a topic has its own", () => {
    const it = new Configurations();
    it.change("kitchen", { prompt: "kitchen", mode: "balanced" });
    it.change(undefined, { mode: "min_latency" });
    assert.deepEqual([it.of("kitchen"), it.of("hall")], [{ prompt: "kitchen", mode: "min_latency" }, { mode: "min_latency" }]);
    it.change(undefined, {});
    assert.deepEqual([it.of("kitchen"), it.of("hall")], [{}, {}]);
  });

  it("are kept for a thousand topics: one more is refused, those that went back leave their place", () => {
    const it = new Configurations();
    for (let topic = 0; topic < 1000; topic++) it.change(`${topic}`, { prompt: "x" });
    assert.throws(() => it.change("one more", { prompt: "x" }), { code: "AAI_CONFIGURE", message: /1000 topics/ });
    it.change("7", { prompt: "y" });
    assert.deepEqual(it.of("7"), { prompt: "y" });
    it.change("7", {});
    it.change("one more", { prompt: "x" });
    assert.deepEqual(it.of("one more"), { prompt: "x" });
  });

  it("have at most 64 parameters each, however many messages they come in: nothing is changed by one too many", () => {
    const it = new Configurations();
    const many = (count: number, from = 0) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`new_${from + i}`, 1]));
    it.change("kitchen", many(64));
    it.change("kitchen", many(64));
    assert.throws(() => it.change("kitchen", many(1, 64)), { code: "AAI_CONFIGURE", message: /at most 64 parameters, not 65/ });
    assert.throws(() => it.change(undefined, many(1, 64)), { code: "AAI_CONFIGURE" });
    assert.deepEqual([it.of("kitchen"), it.of("hall")], [many(64), {}]);
  });
});
