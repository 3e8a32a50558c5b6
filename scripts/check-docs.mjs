// Part of npm run lint: the documents name nothing that does not exist. Each error code has its heading in docs/troubleshooting.md, each
// command of the README and docs/development.md exists, and so does each file that a document names. Each picture is in a document. The README
// stays short enough to be read.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const read = (file) => readFileSync(join(root, file), "utf8");
const LONGEST_README = 120;
/** npm's own commands, which need no script. */
const OF_NPM = new Set(["ci", "install", "pack"]);

/** Where documents begin the path of a file: at the root, or in the engine's rooms. */
const BEGINNINGS = [".", "nodes/lib", "test"];

const documents = ["README.md", ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)].filter((name) => name.endsWith(".md"));
const problems = [
  ...errorCodes(),
  ...["README.md", "docs/development.md"].flatMap(commands),
  ...documents.flatMap(namedFiles),
  ...pictures(),
  ...length(),
];
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

function errorCodes() {
  const file = "docs/troubleshooting.md";
  const { errors } = JSON.parse(read("nodes/locales/en-US/assemblyai-config.json"));
  const codes = new Set(Object.keys(errors).map((key) => key.split("/", 1)[0]));
  const headings = Array.from(read(file).matchAll(/^### (AAI_\w+)$/gm), (match) => match[1]);
  return [
    ...[...codes].filter((code) => !headings.includes(code)).map((code) => `${file}: no heading for ${code}`),
    ...headings.filter((code) => !codes.has(code)).map((code) => `${file}: ${code} is no error of this package`),
    ...headings.filter((code, i) => headings.indexOf(code) < i).map((code) => `${file}: ${code} has two headings`),
  ];
}

function commands(file) {
  const { scripts } = JSON.parse(read("package.json"));
  const isThere = ([program, first, second]) => {
    if (program.startsWith(".")) return existsSync(join(root, program));
    if (program !== "npm") return true;
    return first === "run" ? second in scripts : first in scripts || OF_NPM.has(first);
  };
  return commandsIn(read(file))
    .filter((command) => !isThere(command.split(/\s+/)))
    .map((command) => `${file}: ${command} does not exist`);
}

function namedFiles(file) {
  const paths = Array.from(read(file).matchAll(/`((?:[\w.-]+\/)+[\w-]+\.(?:ts|mjs|cjs|json|html|md))`/g), (match) => match[1]);
  return paths
    .filter((path) => !BEGINNINGS.some((beginning) => existsSync(join(root, beginning, path))))
    .map((path) => `${file}: ${path} does not exist`);
}

/** The commands in code spans and code blocks, each by itself where && or | joins them. */
function commandsIn(text) {
  const blocks = Array.from(text.matchAll(/^```sh\n([^]*?)^```$/gm), (match) => match[1]);
  const spans = Array.from(text.replaceAll(/^```[^]*?^```$/gm, "").matchAll(/`([^`\n]+)`/g), (match) => match[1]);
  const lines = [...blocks.flatMap((block) => block.trim().split("\n")), ...spans];
  return lines
    .flatMap((line) => line.split(/&&|\|/))
    .map((command) => command.trim())
    .filter((command) => command !== "");
}

/** A picture that no document shows is out of date before anyone notices. */
function pictures() {
  const texts = documents.map(read).join("\n");
  return readdirSync(join(root, "screenshots"))
    .filter((name) => !texts.includes(`screenshots/${name})`))
    .map((name) => `screenshots/${name} is in no document`);
}

function length() {
  const lines = read("README.md").trimEnd().split("\n").length;
  return lines > LONGEST_README ? [`README.md: ${lines} lines, over ${LONGEST_README}`] : [];
}
