/** The processes of a benchmark of many streams: the simulator over TLS, and the client that is measured. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificate } from "../../test/support/certificate";

const ROOT = join(__dirname, "../../..");
/** By then, V8 and the buffers of the client's process have stopped growing. */
export const WARM_UP_MS = 30_000;
export const CLIENTS = ["this package in Node-RED", "bare ws node in Node-RED", "official SDK", "bare ws loop"] as const;
export type ClientName = (typeof CLIENTS)[number];

export interface Rig {
  url: string;
  cert: string;
  folder: string;
  service: ChildProcess;
}

export interface ClientOptions {
  client: ClientName;
  streams: number;
  /** a module that the client's process loads first */
  preload?: string;
  /** of the streaming node */
  properties?: Record<string, unknown>;
}

/** Runs `use` with a service, and cleans up afterwards. */
export async function withRig(use: (rig: Rig) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "bench-streams-"));
  const { key, cert } = makeCertificate(folder);
  const service = fork(join(__dirname, "service.js"), [key, cert]);
  try {
    const [url] = (await once(service, "message")) as [string];
    await use({ url, cert, folder, service });
  } finally {
    service.kill();
    rmSync(folder, { recursive: true });
  }
}

/** Resolves once all sessions have begun. */
export async function startClient({ url, cert, folder }: Rig, options: ClientOptions): Promise<ChildProcess> {
  const { client, streams, preload } = options;
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: cert, BENCH_STREAMS: String(streams), BENCH_URL: url };
  const execArgv = preload === undefined ? [] : ["--require", preload];
  const isNodeRed = client === "this package in Node-RED" || client === "bare ws node in Node-RED";
  const child = isNodeRed
    ? fork(require.resolve("node-red/red.js"), ["--userDir", nodeRedUserDir(folder, url, options)], { env, execArgv, silent: true })
    : fork(join(__dirname, client === "official SDK" ? "sdk-client.js" : "bare-client.js"), [url, String(streams)], { env, execArgv });
  const ready = once(child, "message");
  const exited = once(child, "exit").then(() => Promise.reject(new Error(`${client} ended before it was ready`)));
  await Promise.race([ready, exited]);
  return child;
}

export async function ask(child: ChildProcess, order: string): Promise<unknown> {
  const answer = once(child, "message");
  child.send(order);
  return (await answer)[0];
}

export async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill();
  await exited;
}

/** A Node-RED that does nothing but this. */
function nodeRedUserDir(folder: string, url: string, { client, properties }: ClientOptions): string {
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
  const bench = JSON.stringify(join(__dirname, "in-node-red.js"));
  mkdirSync(join(userDir, "nodes"));
  writeFileSync(join(userDir, "nodes/bench.js"), `module.exports = require(${bench}).register;`);
  // Node-RED takes a file for a node only where an .html file of the same name exists.
  writeFileSync(join(userDir, "nodes/bench.html"), "");
  const settings = { config: "account", perTopic: true, maxStreams: 1000, silenceTimeout: 0, maxSession: 0, ...properties };
  const at = { z: "tab", x: 9, y: 9 };
  const streaming =
    client === "this package in Node-RED"
      ? { ...at, id: "streaming", type: "assemblyai-streaming", ...settings, wires: [["sink"], [], ["sink"]] }
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
