import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

const script = resolve(__dirname, "../../../../scripts/check-rooms.mjs");

/** A house in which nothing is wrong, with one file of each kind. */
const SOUND: Readonly<Record<string, string>> = {
  "nodes/locales/en-US/x.json": "{}",
  "nodes/lib/common/errors.ts": 'import catalogue from "../../locales/en-US/x.json";\nexport const errors = catalogue;\n',
  "nodes/lib/audio/pcm.ts": 'import { errors } from "../common/errors";\nexport const pcm = errors;\n',
  "nodes/lib/stream/stream.ts":
    'import {\n  pcm,\n} from "../audio/pcm";\nimport type texts from "../../locales/en-US/x.json";\n/** import { node } from "../../node"; */\nexport const stream: typeof texts = pcm;\n',
  "nodes/node.ts":
    'import type { Node } from "node-red";\nimport { stream } from "./lib/stream/stream";\nexport = (node: Node) => stream;\n',
  "simulator/index.ts": 'export { pcm } from "../nodes/lib/audio/pcm";\n',
  "check/run.ts": 'import { pcm } from "../simulator";\n',
  "bench/run.ts": 'import { pcm } from "../simulator";\n',
};

function check(changes: Readonly<Record<string, string>>): { status: number | null; stderr: string } {
  const root = mkdtempSync(join(tmpdir(), "check-rooms-"));
  try {
    for (const [path, text] of Object.entries({ ...SOUND, ...changes })) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return spawnSync(process.execPath, [script, root], { encoding: "utf8" });
  } finally {
    rmSync(root, { recursive: true });
  }
}

describe("scripts/check-rooms", () => {
  it("finds nothing in a sound house", () => {
    const { status, stderr } = check({});
    assert.equal(stderr, "");
    assert.equal(status, 0);
  });

  const BROKEN: [what: string, changes: Record<string, string>, complaint: RegExp][] = [
    [
      "an import upward",
      { "nodes/lib/audio/wav.ts": 'import { stream } from "../stream/stream";\n' },
      /^nodes\/lib\/audio\/wav\.ts: nodes\/lib\/audio lies below nodes\/lib\/stream, but imports nodes\/lib\/stream\/stream\.ts$/m,
    ],
    [
      "a type upward, over several lines",
      { "nodes/lib/common/day.ts": 'import type {\n  pcm,\n  other,\n} from "../audio/pcm";\n' },
      /^nodes\/lib\/common\/day\.ts: /m,
    ],
    ["a re-export upward", { "nodes/lib/common/day.ts": 'export * from "../audio/pcm";\n' }, /^nodes\/lib\/common\/day\.ts: /m],
    [
      "a dynamic import upward",
      { "nodes/lib/common/day.ts": 'const x = await import("../audio/pcm");\n' },
      /^nodes\/lib\/common\/day\.ts: /m,
    ],
    ["a require upward", { "nodes/lib/common/day.ts": 'import pcm = require("../audio/pcm");\n' }, /^nodes\/lib\/common\/day\.ts: /m],
    ["the engine that imports the glue", { "nodes/lib/stream/a.ts": 'import node from "../../node";\n' }, /stream lies below nodes, but/],
    ["the engine that knows Node-RED", { "nodes/lib/stream/a.ts": 'import type { Node } from "node-red";\n' }, /must not know Node-RED/],
    [
      "the engine that knows a part of it",
      { "nodes/lib/stream/a.ts": 'import { log } from "@node-red/util";\n' },
      /must not know Node-RED/,
    ],
    ["a product that needs its simulator", { "nodes/other.ts": 'import { pcm } from "../simulator";\n' }, /nodes lies below simulator/],
    ["a simulator that loads the glue", { "simulator/a.ts": 'import node from "../nodes/node";\n' }, /only Node-RED loads nodes\/node\.ts/],
    [
      "a catalogue that is loaded for its values",
      { "nodes/lib/stream/a.ts": 'import x from "../../locales/en-US/x.json";\n' },
      /import type from/,
    ],
    ["a file in no room", { "nodes/lib/lost.ts": "export const x = 1;\n" }, /^nodes\/lib\/lost\.ts: lies in no room$/m],
    [
      "a circle of three in one room",
      {
        "simulator/a.ts": 'import type { B } from "./b";\n',
        "simulator/b.ts": 'import { c } from "./c";\n',
        "simulator/c.ts": 'export { a } from "./a";\n',
      },
      /^circle: simulator\/a\.ts → simulator\/b\.ts → simulator\/c\.ts → simulator\/a\.ts$/m,
    ],
  ];
  for (const [what, changes, complaint] of BROKEN) {
    it(`finds ${what}, and nothing else`, () => {
      const { status, stderr } = check(changes);
      assert.match(stderr, complaint);
      assert.equal(stderr.trim().split("\n").length, 1, stderr);
      assert.equal(status, 1);
    });
  }

  it("does not pass where it looks at the wrong place", () => {
    const root = mkdtempSync(join(tmpdir(), "check-rooms-"));
    assert.equal(spawnSync(process.execPath, [script, root]).status, 1);
    rmSync(root, { recursive: true });
  });
});
