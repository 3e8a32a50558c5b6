// Checks that every word of an error is in the catalogues, so that each language has its own: the program fills the texts with data only.
// (That all languages have the same keys and placeholders is the editor contract's business.)
// Usage: node scripts/check-error-texts.mjs [root of the tree]
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(process.argv[2] ?? join(import.meta.dirname, ".."));
const nodes = join(root, "nodes");
const catalogue = JSON.parse(readFileSync(join(nodes, "locales/en-US/assemblyai-config.json"), "utf8"));

/** Names of things, which are the same in every language. */
const NAMES =
  "name parameter nearest model variable action accepted device program host file container extension signal kind type operator version".split(
    " ",
  );
/** A time is a date and an hour as in ISO 8601; codes are the service's, or HTTP's. */
const NUMBERS = "seconds granted wanted rate open min max items usd longest count encoding bits channels exit time code".split(" ");
/** `value`: what a user has given, in short. */
const DATA = new Set([...NAMES, ...NUMBERS, "value"]);

/** Words from outside, which are quoted as they came: from the service, the system, the recorder, Node-RED's context stores. */
const QUOTED = {
  text: /^AAI_(UNAUTHORIZED|ACCOUNT|RATE_LIMIT|REJECTED|SERVER|SERVER_WARNING|SESSION_EXPIRED|INACTIVITY)$/,
  detail:
    /^AAI_(DEVICE(\/(missing|busy|permission))?|RECORDER_DIED(\/.*)?|WAKE_WORD\/missing|UNREACHABLE(\/internet)?|CONNECTION_LOST|BOOK\/(read|write)|INTERNAL)$/,
};

/** Strings of several words that no user reads, or that are exactly what the system says. */
const NO_TEXTS = new Set(["use strict", "spawn EMFILE"]);

const TOKENS =
  /\/\*[\s\S]*?\*\/|\/\/.*|(?<=[=(,:!&|?[]\s*)\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g;

/** The strings of a program, without their quotes; the values in templates become "0". */
function stringsOf(program) {
  const tokens = program.match(TOKENS) ?? [];
  return tokens.filter((token) => /^["'`]/.test(token)).map((token) => token.slice(1, -1).replace(/\$\{[^}]*\}/g, "0"));
}

const complaints = [];
for (const [key, text] of Object.entries(catalogue.errors)) {
  for (const [, name] of text.matchAll(/__(\w+?)__/g)) {
    if (!DATA.has(name) && !QUOTED[name]?.test(key)) complaints.push(`${key} is filled with ${name}, which is not known to be data`);
  }
}

const programs = readdirSync(nodes, { recursive: true, encoding: "utf8" }).filter((file) => /(?<!\.editor|\.d)\.ts$/.test(file));
for (const file of programs) {
  for (const string of stringsOf(readFileSync(join(nodes, file), "utf8"))) {
    if (/\p{L}{2,}[,;:]? \p{L}{2,}/u.test(string) && !NO_TEXTS.has(string)) {
      complaints.push(`nodes/${file}: "${string}" belongs into the catalogues`);
    }
  }
}

for (const complaint of complaints) console.error(complaint);
process.exit(complaints.length > 0 || programs.length === 0 ? 1 : 0);
