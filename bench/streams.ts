/**
 * Many live streams at once, on the same audio, against the simulator in another process, over TLS: this package in a real Node-RED;
 * the least that a node with `ws` could do in a Node-RED like it, which shows Node-RED's own share; the official SDK; and a bare
 * `ws` loop. Prints a table in Markdown, of the medians of several rounds, because a machine's speed varies from minute to minute.
 *
 *   npm run bench:streams [-- --streams 1,10,50,100,200] [--seconds 10] [--rounds 3]
 *   npm run bench:streams -- --streams 100 --minutes 60      memory of this package alone, minute by minute
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeCertificate } from "../test/support/certificate";
import type { ClientFigures } from "./streams/load";

const WARM_UP_MS = 4_000;
const ROOT = join(__dirname, "../..");
const CLIENTS = ["this package in Node-RED", "bare ws node in Node-RED", "official SDK", "bare ws loop"] as const;
type ClientName = (typeof CLIENTS)[number];

interface Rig {
  url: string;
  cert: string;
  folder: string;
  service: ChildProcess;
}

interface Row extends ClientFigures {
  client: ClientName;
  streams: number;
  frameDelays: number[];
}

const { values: settings } = parseArgs({
  options: {
    streams: { type: "string", default: "1,10,50,100,200" },
    seconds: { type: "string", default: "10" },
    rounds: { type: "string", default: "3" },
    minutes: { type: "string" },
  },
});

void main();

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "bench-streams-"));
  const rig = await startService(folder);
  try {
    console.log(
      `${cpus()[0]?.model ?? "?"}, ${cpus().length} cores, Node.js ${process.version}, ${new Date().toISOString().slice(0, 10)}\n`,
    );
    const counts = settings.streams.split(",").map(Number);
    if (settings.minutes !== undefined) await watchMemory(rig, counts[0] ?? 100, Number(settings.minutes));
    else await compare(rig, counts, Number(settings.seconds) * 1000, Number(settings.rounds));
  } finally {
    rig.service.kill();
    rmSync(folder, { recursive: true });
  }
}

async function compare(rig: Rig, counts: number[], measuredMs: number, rounds: number): Promise<void> {
  console.log("| streams | client | CPU s per stream-hour | ratio to bare | RSS MB | frame p50 / p99 ms | turn p50 / p99 ms |");
  console.log("| --- | --- | --- | --- | --- | --- | --- |");
  for (const streams of counts) {
    const measured: Row[][] = [];
    for (let round = 0; round < rounds; round++) {
      const rows: Row[] = [];
      for (const client of CLIENTS) rows.push(await measure(rig, client, streams, measuredMs));
      measured.push(rows);
    }
    CLIENTS.forEach((client, index) => {
      const rows = measured.map((round) => round[index] as Row);
      const perHour = median(rows.map(({ cpuSeconds }) => (cpuSeconds / streams) * (3_600_000 / measuredMs)));
      // To the bare loop of the same round, a minute away at most.
      const ratio = median(measured.map((round) => (round[index] as Row).cpuSeconds / (round.at(-1) as Row).cpuSeconds));
      const rss = median(rows.map(({ rssMB }) => rssMB));
      const frames = rows.map(({ frameDelays }) => frameDelays);
      const turns = rows.map(({ turnDelays }) => turnDelays);
      console.log(
        `| ${streams} | ${client} | ${perHour.toFixed(1)} | ${ratio.toFixed(2)} | ${rss.toFixed(0)} | ${delays(frames)} | ${delays(turns)} |`,
      );
    });
  }
}

async function measure(rig: Rig, client: ClientName, streams: number, measuredMs: number): Promise<Row> {
  const child = await startClient(rig, client, streams);
  try {
    await sleep(WARM_UP_MS);
    for (const process of [rig.service, child]) process.send("begin");
    await sleep(measuredMs);
    const figures = (await ask(child)) as ClientFigures;
    const { frameDelays, open } = (await ask(rig.service)) as { frameDelays: number[]; open: number };
    if (open !== streams) throw new Error(`${client}: ${open} of ${streams} sessions are open`);
    return { client, streams, ...figures, frameDelays };
  } finally {
    await end(child);
  }
}

async function watchMemory(rig: Rig, streams: number, minutes: number): Promise<void> {
  const child = await startClient(rig, CLIENTS[0], streams);
  try {
    await sleep(WARM_UP_MS);
    console.log("| minute | RSS MB | CPU s | frame p50 / p99 ms | turn p50 / p99 ms |\n| --- | --- | --- | --- | --- |");
    for (let minute = 1; minute <= minutes; minute++) {
      for (const process of [rig.service, child]) process.send("begin");
      await sleep(60_000);
      const { rssMB, cpuSeconds, turnDelays } = (await ask(child)) as ClientFigures;
      const { frameDelays } = (await ask(rig.service)) as { frameDelays: number[] };
      console.log(`| ${minute} | ${rssMB.toFixed(0)} | ${cpuSeconds.toFixed(1)} | ${delays([frameDelays])} | ${delays([turnDelays])} |`);
    }
  } finally {
    await end(child);
  }
}

async function startService(folder: string): Promise<Rig> {
  const { key, cert } = makeCertificate(folder);
  const service = fork(join(__dirname, "streams/service.js"), [key, cert]);
  const [url] = (await once(service, "message")) as [string];
  return { url, cert, folder, service };
}

async function startClient({ url, cert, folder }: Rig, client: ClientName, streams: number): Promise<ChildProcess> {
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: cert, BENCH_STREAMS: String(streams), BENCH_URL: url };
  const isNodeRed = client === "this package in Node-RED" || client === "bare ws node in Node-RED";
  const child = isNodeRed
    ? fork(require.resolve("node-red/red.js"), ["--userDir", nodeRedUserDir(folder, url, client)], { env, silent: true })
    : fork(join(__dirname, "streams", client === "official SDK" ? "sdk-client.js" : "bare-client.js"), [url, String(streams)], { env });
  const ready = once(child, "message");
  const exited = once(child, "exit").then(() => Promise.reject(new Error(`${client} ended before it was ready`)));
  await Promise.race([ready, exited]);
  return child;
}

/** A Node-RED that does nothing but this. */
function nodeRedUserDir(folder: string, url: string, client: ClientName): string {
  const userDir = mkdtempSync(join(folder, "node-red-"));
  const nodeRedSettings = {
    flowFile: "flows.json",
    credentialSecret: false,
    uiHost: "127.0.0.1",
    uiPort: 0,
    httpAdminRoot: false,
    nodesDir: [ROOT],
    telemetry: { enabled: false },
    externalModules: { autoInstall: false, palette: { allowInstall: false } },
    logging: { console: { level: "off" } },
  };
  writeFileSync(join(userDir, "settings.js"), `module.exports = ${JSON.stringify(nodeRedSettings)};`);
  const bench = JSON.stringify(join(__dirname, "streams/in-node-red.js"));
  mkdirSync(join(userDir, "nodes"));
  writeFileSync(join(userDir, "nodes/bench.js"), `module.exports = require(${bench}).register;`);
  // Node-RED takes a file for a node only where it has an editor's part beside it.
  writeFileSync(join(userDir, "nodes/bench.html"), "");
  const settingsOfStreams = { config: "account", perTopic: true, maxStreams: 1000, silenceTimeout: 0, maxSession: 0 };
  const at = { z: "tab", x: 9, y: 9 };
  const streaming =
    client === "this package in Node-RED"
      ? { ...at, id: "streaming", type: "assemblyai-streaming", ...settingsOfStreams, wires: [["sink"], [], ["sink"]] }
      : { ...at, id: "streaming", type: "bench-bare", wires: [["sink"]] };
  const flow = [
    { id: "tab", type: "tab", label: "bench" },
    { id: "account", type: "assemblyai-config", endpoint: "custom", url },
    { ...at, id: "source", type: "bench-source", wires: [["streaming"]] },
    streaming,
    { ...at, id: "sink", type: "bench-sink", wires: [] },
  ];
  writeFileSync(join(userDir, "flows.json"), JSON.stringify(flow));
  writeFileSync(join(userDir, "flows_cred.json"), JSON.stringify({ account: { apiKey: `${new URL(url).host} key` } }));
  return userDir;
}

async function ask(child: ChildProcess): Promise<unknown> {
  const answer = once(child, "message");
  child.send("end");
  return (await answer)[0];
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill();
  await exited;
}

/** p50 / p99 of each round, and their medians. */
function delays(rounds: number[][]): string {
  const at = (share: number) => median(rounds.map((values) => quantile(values, share))).toFixed(1);
  return `${at(0.5)} / ${at(0.99)}`;
}

function median(values: number[]): number {
  return quantile(values, 0.5);
}

function quantile(values: number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
