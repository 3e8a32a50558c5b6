// Checks that a tag is the version of package.json and of the newest section of CHANGELOG.md, on a commit of the main branch, and writes
// that section to dist/release-notes.md. Usage: node scripts/check-release.mjs v1.2.3
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const [tag] = process.argv.slice(2);
// The first section is what is not released yet.
const sections = readFileSync(join(root, "CHANGELOG.md"), "utf8").split(/^## /m).slice(1);
const newest = sections.find((section) => !section.startsWith("[Unreleased]")) ?? "";
const problems = [
  ...(tag === `v${version}` ? [] : [`the tag is ${tag}, package.json has ${version}`]),
  ...(isOnMain() ? [] : ["the commit is not on origin/main: what nobody has reviewed is not published"]),
  ...(newest.startsWith(`[${version}]`) ? [] : [`the newest section of CHANGELOG.md is not [${version}]`]),
];
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
mkdirSync(join(root, "dist"), { recursive: true });
writeFileSync(join(root, "dist/release-notes.md"), newest.slice(newest.indexOf("\n")).trimStart());

function isOnMain() {
  return spawnSync("git", ["merge-base", "--is-ancestor", "HEAD", "origin/main"], { cwd: root, stdio: "ignore" }).status === 0;
}
