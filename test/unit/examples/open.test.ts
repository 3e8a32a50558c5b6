import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { exampleFiles } from "../../support/examples";
import { root, type FlowNode } from "../../support/node-red-process";

describe("examples", () => {
  it("say when each speech to text opens a session: a new node's default is not that of a flow without the property", () => {
    const nodes = exampleFiles.flatMap((file) => JSON.parse(readFileSync(join(root, "examples", file), "utf8")) as FlowNode[]);
    const listeners = nodes.filter(({ type }) => type === "assemblyai-streaming");
    assert.ok(listeners.length > 20);
    for (const { id, open } of listeners) assert.ok(typeof open === "string" && open !== "", id);
  });
});
