import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSimulator, type Simulator } from "../../simulator";
import { Broker } from "../support/broker";
import { example } from "../support/examples";
import { API_KEY } from "../support/flow-parts";
import { NodeRedProcess, type FlowNode } from "../support/node-red-process";
import { Listener, Room } from "../support/room";
import { until } from "../support/until";

/** The variables of example 18 for rooms by hash, as examples/nats.conf says. */
export const PARTS = { FLOORS: "0,1,2,3", FILTER: "part/%/rooms/+/+/audio" };

/** A broker, Node-RED processes with the shipped flows, rooms and a listener on another machine: all ended by `close`. */
export class Site {
  readonly rooms: Room[] = [];
  private readonly workers: NodeRedProcess[] = [];
  private readonly folders: string[] = [];

  private constructor(
    readonly broker: Broker,
    readonly simulator: Simulator,
    readonly listener: Listener,
  ) {}

  static async open(kind: Broker["kind"]): Promise<Site> {
    const broker = await Broker.start(kind);
    return new Site(broker, await startSimulator({ keepAudio: true }), await Listener.start(broker.url));
  }

  /** The tab "Hub" of example 12. */
  hub(changes: Record<string, object> = {}): FlowNode[] {
    const flow = example("12", this.simulator, { ...this.atBroker("MQTT broker"), ...changes });
    const hub = flow.find(({ label }) => label === "Hub")?.id;
    return flow.filter(({ id, z, type }) => id === hub || z === hub || type === "assemblyai-config" || type === "mqtt-broker");
  }

  /** Example 18, which finds out itself which worker it is. @param env of its tab, over what is there */
  worker(env: Record<string, string> = {}, changes: Record<string, object> = {}): FlowNode[] {
    const flow = example("18", this.simulator, { ...this.atBroker("mqtt-broker"), ...changes });
    return flow.map((node) => {
      if (node.type !== "tab") return node;
      const variables = node["env"] as { name: string; value: string; type: string }[];
      return { ...node, env: variables.map((variable) => ({ ...variable, value: env[variable.name] ?? variable.value })) };
    });
  }

  /** Starts a Node-RED as docs/scaling.md recommends it. @param userDir of one that was stopped, to start it again */
  async start(flow: readonly FlowNode[], { worker = "", userDir = this.folder() } = {}): Promise<NodeRedProcess> {
    const settings = { nodesDir: [join(__dirname, "../../..")], mqttReconnectTime: 500 };
    const keepFlow = flow.length === 0;
    const nodeRed = await NodeRedProcess.start({ userDir, keepFlow, settings, env: { WORKER: worker, ASSEMBLYAI_API_KEY: API_KEY } });
    this.workers.push(nodeRed);
    if (!keepFlow) await nodeRed.deploy(flow);
    return nodeRed;
  }

  folder(): string {
    const folder = mkdtempSync(join(tmpdir(), "site-"));
    this.folders.push(folder);
    return folder;
  }

  /** @param names `<floor>/<room>` */
  async open(names: readonly string[]): Promise<Room[]> {
    const rooms = await Promise.all(names.map((name) => Room.open(this.broker.url, `rooms/${name}`)));
    this.rooms.push(...rooms);
    return rooms;
  }

  get words(): number {
    return this.rooms.reduce((sum, { words }) => sum + words, 0);
  }

  get wordErrors(): number {
    return this.rooms.reduce((sum, room) => sum + room.errorsIn(this.listener.textOf(room.name)), 0);
  }

  /** What the service was sent in each session, without the silence that fills up the last frame. */
  get heard(): Buffer[] {
    return this.simulator.sessions.map(({ record }) => {
      const audio = record.audioReceived();
      const last = audio.findLastIndex((byte) => byte !== 0);
      return audio.subarray(0, last + 1);
    });
  }

  /** Until each session that began has ended, at the listener's end and at the service's. */
  async untilQuiet(ms = 30_000): Promise<void> {
    const { listener, simulator } = this;
    const isQuiet = () => simulator.ledger.state.open === 0 && listener.of("termination").length >= listener.of("begin").length;
    await until("the end of all sessions", isQuiet, ms);
  }

  async close(): Promise<void> {
    await Promise.all(this.rooms.map((room) => room.close()));
    await Promise.all(this.workers.map((worker) => worker.stop()));
    await this.listener.stop();
    await this.simulator.close();
    await this.broker.stop();
    for (const folder of this.folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }

  private atBroker(...names: string[]): Record<string, object> {
    return Object.fromEntries(names.map((name) => [name, { broker: "127.0.0.1", port: String(this.broker.port) }]));
  }
}
