/**
 * Many rooms behind one broker: real mosquitto, example 12's hub in a real Node-RED, the simulator and the satellites in processes of their own.
 * Prints a table in Markdown: CPU and memory of broker and worker, and how long audio takes from a satellite to the service.
 *
 *   npm run bench:rooms [-- --rooms 10,50,100,200] [--seconds 20]
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Broker } from "../test/support/broker";
import { keyFor } from "../test/support/flow-parts";
import { NodeRedProcess, root, type FlowNode } from "../test/support/node-red-process";

const WARM_UP_MS = 15_000;
/** Of /proc/<pid>/stat, on every Linux. */
const TICKS_PER_S = 100;
const MODES = ["quiet", "talking"] as const;
type Mode = (typeof MODES)[number];

const { values: settings } = parseArgs({
  options: { rooms: { type: "string", default: "10,50,100,200" }, seconds: { type: "string", default: "20" } },
});

void main();

async function main(): Promise<void> {
  const machine = `${cpus()[0]?.model ?? "?"}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}`;
  console.log(`${machine}, Node.js ${process.version}, ${new Date().toISOString().slice(0, 10)}\n`);
  console.log("| rooms |  | broker CPU % | broker MB | worker CPU % | worker MB | satellite to service p50 / p99 ms |");
  console.log("| --- | --- | --- | --- | --- | --- | --- |");
  for (const rooms of settings.rooms.split(",").map(Number)) for (const mode of MODES) await measure(rooms, mode, Number(settings.seconds));
}

async function measure(rooms: number, mode: Mode, seconds: number): Promise<void> {
  const broker = await Broker.start("mosquitto");
  const service = child("service");
  let worker: NodeRedProcess | undefined;
  let satellites: ChildProcess | undefined;
  try {
    const [url] = (await once(service, "message")) as [string];
    worker = await NodeRedProcess.start({ settings: { nodesDir: [root], mqttReconnectTime: 500 } });
    await worker.deploy(hub(broker.port, url, rooms));
    satellites = child("satellites", broker.url, String(rooms), mode);
    await once(satellites, "message");
    await sleep(WARM_UP_MS);
    service.send("begin");
    const pids = [broker.pid, worker.pid];
    const before = pids.map(cpuSeconds);
    await sleep(seconds * 1000);
    const [brokerCpu, workerCpu] = pids.map((pid, i) => (((cpuSeconds(pid) - (before[i] ?? 0)) / seconds) * 100).toFixed(1));
    const [brokerMB, workerMB] = pids.map((pid) => memoryMB(pid).toFixed(0));
    service.send("end");
    const [{ ages, open }] = (await once(service, "message")) as [{ ages: number[]; open: number }];
    if (open !== (mode === "talking" ? rooms : 0)) throw new Error(`${open} sessions are open with ${rooms} rooms ${mode}`);
    const delay = ages.length === 0 ? "–" : `${quantile(ages, 0.5).toFixed(1)} / ${quantile(ages, 0.99).toFixed(1)}`;
    console.log(`| ${rooms} | ${mode} | ${brokerCpu} | ${brokerMB} | ${workerCpu} | ${workerMB} | ${delay} |`);
  } finally {
    satellites?.kill();
    await worker?.stop();
    service.kill();
    await broker.stop();
  }
}

/** The tab "Hub" of example 12, whose sessions stay open once someone has spoken. */
function hub(port: number, url: string, rooms: number): FlowNode[] {
  const flow = JSON.parse(readFileSync(join(root, "examples/12 - Several rooms over MQTT.json"), "utf8")) as FlowNode[];
  const id = flow.find(({ label }) => label === "Hub")?.id;
  const changes: Record<string, object> = {
    "assemblyai-config": { endpoint: "custom", url, credentials: keyFor(url) },
    "assemblyai-streaming": { maxStreams: rooms, silenceTimeout: 0, budgetUsd: 0 },
    "mqtt-broker": { broker: "127.0.0.1", port: String(port) },
  };
  const own = flow.filter((node) => node.id === id || node["z"] === id || node.type in changes);
  return own.map((node) => ({ ...node, ...changes[node.type] }));
}

function child(name: string, ...args: string[]): ChildProcess {
  return fork(join(__dirname, "rooms", `${name}.js`), args);
}

function cpuSeconds(pid: number): number {
  // After the program's name, which is in brackets: state is the first field, utime the 12th, stime the 13th.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

function memoryMB(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1000;
}

function quantile(values: number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
