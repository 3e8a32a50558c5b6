import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { WebSocket } from "ws";
import { until } from "./until";

export const root = resolve(__dirname, "../../..");

/** A node as in a flow file. When it is deployed it may also have `credentials`. */
export type FlowNode = { id: string; type: string } & Record<string, unknown>;

/** A Node-RED program: by which Node.js, and its red.js. */
export interface NodeRedProgram {
  node: string;
  red: string;
}

/** Node-RED 4.1: the one that is installed with this package. */
export const nodeRed4: NodeRedProgram = { node: process.execPath, red: require.resolve("node-red/red.js") };

export interface NodeRedOptions {
  program?: NodeRedProgram;
  /** Added to the environment of the test, of which ASSEMBLYAI_API_KEY is not passed on. */
  env?: NodeJS.ProcessEnv;
  /** A user directory with this package installed in it; absent: a new one, and the package from the working tree. */
  userDir?: string;
  /** Starts with the flow of an earlier run in `userDir`. */
  keepFlow?: boolean;
  /** Added to the settings of the tests. */
  settings?: object;
}

export type DeployType = "full" | "flows" | "nodes";

/** A message as it is sent to the debug sidebar: objects as JSON in `msg`. */
interface DebugMessage {
  id: string;
  name?: string;
  format?: string;
  msg: string;
}

export interface Status {
  fill?: string;
  shape?: string;
  text?: string;
}

/** On a busy machine, with the package read from a cold disk. */
const START_MS = 60_000;
const STOP_MS = 20_000;

/** A real Node-RED, on a port of its own. Its debug output and statuses are read from the channel of its editors. */
export class NodeRedProcess {
  readonly log: string[] = [];
  private readonly debug: DebugMessage[] = [];
  private readonly statuses = new Map<string, Status[]>();

  private constructor(
    private readonly child: ChildProcess,
    private readonly cleanUp: () => void,
  ) {
    for (const output of [child.stdout, child.stderr]) {
      if (output) createInterface({ input: output }).on("line", (line) => this.log.push(line));
    }
  }

  /** Starts Node-RED, without a flow unless `keepFlow` is set. @throws Error with its log where it does not start within a minute */
  static async start(options: NodeRedOptions = {}): Promise<NodeRedProcess> {
    const { program = nodeRed4, env = {}, userDir, keepFlow = false } = options;
    const folder = userDir ?? mkdtempSync(join(tmpdir(), "node-red-test-"));
    if (!keepFlow) writeFileSync(join(folder, "flows.json"), "[]");
    const all = { ...settings(folder, userDir === undefined), ...options.settings };
    writeFileSync(join(folder, "settings.js"), `module.exports = ${JSON.stringify(all)};\n`);
    const { ASSEMBLYAI_API_KEY: _, ...inherited } = process.env;
    const child = spawn(program.node, [program.red, "--userDir", folder], {
      cwd: folder,
      env: { ...inherited, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const nodeRed = new NodeRedProcess(child, () => {
      if (userDir === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    });
    try {
      await until("Node-RED's start", () => nodeRed.logged(/Started flows/) && nodeRed.logged(/Server now running at/), START_MS);
      await nodeRed.listen();
    } catch (cause) {
      await nodeRed.stop("SIGKILL");
      throw new Error(`Node-RED did not start:\n${nodeRed.log.join("\n")}`, { cause });
    }
    return nodeRed;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Its child processes that still exist, zombies included. */
  get children(): string[] {
    return readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, "utf8").split(" ").filter(Boolean);
  }

  /** The processor time that it has used, in the hundredths of a second that Linux counts. */
  get cpuSeconds(): number {
    const fields = readFileSync(`/proc/${this.pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  /** All messages of the debug nodes of this name. */
  shown(name: string): unknown[] {
    return this.debug
      .filter((message) => message.name === name)
      .map(({ format = "", msg }) => (format.startsWith("string") ? msg : (JSON.parse(msg) as unknown)));
  }

  /** All statuses of a node, in order. */
  statusesOf(id: string): readonly Status[] {
    return this.statuses.get(id) ?? [];
  }

  logged(pattern: RegExp): string | undefined {
    return this.log.find((line) => pattern.test(line));
  }

  /** Resolves once the flows have started, or restarted. */
  async deploy(flow: readonly FlowNode[], type: DeployType = "full"): Promise<void> {
    const started = () => this.log.filter((line) => /Started (modified )?(flows|nodes)$/.test(line)).length;
    const before = started();
    await this.request("/flows", {
      method: "POST",
      headers: { "content-type": "application/json", "node-red-api-version": "v2", "node-red-deployment-type": type },
      body: JSON.stringify({ flows: flow }),
    });
    await until("the flows' start", () => started() > before, STOP_MS);
  }

  /** Clicks the button of an inject node. */
  async inject(id: string): Promise<void> {
    await this.request(`/inject/${id}`, { method: "POST" });
  }

  /** @throws Error where the answer is not a success */
  async request(path: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(this.url + path, init);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  }

  /** @returns the exit code, or the signal that ended it */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | string | null> {
    if (this.isRunning) {
      const exited = once(this.child, "exit");
      this.child.kill(signal);
      const patience = setTimeout(() => this.child.kill("SIGKILL"), STOP_MS);
      await exited;
      clearTimeout(patience);
    }
    this.cleanUp();
    return this.child.exitCode ?? this.child.signalCode;
  }

  /** The editor, without a slash at the end. */
  get url(): string {
    const address = /Server now running at (\S+)\//.exec(this.logged(/Server now running at/) ?? "")?.[1];
    if (address === undefined) throw new Error("Node-RED has no address yet");
    return address;
  }

  private async listen(): Promise<void> {
    const comms = new WebSocket(`${this.url.replace("http:", "ws:")}/comms`);
    await once(comms, "open");
    comms.on("error", () => undefined); // a "close" follows
    comms.on("message", (data) => {
      const events = [JSON.parse((data as Buffer).toString())].flat() as { topic: string; data: unknown }[];
      for (const event of events) {
        if (event.topic === "debug") this.debug.push(event.data as DebugMessage);
        const id = /^status\/(.*)/.exec(event.topic)?.[1];
        if (id !== undefined) this.statuses.set(id, [...this.statusesOf(id), event.data as Status]);
      }
    });
    for (const topic of ["debug", "status/#"]) comms.send(JSON.stringify({ subscribe: topic }));
  }
}

/** No questions, no tours, no search for updates; no request that leaves the machine. English, wherever the tests run. */
function settings(userDir: string, fromWorkingTree: boolean): object {
  return {
    flowFile: join(userDir, "flows.json"),
    credentialSecret: false,
    lang: "en-US",
    uiHost: "127.0.0.1",
    uiPort: 0,
    ...(fromWorkingTree ? { nodesDir: [root] } : {}),
    editorTheme: { tours: false, palette: { catalogues: [] } },
    telemetry: { enabled: false, updateNotification: false },
    externalModules: { autoInstall: false, palette: { allowInstall: false } },
  };
}
