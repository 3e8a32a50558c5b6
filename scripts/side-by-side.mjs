// Runs suites of mocha side by side, each in a process of its own: most of them wait more than they compute. The last lines add up
// their figures in mocha's words. A suite whose process does not end by itself has left a socket, a timer or a child open, and fails.
// Usage: node scripts/side-by-side.mjs [--grace <ms that a process may take to end>] <mocha configuration>… [-- <options for mocha>]
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";

const MOCHA = createRequire(import.meta.url).resolve("mocha/bin/mocha.js");
const separator = process.argv.indexOf("--", 2);
const [own, options] = separator < 0 ? [process.argv.slice(2), []] : [process.argv.slice(2, separator), process.argv.slice(separator + 1)];
const { values, positionals: configurations } = parseArgs({
  args: own,
  options: { grace: { type: "string", default: "10000" } },
  allowPositionals: true,
});

const count = (output, what) => Number(new RegExp(`^ *(\\d+) ${what}`, "m").exec(output)?.[1] ?? 0);

/** Resolves when the process has ended. */
function run(configuration, show) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MOCHA, "--config", configuration, ...options], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1" }, // the figures are read from the output
    });
    let output = "";
    let grace;
    let isLeftOpen = false;
    const read = (data) => {
      output += data;
      show(data);
      // The reporter prints its figures once the last test is through.
      if (grace === undefined && /^ *\d+ passing/m.test(output)) {
        grace = setTimeout(() => {
          isLeftOpen = true;
          child.kill("SIGKILL");
        }, Number(values.grace));
      }
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", read);
    child.on("close", (code) => {
      clearTimeout(grace);
      if (isLeftOpen) show(`${configuration}: the process did not end by itself: a test has left something open\n`);
      const passing = count(output, "passing");
      const failing = count(output, "failing");
      const isSound = code === 0 && passing > 0 && !isLeftOpen;
      resolve({ passing, failing: isSound ? 0 : Math.max(1, failing) });
    });
  });
}

const begin = performance.now();
const results = [];
/** Each suite's output comes in one piece: the first one's as it is written, the others' once the suites before are through. */
let before = Promise.resolve();
for (const configuration of configurations) {
  let held = "";
  let isShown = false;
  const result = run(configuration, (text) => (isShown ? process.stdout.write(text) : (held += text)));
  const showAfter = async (others) => {
    await others;
    process.stdout.write(held);
    isShown = true;
    await result;
  };
  results.push(result);
  before = showAfter(before);
}

const suites = await Promise.all(results);
await before;
const sum = (what) => suites.reduce((total, suite) => total + suite[what], 0);
console.log(`\n  ${sum("passing")} passing (${Math.round((performance.now() - begin) / 1000)}s)`);
if (sum("failing") > 0) console.log(`  ${sum("failing")} failing`);
process.exitCode = suites.length > 0 && sum("failing") === 0 ? 0 : 1;
