/** The least that a client can do: a socket for each stream, and every chunk goes straight to it. */
import { once } from "node:events";
import { WebSocket } from "ws";
import { Meter, startLoad, underDirection } from "./load";

const [url, count] = process.argv.slice(2) as [string, string];
const meter = new Meter();
const sockets = Array.from({ length: Number(count) }, () => {
  const socket = new WebSocket(`${url}?sample_rate=16000`, { headers: { Authorization: "key" }, perMessageDeflate: false });
  socket.on("message", (data: Buffer) => {
    const message = JSON.parse(data.toString()) as { type: string; transcript: string };
    if (message.type === "Turn") meter.turn(message.transcript);
  });
  return socket;
});

void main();

async function main(): Promise<void> {
  await Promise.all(sockets.map((socket) => once(socket, "open")));
  startLoad(sockets.length, (stream, chunk) => sockets[stream]?.send(chunk));
  underDirection(meter);
  process.send?.("ready");
}
