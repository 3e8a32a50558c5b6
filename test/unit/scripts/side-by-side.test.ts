import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const script = resolve(__dirname, "../../../../scripts/side-by-side.mjs");

const SUITES = {
  sound: 'it("first", () => {}); it("second", () => {});',
  failing: 'it("good", () => {}); it("bad", () => { throw new Error("as expected"); });',
  open: 'it("leaves a server open", (done) => void require("node:net").createServer().listen(0, "127.0.0.1", done));',
  broken: "nonsense nonsense",
  empty: "",
};

describe("scripts/side-by-side", () => {
  const folder = mkdtempSync(join(tmpdir(), "side-by-side-"));
  after(() => rmSync(folder, { recursive: true }));

  function run(...suites: (keyof typeof SUITES)[]): { status: number | null; stdout: string } {
    for (const suite of suites) {
      writeFileSync(join(folder, `${suite}.cjs`), SUITES[suite]);
      writeFileSync(join(folder, `${suite}.json`), JSON.stringify({ spec: [join(folder, `${suite}.cjs`)] }));
    }
    const configurations = suites.map((suite) => join(folder, `${suite}.json`));
    const { MOCHA_OPTIONS: _, ...env } = process.env;
    return spawnSync(process.execPath, [script, "--grace", "3000", ...configurations, "--", "--no-color"], { encoding: "utf8", env });
  }

  it("adds up what passed, and says so last", () => {
    const { status, stdout } = run("sound", "sound");
    assert.match(stdout, /\n {2}4 passing \(\d+s\)\n$/);
    assert.equal(status, 0);
  });

  it("fails with a suite that fails, and shows it", () => {
    const { status, stdout } = run("failing", "sound");
    assert.match(stdout, /Error: as expected[^]*\n {2}3 passing \(\d+s\)\n {2}1 failing\n$/);
    assert.equal(status, 1);
  });

  it("fails with a suite that leaves something open", () => {
    const { status, stdout } = run("sound", "open");
    assert.match(stdout, /open\.json: the process did not end by itself[^]*\n {2}3 passing \(\d+s\)\n {2}1 failing\n$/);
    assert.equal(status, 1);
  });

  for (const suite of ["broken", "empty"] as const) {
    it(`fails with a suite that is ${suite}`, () => {
      const { status, stdout } = run(suite, "sound");
      assert.match(stdout, /\n {2}2 passing \(\d+s\)\n {2}1 failing\n$/);
      assert.equal(status, 1);
    });
  }

  it("fails where there is nothing to run", () => assert.equal(run().status, 1));
});
