import { ok } from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** simulator/README.md names, for each behaviour of the service, the sources that describe it and the tests that check it. */
const root = join(__dirname, "../../../..");
const readme = readFileSync(join(root, "simulator/README.md"), "utf8");

/** The cells of the table under a heading, without its head. */
function table(heading: string): string[][] {
  const section = readme.split(`## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("|"));
  return rows.slice(2).map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe("simulator's README", () => {
  const sources = table("Sources").map(([tag = ""]) => tag);
  const behaviours = table("What is simulated, and the tests");

  it("names the source of each behaviour", () => {
    ok(sources.length > 5);
    ok(behaviours.length > 25);
    for (const [behaviour, from = ""] of behaviours) {
      for (const tag of from.split(", ")) ok(sources.includes(tag), `${behaviour}: ${tag}`);
    }
  });

  it("names tests that exist", () => {
    for (const [behaviour, , tests = ""] of behaviours) {
      for (const test of tests.split(" · ")) {
        const [, file = "", title = ""] = /^`([\w./-]+)`: (.+)$/.exec(test) ?? [];
        const path = join(root, "test", file);
        ok(file !== "" && existsSync(path), `${behaviour}: ${test}`);
        ok(readFileSync(path, "utf8").includes(`it("${title}"`), `${behaviour}: no test "${title}" in ${file}`);
      }
    }
  });
});
