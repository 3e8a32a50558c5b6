import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import catalogue from "../../../nodes/locales/en-US/assemblyai-config.json";

/**
 * Every word of an error is in the catalogues, so that each language says it in its own: what the program puts into a text is data.
 * That all languages have the same keys and placeholders is the editor contract's business.
 */

const nodes = resolve(__dirname, "../../../nodes");

/** What an error's text may be filled with, beside the words from outside: no language has words of its own for these. */
const NAMES = "name parameter variable action accepted device program host file container signal kind type operator version".split(" ");
/** A time is a date and an hour as in ISO 8601; codes are the service's, or HTTP's. */
const NUMBERS = "seconds granted wanted rate open min max items longest count encoding bits channels exit time code".split(" ");
/** What a user has given, in short. */
const DATA = new Set([...NAMES, ...NUMBERS, "value"]);

/** Words from outside are quoted as they came: the service's, the system's, the recorder's, those of Node-RED's context stores. */
const QUOTED: Record<string, RegExp> = {
  text: /^AAI_(UNAUTHORIZED|ACCOUNT|RATE_LIMIT|REJECTED|SERVER|SERVER_WARNING|SESSION_EXPIRED|INACTIVITY)$/,
  detail:
    /^AAI_(DEVICE(\/(missing|busy|permission))?|RECORDER_DIED(\/.*)?|WAKE_WORD\/missing|UNREACHABLE|CONNECTION_LOST|CONTEXT|INTERNAL)$/,
};

/** What looks like words in the program's strings and is none for a user, or is just as the system says it. */
const NO_WORDS = new Set(["use strict", "spawn EMFILE"]);

const TOKENS =
  /\/\*[\s\S]*?\*\/|\/\/.*|(?<=[=(,:!&|?[]\s*)\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g;

/** The strings of a program, without their quotes; those in the place of a template's values are gone. */
function stringsOf(program: string): string[] {
  const tokens = program.match(TOKENS) ?? [];
  return tokens.filter((token) => /^["'`]/.test(token)).map((token) => token.slice(1, -1).replace(/\$\{[^}]*\}/g, "0"));
}

describe("the texts of errors", () => {
  it("are filled with data only, and with words from outside where there are any", () => {
    for (const [key, text] of Object.entries(catalogue.errors)) {
      for (const [, name = ""] of text.matchAll(/__(\w+?)__/g)) {
        assert.ok(DATA.has(name) || QUOTED[name]?.test(key), `${key} is filled with ${name}`);
      }
    }
  });

  it("are in the catalogues, all their words: the program has no string of two words", () => {
    const programs = readdirSync(nodes, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".js"));
    assert.ok(programs.length > 50);
    const found = programs.flatMap((file) =>
      stringsOf(readFileSync(join(nodes, file), "utf8"))
        .filter((string) => /\p{L}{2,}[,;:]? \p{L}{2,}/u.test(string) && !NO_WORDS.has(string))
        .map((string) => `${file}: ${string}`),
    );
    assert.deepEqual(found, []);
  });

  it("would not be found in order with words in the program", () => {
    const program = 'const a = /"/; // it\'s "no string"\nfail(`must be ${"a"} text`, "a list of texts", "pcm_s16le", \'x\');';
    assert.deepEqual(stringsOf(program), ["must be 0 text", "a list of texts", "pcm_s16le", "x"]);
  });
});
