import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../../support/node-red-process";

interface Line {
  print(line: string): void;
  interpose(line: string): void;
  rewrite(head: string, text: string): void;
}
interface Module {
  LiveLine: new (output: { isTTY: boolean; columns: number; write: (text: string) => void }) => Line;
}

const AWAY = "\r\u001b[2K";

describe("scripts/live-line", () => {
  let module: Module;
  before(async () => {
    module = (await import(pathToFileURL(join(root, "scripts/live-line.mjs")).href)) as Module;
  });

  function lineIn(output: { isTTY: boolean; columns?: number }) {
    const written: string[] = [];
    const line = new module.LiveLine({ columns: 80, ...output, write: (text) => written.push(text) });
    return { line, written: () => written.splice(0).join("") };
  }

  it("writes one line anew in a terminal, until a line that stays takes its place", () => {
    const { line, written } = lineIn({ isTTY: true });
    line.rewrite("partial ", "And");
    line.rewrite("partial ", "And Mister");
    line.print("turn And Mister John.");
    assert.equal(written(), `partial And${AWAY}partial And Mister${AWAY}turn And Mister John.\n`);
    line.print("session ended");
    assert.equal(written(), "session ended\n");
  });

  it("keeps what is being written below a line that comes between", () => {
    const { line, written } = lineIn({ isTTY: true });
    line.rewrite("partial ", "And");
    line.interpose("[warn] something else");
    assert.equal(written(), `partial And${AWAY}[warn] something else\npartial And`);
  });

  it("shows the newest words in a narrow terminal: a line that wraps could not be written anew", () => {
    const { line, written } = lineIn({ isTTY: true, columns: 20 });
    line.rewrite("partial ", "And Mister John");
    assert.equal(written(), "partial …ister John");
  });

  it("writes each version into a line of its own where the output is no terminal", () => {
    const { line, written } = lineIn({ isTTY: false });
    line.rewrite("partial ", "And");
    line.rewrite("partial ", "And Mister");
    line.interpose("lamp on");
    line.print("turn And Mister John.");
    assert.equal(written(), "partial And\npartial And Mister\nlamp on\nturn And Mister John.\n");
  });
});
