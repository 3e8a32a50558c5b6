import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const script = resolve(__dirname, "../../../../scripts/check-error-texts.mjs");

function check(errors: Record<string, string>, program: string): { status: number | null; stderr: string } {
  const root = mkdtempSync(join(tmpdir(), "check-error-texts-"));
  const locale = join(root, "nodes", "locales", "en-US");
  mkdirSync(locale, { recursive: true });
  writeFileSync(join(locale, "assemblyai-config.json"), JSON.stringify({ errors }));
  writeFileSync(join(root, "nodes", "program.ts"), program);
  const result = spawnSync(process.execPath, [script, root], { encoding: "utf8" });
  rmSync(root, { recursive: true });
  return result;
}

describe("scripts/check-error-texts", () => {
  it("finds nothing where the program's strings are names, and the texts hold data or quotations", () => {
    const program = [
      'const quote = /"/; // it\'s "no string"',
      '/* "nor is this one" */',
      'fail("AAI_X", `${first} ${second}`, "pcm_s16le", \'x\');',
    ].join("\n");
    const { status, stderr } = check({ AAI_X: "The __name__ is __value__.", "AAI_BOOK/write": "The store said: __detail__" }, program);
    assert.equal(stderr, "");
    assert.equal(status, 0);
  });

  for (const [what, errors, program, complaint] of [
    ["a text that is filled with words", { AAI_X: "It __verb__." }, "", /^AAI_X is filled with verb/],
    ["a quotation where nothing is quoted", { AAI_X: "It said: __detail__" }, "", /^AAI_X is filled with detail/],
    ["words in a string", {}, 'fail("must be text");', /^nodes\/program\.ts: "must be text" belongs/],
    ["words in a template", {}, "fail(`must be ${value} text`);", /"must be 0 text"/],
    ["words behind a regular expression with a quote", {}, "const a = /\"/; fail('a list of texts');", /"a list of texts"/],
  ] as const) {
    it(`finds ${what}`, () => {
      const { status, stderr } = check(errors, program);
      assert.match(stderr, complaint);
      assert.equal(status, 1);
    });
  }
});
