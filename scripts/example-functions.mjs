// Puts the code of examples/functions into the function nodes of the examples: NN-name-of-the-node.js goes into the node "name of the node"
// of example NN, NN+MM-name-of-the-node.js into those of both. With --check it changes nothing, and fails where a flow is not up to date.
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
  const [, numbers, name] = /^(\d\d(?:\+\d\d)*)-(.+)\.js$/.exec(file) ?? [];
  if (name === undefined) throw new Error(`examples/functions/${file} begins with no example's number`);
  const code = codeOf(readFileSync(join(examples, "functions", file), "utf8"), file);
  for (const number of numbers.split("+")) await update(number, name, code);
}
for (const name of stale) console.error(`not up to date, run "npm run examples": ${name}`);
process.exitCode = stale.length === 0 ? 0 : 1;

async function update(number, name, code) {
  const example = readdirSync(examples).find((file) => file.startsWith(number) && file.endsWith(".json"));
  const path = join(examples, example ?? "");
  const flow = example ? JSON.parse(readFileSync(path, "utf8")) : [];
  const node = flow.find((one) => one.type === "function" && kebab(one.name) === name);
  if (!node) throw new Error(`example ${number} has no function node for examples/functions/${name}.js`);
  if (node.func === code) return;
  node.func = code;
  if (check) stale.push(`${example}: ${node.name}`);
  else writeFileSync(path, await format(JSON.stringify(flow, null, 2), { ...(await resolveConfig(path)), filepath: path }));
}
