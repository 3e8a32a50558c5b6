// Prints the output of the demo flow's debug nodes in plain lines, from the channel by which Node-RED sends it to its editors.
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { WebSocket } from "ws";

/** The line for a message of each debug node of the demo, by the node's name; undefined for none. */
const LINES = {
  turn: (text) => `turn       ${text}`,
  "session event": ({ event, payload }) => {
    if (event === "wake") return `called     ${payload.wakeWord} (${payload.probability.toFixed(2)})`;
    if (event === "begin") return "session    open, and billed from now on";
    if (event === "reconnecting") return `session    interrupted, next try in ${seconds(payload.delaySeconds)}`;
    return undefined; // the end of a session is printed together with its cost
  },
  cost: ({ session, totals }) =>
    `session    ended (${session.reason}) after ${seconds(session.sessionSeconds)}: ${count(session.turns, "turn")}, ` +
    `$${session.costUsd.toFixed(4)}; so far ${count(totals.sessions, "session")}, $${totals.costUsd.toFixed(4)}`,
};

/** Prints until Node-RED ends. @param connected called when Node-RED answers */
export async function narrate(nodeRed, connected) {
  const comms = await connect(nodeRed);
  if (!comms) return nodeRed.exited;
  connected();
  comms.send(JSON.stringify({ subscribe: "debug" }));
  comms.on("error", () => undefined); // a "close" follows
  comms.on("message", (data) => {
    for (const { topic, data: shown } of [JSON.parse(data)].flat()) {
      const line = topic === "debug" ? describe(shown) : undefined;
      if (line !== undefined) console.log(`${new Date().toTimeString().slice(0, 8)}  ${line}`);
    }
  });
  return nodeRed.exited;
}

/** @returns undefined where Node-RED has ended before it answered */
async function connect(nodeRed) {
  for (;;) {
    const comms = new WebSocket(new URL("comms", nodeRed.url.replace("http:", "ws:")));
    try {
      await once(comms, "open");
      return comms;
    } catch {
      const ended = await Promise.race([nodeRed.exited.then(() => true), pause(100)]);
      if (ended) return undefined;
    }
  }
}

/** @param shown what Node-RED's debug sidebar gets: objects as JSON in `msg` */
function describe({ name, format, msg }) {
  const line = LINES[name];
  if (!line) return undefined;
  return line(format.startsWith("string") ? msg : JSON.parse(msg));
}

function seconds(value) {
  return `${Math.round(value)} s`;
}

function count(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
