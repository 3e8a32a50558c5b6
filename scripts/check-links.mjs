// Part of npm run lint: each link, anchor and picture of the documents, the help pages and the examples' comments resolves.
// Links to this repository's own address are followed into the working tree; other sites are not requested.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const read = (file) => readFileSync(join(root, file), "utf8");
const REPOSITORY = JSON.parse(read("package.json")).repository.url.replace(/^git\+|\.git$/g, "");
const FOLDERS = [".github", "docs", "examples", "nodes", "simulator"];
const anchors = new Map();

const files = [...filesIn("."), ...FOLDERS.filter((folder) => existsSync(join(root, folder))).flatMap((folder) => filesIn(folder, true))];
const problems = [
  ...files.filter((file) => file.endsWith(".md")).flatMap((file) => check(file, linksInMarkdown(read(file)))),
  ...files.filter((file) => /^nodes\/.*\.html$/.test(file)).flatMap((file) => check(file, linksInHtml(read(file)))),
  ...files.filter((file) => /^nodes\/locales\/.*\.json$/.test(file)).flatMap((file) => check(file, addressesIn(read(file)))),
  ...files.filter((file) => /^examples\/.*\.json$/.test(file)).flatMap((file) => check(file, linksInFlow(JSON.parse(read(file))))),
];
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

function filesIn(folder, recursive = false) {
  const names = readdirSync(join(root, folder), { recursive }).map((name) => posix.join(folder, name.replaceAll("\\", "/")));
  return names.filter((name) => statSync(join(root, name)).isFile());
}

function check(file, links) {
  return [...new Set(links)].filter((link) => !resolves(file, link)).map((link) => `${file}: ${link} leads nowhere`);
}

function resolves(file, link) {
  const address = addressInRepository(link);
  if (address === undefined && /^[a-z][a-z+.-]*:/i.test(link)) return true;
  const [path = "", anchor] = decodeURI(address ?? link).split("#");
  // The comment of an example and a help page are shown in the editor, whose own paths begin with a slash.
  if (address === undefined && !file.endsWith(".md")) return path.startsWith("/");
  const target = path === "" ? file : posix.join(address === undefined ? posix.dirname(file) : ".", path);
  if (target.startsWith("..") || !existsSync(join(root, target))) return false;
  return anchor === undefined || (target.endsWith(".md") && anchorsOf(target).has(anchor));
}

/** The path that an address of the repository's main branch names; undefined for all other addresses, also its issues and the like. */
function addressInRepository(link) {
  const [, path] = /^\/(?:blob|tree|raw)\/(.*)$/.exec(link.startsWith(REPOSITORY) ? link.slice(REPOSITORY.length) : "") ?? [];
  return path?.replace(/^main\//, "");
}

function linksInMarkdown(text) {
  const prose = withoutCode(text);
  const inline = Array.from(prose.matchAll(/\]\(<?([^\s)>]+)>?(?:\s+"[^"]*")?\)/g), (match) => match[1]);
  const references = Array.from(prose.matchAll(/^\[[^\]]+\]:\s+(\S+)/gm), (match) => match[1]);
  return [...inline, ...references, ...linksInHtml(prose), ...addressesIn(prose)];
}

function linksInHtml(text) {
  return Array.from(text.matchAll(/<(?:a|img)\b[^>]*?\b(?:href|src)="([^"]*)"/g), (match) => match[1]);
}

function linksInFlow(nodes) {
  return nodes.flatMap(({ info = "" }) => linksInMarkdown(info));
}

/** The repository's addresses in running text. */
function addressesIn(text) {
  return Array.from(text.matchAll(/https:\/\/github\.com\/[^\s"'<>)\\]*[^\s"'<>)\\.,;:]/g), (match) => match[0]).filter((link) =>
    link.startsWith(REPOSITORY),
  );
}

/** GitHub's names for the headings of a document. */
function anchorsOf(file) {
  if (!anchors.has(file)) {
    const names = Array.from(withoutBlocks(read(file)).matchAll(/^#{1,6} +(.+?) *$/gm), (match) => slug(match[1]));
    anchors.set(file, new Set(names.map((name, i) => numbered(name, names.slice(0, i).filter((other) => other === name).length))));
  }
  return anchors.get(file);
}

function slug(heading) {
  const text = heading.replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, "$1");
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, "")
    .replaceAll(" ", "-");
}

function numbered(name, before) {
  return before === 0 ? name : `${name}-${before}`;
}

function withoutCode(text) {
  return withoutBlocks(text).replaceAll(/`[^`\n]*`/g, "");
}

function withoutBlocks(text) {
  return text.replaceAll(/^( *)(```|~~~)[^]*?^\1\2 *$/gm, "");
}
