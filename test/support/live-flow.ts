import assert from "node:assert/strict";
import type { Node } from "node-red";
import helper from "node-red-node-test-helper";
import configNode from "../../nodes/assemblyai-config";
import streamingNode from "../../nodes/assemblyai-streaming";
import { REALISTIC_LATENCY, startSimulator, type Simulator, type SimulatorOptions } from "../../simulator";
import { Inbox, loadFlow, warningsOf, type Message } from "./flow";
import { silence } from "./spoken";
import { keyFor } from "./flow-parts";
import { TurnedTime } from "./turned-time";

/** The audio of one message, as long as the microphone node's. */
const PIECE_MS = 50;
const PIECE_SAMPLES = (16_000 * PIECE_MS) / 1000;
/** The longest wait: the server processes missed audio in real time. */
const QUIET_S = 240;

export const isEvent = (event: string) => (msg: Message) => msg["event"] === event;
let loads = 0;

/** A streaming node in a real Node-RED runtime, connected to the simulator by real sockets, in turned time. */
export class LiveFlow {
  readonly node: Node;
  readonly finals = new Inbox(helper.getNode("finals"));
  readonly partials = new Inbox(helper.getNode("partials"));
  readonly events = new Inbox(helper.getNode("events"));
  readonly caught = new Inbox(helper.getNode("caught"));

  private constructor(
    readonly time: TurnedTime,
    public simulator: Simulator,
    private readonly options: SimulatorOptions,
    id: string,
  ) {
    this.node = helper.getNode(id);
  }

  /** @param options of the simulator, which takes its time as the real service does */
  static async load(properties: Record<string, unknown> = {}, options: SimulatorOptions = {}): Promise<LiveFlow> {
    const time = new TurnedTime();
    const all: SimulatorOptions = { latency: REALISTIC_LATENCY, processing: "realtime", keepAudio: true, ...options };
    const simulator = await startSimulator(all);
    const id = `live-${++loads}`; // a node of the same id would send the terminations that the last one owed
    const z = "tab";
    await loadFlow(
      [configNode, streamingNode],
      [
        { id: z, type: "tab", label: "test" },
        { id: "account", type: "assemblyai-config", endpoint: "custom", url: simulator.url },
        { id, z, type: "assemblyai-streaming", config: "account", ...properties, wires: [["finals"], ["partials"], ["events"]] },
        ...["finals", "partials", "events", "caught"].map((name) => ({ id: name, z, type: "helper" })),
        { id: "catcher", z, type: "catch", scope: null, wires: [["caught"]] },
      ],
      { account: keyFor(simulator.url) },
    );
    await time.settle();
    return new LiveFlow(time, simulator, all, id);
  }

  private get isBusy(): boolean {
    const { messages } = this.events;
    const count = (event: string) => messages.filter(isEvent(event)).length;
    return messages.at(-1)?.["event"] !== "termination" || count("begin") > count("termination") || this.simulator.ledger.state.open > 0;
  }

  /** Live audio: a message of 50 ms, and 50 ms pass. */
  async play(pcm: Int16Array, topic?: string): Promise<void> {
    await this.playTogether(topic === undefined ? [{ pcm }] : [{ pcm, topic }]);
  }

  /** Several microphones at the same time. */
  async playTogether(microphones: readonly { pcm: Int16Array; topic?: string }[]): Promise<void> {
    const longest = Math.max(...microphones.map(({ pcm }) => pcm.length));
    for (let at = 0; at < longest; at += PIECE_SAMPLES) {
      for (const { pcm, topic } of microphones) {
        const piece = pcm.slice(at, at + PIECE_SAMPLES);
        if (piece.length > 0) this.node.receive({ payload: Buffer.from(piece.buffer), ...(topic === undefined ? {} : { topic }) });
      }
      await this.time.advance(PIECE_MS);
    }
  }

  /** The server is gone: nobody listens on its port. */
  async serverGoesAway(): Promise<void> {
    await this.simulator.close();
    await this.time.settle();
  }

  async serverComesBack(): Promise<void> {
    this.simulator = await startSimulator({ ...this.options, port: this.simulator.port });
  }

  /** A quiet room, until all sessions have ended and none is to be opened. */
  async untilHungUp(): Promise<void> {
    const room = silence(QUIET_S * 1000);
    for (let at = 0; this.isBusy; at += 16_000) {
      assert.ok(at < room.length, `not hung up within ${QUIET_S} s`);
      await this.play(room.subarray(at, at + 16_000));
    }
  }

  texts(topic?: string): string {
    const messages = topic === undefined ? this.finals.messages : this.finals.messages.filter((msg) => msg.topic === topic);
    return messages.map((msg) => msg.payload).join(" ");
  }

  terminations(): Record<string, unknown>[] {
    return this.events.messages.filter(isEvent("termination")).map((msg) => msg.payload as Record<string, unknown>);
  }

  errorCodes(): string[] {
    return this.caught.messages.map((msg) => (msg["error"] as { code: string }).code);
  }

  warnings(): string[] {
    return warningsOf(this.node);
  }

  /** Exactly one termination for each begin, and no open session in the server's ledger. */
  assertAccounted(): void {
    const ids = (event: string) => this.events.messages.filter(isEvent(event)).map((msg) => msg["sessionId"] as string);
    assert.deepEqual(ids("termination").sort(), ids("begin").sort(), "exactly one termination for each begin");
    assert.equal(this.simulator.ledger.openSessions.length, 0, "a session is left open");
  }

  /** @returns how many timers are left */
  async unload(): Promise<number> {
    try {
      await this.time.until(Promise.resolve(helper.unload()));
      await this.time.until(this.simulator.close());
      return this.time.clock.timers;
    } finally {
      this.time.restore();
    }
  }
}
