// Part of npm run lint: holds the translations against docs/glossary.md, which people read too. Where an English text has a term of the
// glossary, the same text in another language has one of the forms of that language; and no text has what its language avoids.
// Usage: node scripts/check-glossary.mjs [root of the tree]
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(process.argv[2] ?? join(import.meta.dirname, ".."));
const read = (...path) => readFileSync(join(root, ...path), "utf8");
const SOURCE = "en-US";

/** The rows of the table below a heading: for each column its cells, by the name of the column. */
function tableBelow(heading) {
  const [, section = ""] = read("docs/glossary.md").split(`\n## ${heading}\n`);
  const cells = (row) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll("\\|", "|"));
  const [columns, , ...rows] = section
    .split("\n## ", 1)[0]
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map(cells);
  return rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]])));
}

const forms = (cell) => cell.split(",").map((form) => form.trim().toLowerCase());
const literal = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** The longest term first: "session event" is not also a "session". */
const terms = tableBelow("Terms")
  .map((row) => ({ row, english: new RegExp(`(?<![\\w."-])(${forms(row.English).map(literal).join("|")})s?(?![\\w"-])`, "gi") }))
  .sort((a, b) => b.row.English.split(",")[0].length - a.row.English.split(",")[0].length);
const avoided = tableBelow("Avoided").map((row) => ({ ...row, pattern: new RegExp(row.pattern.replace(/^`|`$/g, ""), "u") }));

/** The texts of a catalogue by their keys, of a help page by their places. */
function* textsOf(file, text) {
  if (file.endsWith(".html")) {
    const blocks = text.matchAll(/<(p|dd|td|h3)\b[^>]*>([^]*?)<\/\1>|<li>\s*([^<\s][^<]*)/g);
    let place = 0;
    for (const [, , block, port] of blocks) {
      const words = (block ?? port).replace(/<code\b[^>]*>[^]*?<\/code\s*>/g, "").replace(/<[^>]*>/g, "");
      yield [`text ${++place}`, words.replace(/[ \n]+/g, " ").trim()];
    }
  } else yield* flatten(JSON.parse(text));
}

function* flatten(catalogue, prefix = "") {
  for (const [name, value] of Object.entries(catalogue)) {
    if (typeof value === "object") yield* flatten(value, `${prefix}${name}.`);
    else yield [prefix + name, value];
  }
}

/** The terms of an English text. */
function termsIn(text) {
  let rest = text;
  return terms.filter(({ english }) => {
    const before = rest;
    rest = rest.replace(english, " … ");
    return rest !== before;
  });
}

const complaints = [];
const files = readdirSync(join(root, "nodes/locales", SOURCE));
const languages = readdirSync(join(root, "nodes/locales")).filter((language) => language !== SOURCE);
for (const file of files) {
  const source = [...textsOf(file, read("nodes/locales", SOURCE, file))];
  for (const language of languages) {
    const translated = new Map(textsOf(file, read("nodes/locales", language, file)));
    for (const [place, english] of source) {
      const text = translated.get(place) ?? "";
      const where = `nodes/locales/${language}/${file}, ${place}`;
      for (const { row } of termsIn(english)) {
        if (!forms(row[language]).some((form) => text.toLowerCase().includes(form))) {
          complaints.push(`${where}: "${row.English}" should be ${row[language]}: ${text}`);
        }
      }
      for (const { pattern, why } of avoided.filter((row) => row.language === language && row.pattern.test(text))) {
        complaints.push(`${where}: ${pattern.exec(text)[0]}: ${why}: ${text}`);
      }
    }
  }
}

for (const complaint of complaints) console.error(complaint);
process.exitCode = complaints.length > 0 || terms.length === 0 || avoided.length === 0 ? 1 : 0;
