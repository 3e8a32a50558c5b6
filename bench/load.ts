/**
 * How long Node-RED takes to load the package's node files at its start. Each round is a process of its own, in which Node-RED is already
 * loaded. What the nodes load with their first audio (`ws`, the voice detector, the wake word, `mic`) is shown beside it.
 *
 *   npm run bench:load [-- --rounds 15]
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism, cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { median } from "./streams/statistics";

const NODES = ["config", "microphone", "streaming", "termination-stats"].map((name) => `nodes/assemblyai-${name}.js`);
const LATER = ["ws", "nodes/lib/voice/gate.js", "nodes/lib/wakeword/wake-word-trigger.js", "nodes/lib/microphone/load-mic.js"];

interface Figures {
  nodesMs: number;
  nodesCpuMs: number;
  laterMs: number;
}

if (process.send) process.send(measure());
else void report();

function measure(): Figures {
  load("node-red");
  const before = process.cpuUsage();
  const nodesMs = msOf(() => NODES.forEach(load));
  const { user, system } = process.cpuUsage(before);
  return { nodesMs, nodesCpuMs: (user + system) / 1000, laterMs: msOf(() => LATER.forEach(load)) };
}

function load(id: string): void {
  require(id.endsWith(".js") ? join(__dirname, "..", id) : id);
}

function msOf(action: () => void): number {
  const began = performance.now();
  action();
  return performance.now() - began;
}

async function report(): Promise<void> {
  const { values } = parseArgs({ options: { rounds: { type: "string", default: "15" } } });
  const rounds: Figures[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const [figures] = (await once(fork(__filename), "message")) as [Figures];
    rounds.push(figures);
  }
  const row = (name: string, of: (figures: Figures) => number) => console.log(`| ${name} | ${median(rounds.map(of)).toFixed(0)} |`);
  const date = new Date().toISOString().slice(0, 10);
  console.log(
    `${cpus()[0]?.model ?? "?"}, ${availableParallelism()} cores (load ${(loadavg()[0] ?? 0).toFixed(1)}), Node.js ${process.version}, ${date}\n`,
  );
  console.log(`| median of ${rounds.length} | ms |\n| --- | --: |`);
  row("the four nodes, at the start of Node-RED", ({ nodesMs }) => nodesMs);
  row("CPU of that", ({ nodesCpuMs }) => nodesCpuMs);
  row("`ws`, voice detector, wake word and `mic`, when they are first needed", ({ laterMs }) => laterMs);
}
