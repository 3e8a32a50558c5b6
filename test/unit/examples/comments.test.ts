import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { exampleFiles } from "../../support/examples";
import { root, type FlowNode } from "../../support/node-red-process";

interface Catalogue {
  endpoint: { simulator: string };
  hint: { simulator: string };
}

const { endpoint, hint } = JSON.parse(readFileSync(join(root, "nodes/locales/en-US/assemblyai-config.json"), "utf8")) as Catalogue;
const command = /<code>(.*)<\/code>/.exec(hint.simulator)?.[1] ?? "";

describe("the comments of the examples", () => {
  for (const file of exampleFiles) {
    const flow = JSON.parse(readFileSync(join(root, "examples", file), "utf8")) as FlowNode[];
    const comments = flow.filter(({ type }) => type === "comment").map(({ info }) => String(info));

    it(`name the simulator as the account's dialog does, and no path of somebody else's machine: ${file}`, () => {
      assert.match(command, /^npx assemblyai-simulator/);
      for (const comment of comments.filter((text) => text.includes("npx"))) {
        assert.ok(comment.includes(`\`${command}\``), "the command");
        assert.ok(comment.includes(`*${endpoint.simulator}*`), "the entry of the list");
      }
      for (const text of [...comments, JSON.stringify(flow)]) assert.doesNotMatch(text, /another address|\/home\/pi/);
    });

    it(`say what they call by name as it is called: ${file}`, () => {
      const names = new Set(flow.flatMap(({ name, label }) => [name, label]));
      const buttons = comments.flatMap((text) => Array.from(text.matchAll(/click \*([^*]+)\*/g), ([, button]) => button));
      for (const button of buttons) assert.ok(names.has(button), button);
    });
  }
});
