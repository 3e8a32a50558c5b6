// Runs the unit and the flow tests on each pair of Node.js and Node-RED that the package supports. npx fetches what is not there, and
// keeps it. Node-RED 5 itself asks for Node.js 22.9, but runs as a library, as in the flow tests, on 20 too.
// Usage: node scripts/test-matrix.mjs [--node 22] [--node-red 5.0]
import { execFileSync, spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

const NODE = { 20: "20.20.2", 22: "22.23.3", 24: "24.21.0" };
const NODE_RED = { 4.1: "4.1.15", "5.0": "5.0.7" };

const root = resolve(import.meta.dirname, "..");
const mocha = createRequire(import.meta.url).resolve("mocha/bin/mocha.js");
const { values } = parseArgs({ options: { node: { type: "string" }, "node-red": { type: "string" } } });
const nodes = chosen("--node", NODE, values.node);
const nodeReds = chosen("--node-red", NODE_RED, values["node-red"]);

let failed = 0;
for (const [node, nodeVersion] of nodes) {
  for (const [nodeRed, nodeRedVersion] of nodeReds) {
    const program = fetchPair(nodeVersion, nodeRedVersion);
    for (const suite of ["unit", "flow"]) {
      console.log(`\n== ${suite} tests on Node.js ${node} and Node-RED ${nodeRed}`);
      const env = { ...process.env, NODE_RED_LIB: program.library };
      const { status } = spawnSync(program.node, [mocha, "--config", `.mocharc.${suite}.json`, "--reporter", "dot"], {
        cwd: root,
        env,
        stdio: "inherit",
      });
      if (status !== 0) failed += 1;
    }
  }
}
console.log(`\n${nodes.length * nodeReds.length} pairs, ${failed} suites failed`);
process.exitCode = failed === 0 ? 0 : 1;

function chosen(option, versions, wanted) {
  const found = Object.entries(versions).filter(([name]) => wanted === undefined || name === wanted);
  if (found.length > 0) return found;
  console.error(`${option}: use one of ${Object.keys(versions).join(", ")}`);
  return process.exit(1);
}

/** The paths of a Node.js and of a Node-RED that npx keeps. */
function fetchPair(node, nodeRed) {
  const script = 'command -v node; readlink -f "$(command -v node-red)"';
  const args = ["-y", "-p", `node@${node}`, "-p", `node-red@${nodeRed}`, "-c", script];
  // No local package of that name may come first: outside of the repository there is none.
  const found = execFileSync("npx", args, { cwd: tmpdir(), encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  const [path = "", red = ""] = found.trim().split("\n").slice(-2);
  return { node: path, library: createRequire(red).resolve("node-red") };
}
