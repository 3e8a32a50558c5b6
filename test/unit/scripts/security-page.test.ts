import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(__dirname, "../../../..");

describe("docs/security.md", () => {
  const page = readFileSync(join(root, "docs/security.md"), "utf8");
  const rows = [...page.matchAll(/^\| (?!-|promise)(.+?) +\| (.+?) +\|$/gm)].map(([, promise = "", tests = ""]) => ({ promise, tests }));

  it("names tests that exist for each promise", () => {
    assert.ok(rows.length > 10);
    for (const { promise, tests } of rows) {
      for (const test of tests.split(" · ")) {
        const [, file = "", title = ""] = /^`([\w./-]+)`: (.+)$/.exec(test) ?? [];
        const path = join(root, "test", file);
        assert.ok(file !== "" && existsSync(path), `${promise}: ${test}`);
        assert.ok(readFileSync(path, "utf8").includes(`it("${title}"`), `${promise}: no test "${title}" in ${file}`);
      }
    }
  });
});
