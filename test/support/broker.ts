import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./node-red-process";
import { until } from "./until";

const START_MS = 10_000;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** What docs/scaling.md recommends, on this machine only. */
function mosquittoConfiguration(port: number): string {
  return `listener ${port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\npersistence false\nuser root\n`;
}

/** The shipped configuration, on ports of its own. */
function natsConfiguration(port: number, clientPort: number, folder: string): string {
  return readFileSync(join(root, "examples/nats.conf"), "utf8")
    .replace("127.0.0.1:4222", `127.0.0.1:${clientPort}`)
    .replace("0.0.0.0:1883", `127.0.0.1:${port}`)
    .replace("/var/lib/nats", join(folder, "jetstream"));
}

/** A real MQTT broker, of the Debian packages mosquitto and nats-server, on a port of its own. */
export class Broker {
  private child: ChildProcess | undefined;
  private output = "";

  private constructor(
    readonly kind: "mosquitto" | "nats-server",
    readonly port: number,
    private readonly folder: string,
    private readonly command: readonly [program: string, ...args: string[]],
  ) {}

  static async start(kind: Broker["kind"]): Promise<Broker> {
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), "broker-"));
    const file = join(folder, "broker.conf");
    writeFileSync(file, kind === "mosquitto" ? mosquittoConfiguration(port) : natsConfiguration(port, await freePort(), folder));
    const broker = new Broker(
      kind,
      port,
      folder,
      kind === "mosquitto" ? ["/usr/sbin/mosquitto", "-c", file] : ["/usr/sbin/nats-server", "-c", file],
    );
    await broker.run();
    return broker;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  /** Starts it, also again after a `kill`. Resolves once it takes connections. */
  async run(): Promise<void> {
    const [program, ...args] = this.command;
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.child = child;
    const failure = once(child, "error").then(([error]) => error as Error);
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (this.output += data.toString()));
    const missing = await Promise.race([failure, this.answers()]);
    if (missing) throw new Error(`${program} is not installed, or does not start`, { cause: missing });
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }

  async stop(): Promise<void> {
    await this.kill("SIGTERM");
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  private async answers(): Promise<undefined> {
    let isOpen = false;
    const tryIt = () => {
      const socket = connect(this.port, "127.0.0.1", () => {
        isOpen = true;
        socket.destroy();
      });
      socket.on("error", () => setTimeout(tryIt, 50).unref());
    };
    tryIt();
    await until(`${this.kind}: ${this.output}`, () => isOpen, START_MS);
  }
}
