// Puts each defect of test/model/defects back into a copy of the engine, one at a time, and looks whether the model test finds it: in the
// seeds that the patch names ("Found by: seed 42, word lost"), which hold in the sound engine. Fails where a patch does not apply any more,
// and where a seed does not show what it should. A change of the generator changes what a seed is: --search finds others, from seed 1 on.
// Usage: npm run fuzz:defects [-- [--only 3] [--search 3000]]
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";

const PARTS = ["nodes", "test", "package.json"];
const FOUND_BY = /^Found by: seed (\d+), ([a-z -]+)$/gm;
/** So many of the seeds that fail are shortened and shown when others are searched for. */
const SHOWN = 3;

const { values } = parseArgs({ options: { only: { type: "string" }, search: { type: "string" } } });
const root = resolve(import.meta.dirname, "..");
const defects = join(root, "test", "model", "defects");
const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
const work = mkdtempSync(join(tmpdir(), "fuzz-defects-"));

/** Compiles a copy of the engine and of its model test. @param patch puts a defect into it */
function build(name, patch) {
  const folder = join(work, name);
  for (const part of PARTS) cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const env = { ...process.env, GIT_CEILING_DIRECTORIES: work };
  if (patch) run("git", ["apply", "--whitespace=nowarn", patch], { cwd: folder, env });
  const { compilerOptions } = JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8"));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["test/model/fuzz.ts"] }));
  run(process.execPath, [tsc, "-p", folder]);
  return folder;
}

/** @throws Error with what the program has printed */
function run(program, options, where = {}) {
  try {
    execFileSync(program, options, { ...where, encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    throw new Error(`${error.stdout}${error.stderr}`.trim(), { cause: error });
  }
}

/** @returns what the fuzzer prints */
function fuzz(folder, ...options) {
  const { stdout, stderr } = spawnSync(process.execPath, [join(folder, "dist/test/model/fuzz.js"), ...options], { encoding: "utf8" });
  if (!stdout.includes("failures: ")) throw new Error(`the fuzzer has broken off: ${stderr}`);
  return stdout;
}

function fails(folder, seed, kind) {
  const options = ["--schedules", "1", "--seed", seed, "--failures", "0"];
  return !fuzz(folder, ...options, ...(kind ? ["--kind", kind] : [])).includes("failures: {}");
}

/** @returns what is wrong with the seeds that a patch names */
function check(folder, found) {
  if (found.length === 0) return ["the patch names no seed"];
  return found.flatMap(({ seed, kind }) => {
    if (fails(sound, seed)) return [`seed ${seed} fails in the sound engine, too`];
    return fails(folder, seed, kind) ? [] : [`seed ${seed} does not show "${kind}"`];
  });
}

let sound;
let failed = 0;
try {
  sound = build("sound");
  const only = (file) => values.only === undefined || file.startsWith(`${values.only}-`);
  const files = readdirSync(defects).filter((file) => file.endsWith(".patch") && only(file));
  if (files.length === 0) throw new Error(`no patch in ${defects}`);
  for (const file of files.toSorted((one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10))) {
    const patch = join(defects, file);
    const found = [...readFileSync(patch, "utf8").matchAll(FOUND_BY)].map(([, seed, kind]) => ({ seed, kind }));
    let problems;
    try {
      const folder = build(file, patch);
      if (values.search !== undefined)
        console.log(`\n== ${file}${fuzz(folder, "--schedules", values.search, "--failures", String(SHOWN))}`);
      problems = values.search === undefined ? check(folder, found) : [];
    } catch (error) {
      problems = [error.message];
    }
    failed += problems.length;
    if (values.search !== undefined) continue;
    const seeds = found.map(({ seed, kind }) => `seed ${seed} (${kind})`).join(", ");
    console.log(problems.length === 0 ? `found:     ${file}: ${seeds}` : `NOT FOUND: ${file}: ${problems.join("; ")}`);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.exitCode = failed > 0 ? 1 : 0;
