/** The benchmark's part in Node-RED: one node sends the audio, another receives the turns and events, as messages. */
import type { Node, NodeAPI, NodeDef, NodeMessage } from "node-red";
import { WebSocket } from "ws";
import { Meter, startLoad, underDirection } from "./load";

const AUDIO = { encoding: "pcm_s16le", sampleRate: 16_000, channels: 1 };
const URL = process.env["BENCH_URL"] ?? "";
const COUNT = Number(process.env["BENCH_STREAMS"]);

/** The messages between the nodes. */
interface Message extends NodeMessage {
  event?: string;
}

export function register(RED: NodeAPI): void {
  const meter = new Meter();

  RED.nodes.registerType("bench-source", function source(this: Node, properties: NodeDef) {
    RED.nodes.createNode(this, properties);
    RED.events.once("flows:started", () => {
      startLoad(COUNT, (stream, payload) => this.send({ payload, audio: AUDIO, topic: `stream ${stream}` }));
      underDirection(meter);
    });
  });

  /** The node that receives turns and session events. */
  RED.nodes.registerType("bench-sink", function sink(this: Node, properties: NodeDef) {
    let begun = 0;
    RED.nodes.createNode(this, properties);
    this.on("input", ({ payload, event }: Message, _send, done) => {
      if (event === undefined) meter.turn(payload as string);
      else if (event === "begin" && ++begun === COUNT) process.send?.("ready");
      done();
    });
  });

  /** The least that a node in the streaming node's place can do: a socket for each topic, and every chunk goes straight to it. */
  RED.nodes.registerType("bench-bare", function bare(this: Node, properties: NodeDef) {
    RED.nodes.createNode(this, properties);
    const sockets = new Map<string, WebSocket>();
    const open = (topic: string): WebSocket => {
      const socket = new WebSocket(`${URL}?sample_rate=16000`, { headers: { Authorization: "key" }, perMessageDeflate: false });
      sockets.set(topic, socket);
      socket.on("message", (data: Buffer) => {
        const message = JSON.parse(data.toString()) as { type: string; transcript: string };
        if (message.type === "Turn") this.send({ payload: message.transcript, topic });
        else if (message.type === "Begin") this.send({ event: "begin", topic });
      });
      return socket;
    };
    this.on("input", ({ payload, topic = "" }, _send, done) => {
      const socket = sockets.get(topic) ?? open(topic);
      if (socket.readyState === WebSocket.OPEN) socket.send(payload as Buffer);
      done();
    });
  });
}
