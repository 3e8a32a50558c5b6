import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../../support/node-red-process";

interface Span {
  from: number;
  until: number;
}
interface Module {
  minuteBar(nodes: { streams: { sessions: Span[]; listened: Span[] }[] }[], until: number): string[];
}

describe("scripts/minute-bar", () => {
  const at = 1_000_000;
  const span = (from: number, until: number): Span => ({ from: at - 60_000 + from * 1000, until: at - 60_000 + until * 1000 });
  let module: Module;
  before(async () => {
    module = (await import(pathToFileURL(join(root, "scripts/minute-bar.mjs")).href)) as Module;
  });

  it("has a character for each second: paid, listened to for free, or neither, of all nodes together", () => {
    const kitchen = { streams: [{ sessions: [span(20, 32)], listened: [span(10, 40)] }] };
    const hall = { streams: [{ sessions: [span(-100, 2)], listened: [] }] };
    const bar = "██" + "·".repeat(8) + "░".repeat(10) + "█".repeat(12) + "░".repeat(8) + "·".repeat(20);
    assert.deepEqual(module.minuteBar([kitchen, hall], at), [bar, "this minute: █ session, paid   ░ listened, free   · no audio"]);
  });
});
