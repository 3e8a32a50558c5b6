// Puts the code of examples/functions into the function nodes of the examples: NN-name-of-the-node.js goes into the node "name of the node"
// of example NN. With --check it changes nothing, and fails where a flow is not up to date.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { format, resolveConfig } from "prettier";

const examples = resolve(import.meta.dirname, "../examples");
const check = process.argv.includes("--check");

/** What a function node holds of a file: its comment, and its function's body, without what the body is indented by. */
function codeOf(source, file) {
  const [, comment, body] = /^(\/\*\*.*?\*\/\n)module\.exports = function \([\w, ]*\) \{\n(.*)\n\};\n$/s.exec(source) ?? [];
  if (body === undefined) throw new Error(`examples/functions/${file} is not a comment and module.exports = function (…) {…};`);
  return comment + body.replaceAll(/^ {2}/gm, "");
}

const kebab = (name) => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
const stale = [];
for (const file of readdirSync(join(examples, "functions"))) {
  const number = file.slice(0, 2);
  const example = readdirSync(examples).find((name) => name.startsWith(number) && name.endsWith(".json"));
  const path = join(examples, example ?? "");
  const flow = example ? JSON.parse(readFileSync(path, "utf8")) : [];
  const node = flow.find(({ type, name }) => type === "function" && `${number}-${kebab(name)}.js` === file);
  if (!node) throw new Error(`no function node of an example is that of examples/functions/${file}`);
  const code = codeOf(readFileSync(join(examples, "functions", file), "utf8"), file);
  if (node.func === code) continue;
  node.func = code;
  if (check) stale.push(`${example}: ${node.name}`);
  else writeFileSync(path, await format(JSON.stringify(flow, null, 2), { ...(await resolveConfig(path)), filepath: path }));
}
for (const name of stale) console.error(`not up to date, run "npm run examples": ${name}`);
process.exitCode = stale.length === 0 ? 0 : 1;
