// npm run check:flow-library: the Flow Library's scorecard for the tarball that npm would publish.
// Its validator, node-red-dev, is fetched by npx and asks npm's registry for the current Node-RED and dependencies.
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const VALIDATOR = "node-red-dev@0.1.6";
/** All rules of that version; its P02 (the name in the repository) is switched off in its source. */
const RULES = ["P01", "P03", "P04", "P05", "P06", "P07", "P08", "N01", "N02", "D01", "D02", "D03"];
/** What it prints where it scores a failed rule as passed (P05), or a rule that it could not check (N01 and N02, D02). */
const FALSE_PASSES = [/P05 Package\.json keywords MUST.*/, /Unable to parse .*/, /Unable to read example .*/, /could not load .*/];

const root = resolve(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "validate-package-"));
try {
  const { status, output, score } = validate(unpack());
  console.log(output.trimEnd());
  const problems =
    status === 0 && score !== undefined
      ? [
          ...RULES.filter((rule) => score[rule]?.test !== true).map((rule) => `${rule} failed`),
          ...FALSE_PASSES.flatMap((pattern) => pattern.exec(output)?.[0] ?? []),
        ]
      : [`${VALIDATOR} came to no result (exit code ${status})`];
  for (const problem of problems) console.error(problem);
  if (problems.length === 0) {
    console.log(`${VALIDATOR}: all ${RULES.length} rules green: ${RULES.join(" ")}`);
    console.log("P08 and N01 (are the names taken?) were asked of an empty catalogue: they say nothing of other packages.");
  }
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Packs what has just been built, and unpacks it: the folder of the package. */
function unpack() {
  const packing = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const [{ filename }] = JSON.parse(execFileSync("npm", packing, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  execFileSync("tar", ["-xzf", filename], { cwd: folder });
  return join(folder, "package");
}

function validate(path) {
  const scoreFile = join(folder, "score.json");
  const outputFile = join(folder, "output.txt"); // one file for both streams keeps their order
  const descriptor = openSync(outputFile, "w");
  const preload = `--import=${pathToFileURL(join(import.meta.dirname, "empty-catalogue.mjs")).href}`;
  const { status } = spawnSync(
    "npx",
    ["--yes", "--loglevel=error", `--package=${VALIDATOR}`, "--", "node-red-dev", "validate", "--path", path, "--output", scoreFile],
    {
      cwd: folder,
      stdio: ["ignore", descriptor, descriptor],
      env: { ...process.env, NODE_OPTIONS: [process.env.NODE_OPTIONS, preload].join(" ") },
    },
  );
  closeSync(descriptor);
  return {
    status,
    output: readFileSync(outputFile, "utf8"),
    score: existsSync(scoreFile) ? JSON.parse(readFileSync(scoreFile, "utf8")) : undefined,
  };
}
