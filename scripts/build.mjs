// Builds dist/: compiles with tsc, inlines each editor script, with what the dialogs share, into its .html (the only form that both the
// editor and the Flow Library's validator read), and copies what Node-RED looks for beside the compiled nodes: icons and locales.
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const out = join(root, "dist");
const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");

rmSync(out, { recursive: true, force: true });
try {
  execFileSync(process.execPath, [tsc, "-p", root], { stdio: "inherit" });
} catch {
  process.exit(1); // tsc has printed the errors
}

/** A compiled script without what only Node.js needs. */
function readScript(name) {
  const script = readFileSync(join(out, "nodes", `${name}.js`), "utf8").replace(/^\/\/# sourceMappingURL=.*$/m, "");
  return script.replace(/^"use strict";$/m, "").trim();
}

/** A compiled editor script; its own file is removed. */
function takeScript(name) {
  const script = readScript(name);
  for (const kind of ["js", "js.map"]) rmSync(join(out, "nodes", `${name}.${kind}`), { force: true });
  return script;
}

function takeScripts(files) {
  return files
    .trim()
    .split(/\s+/)
    .map((file) => takeScript(file.replace(/\.ts$/, "")));
}

/**
 * Files of the engine that dialogs use, too, by the names that these use (see nodes/editor-globals.d.ts): what the service takes and
 * charges for is the same for both. They import nothing but one another, each only what is above it.
 */
const ENGINE = { Languages: "lib/assemblyai/languages", Parameters: "lib/assemblyai/parameters", Pricing: "lib/billing/pricing" };

function engineScripts(script) {
  const scripts = [];
  for (const [name, file] of Object.entries(ENGINE).toReversed()) {
    if (![script, ...scripts].some((user) => user.includes(`${name}.`) || user.includes(` = ${name};`))) continue;
    scripts.unshift(`const ${name} = (function (exports) {\n${withoutRequire(readScript(file))}\nreturn exports;\n})({});`);
  }
  return scripts;
}

function withoutRequire(script) {
  return script.replace(/require\("\.\.?\/([\w/-]+)"\)/g, (_, path) => {
    const [name] = Object.entries(ENGINE).find(([, file]) => file.endsWith(`/${path}`)) ?? [];
    if (name === undefined) throw new Error(`${path} is not among the files that dialogs use, too`);
    return name;
  });
}

/** Of one or several files, in their order. */
const EDITOR_SCRIPT = /<script\s+type="text\/javascript"\s+src="([\w.\s-]+)"\s*><\/script>/g;

function editorScript(files) {
  const script = [shared, ...takeScripts(files)].join("\n");
  return `<script type="text/javascript">\n(function () {\n"use strict";\n${[...engineScripts(script), script].join("\n")}\n})();\n</script>`;
}

const STYLE = /<style src="([\w.-]+)"><\/style>/g;
const shared = takeScript("form.editor");
for (const file of readdirSync(join(root, "nodes")).filter((name) => name.endsWith(".html"))) {
  const html = readFileSync(join(root, "nodes", file), "utf8")
    .replace(EDITOR_SCRIPT, (_, files) => editorScript(files))
    .replace(STYLE, (_, name) => `<style>\n${readFileSync(join(root, "nodes", name), "utf8").trim()}\n</style>`);
  writeFileSync(join(out, "nodes", file), html);
}

const COPIES = [
  ["nodes/locales", "nodes/locales"],
  ["icons", "nodes/icons"],
  ["nodes/lib/voice/weights", "nodes/lib/voice/weights"],
  ["nodes/lib/wakeword/models", "nodes/lib/wakeword/models"],
  ["simulator/samples", "simulator/samples"],
];
for (const [from, to] of COPIES) {
  if (existsSync(join(root, from))) cpSync(join(root, from), join(out, to), { recursive: true });
}

for (const folder of ["simulator", "check"]) chmodSync(join(out, folder, "cli.js"), 0o755);
