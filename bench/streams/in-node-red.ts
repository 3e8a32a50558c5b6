/** What the benchmark does within Node-RED: function nodes reach it as a global. Audio goes in, and turns come out, as messages. */
import { Meter, startLoad, underDirection } from "./load";

interface Sender {
  send(msg: object): void;
}

const meter = new Meter();
const audio = { encoding: "pcm_s16le", sampleRate: 16_000, channels: 1 };
let begun = 0;

/** Called by the first function node, once, when the flow starts. */
export function source(node: Sender): void {
  const count = Number(process.env["BENCH_STREAMS"]);
  startLoad(count, (stream, payload) => node.send({ payload, audio, topic: `stream ${stream}` }));
  underDirection(meter);
}

/** Called by the function node behind the final turns, for each. */
export function turn(transcript: string): void {
  meter.turn(transcript);
}

/** Called for each session event. */
export function event(name: string): void {
  if (name === "begin" && ++begun === Number(process.env["BENCH_STREAMS"])) process.send?.("ready");
}
