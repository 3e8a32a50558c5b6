import assert from "node:assert/strict";
import fs, { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path, { join } from "node:path";
import { ExampleFunction } from "../../support/example-function";

const SAMPLES = ".node-red/node_modules/node-red-contrib-assemblyai/dist/simulator/samples";

describe("examples 02 and 14: find the file", () => {
  let home: string;
  let node: ExampleFunction;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "find-the-file-test-"));
    mkdirSync(join(home, SAMPLES), { recursive: true });
    for (const file of ["recording.wav", join(SAMPLES, "recording.wav"), join(SAMPLES, "sample.wav")]) writeFileSync(join(home, file), "");
    node = new ExampleFunction("02+14-find-the-file.js", {}, undefined, [fs, { homedir: () => home }, path]);
  });
  afterEach(() => rmSync(home, { recursive: true }));

  it("finds a name in the home directory first, then among the samples of the package", () => {
    assert.deepEqual(node.receive({ filename: "recording.wav", topic: "x" }), [{ filename: join(home, "recording.wav"), topic: "x" }]);
    assert.deepEqual(node.receive({ filename: "sample.wav" }), [{ filename: join(home, SAMPLES, "sample.wav") }]);
  });

  it("takes a whole path as it is", () => {
    const file = join(home, SAMPLES, "recording.wav");
    assert.deepEqual(node.receive({ filename: file }), [{ filename: file }]);
  });

  it("says where to put what it does not find", () => {
    assert.deepEqual(node.receive({ filename: "talk.wav" }), []);
    assert.deepEqual(node.errors, [`There is no talk.wav. Put it into ${home}, or open the button and enter its whole path.`]);
  });
});
