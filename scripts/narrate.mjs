// Prints the output of the demo flow's debug nodes, and its lamp, from the channel by which Node-RED sends them to its editors.
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { WebSocket } from "ws";
import { minuteBar } from "./minute-bar.mjs";

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

/**
 * Prints until Node-RED ends.
 * @param flow the demo
 * @param output where the lines go
 * @param connected called when Node-RED answers
 */
export async function narrate(nodeRed, flow, output, connected) {
  const comms = await connect(nodeRed);
  if (!comms) return nodeRed.exited;
  connected();
  const lamp = `status/${flow.find(({ name }) => name === "lamp").id}`;
  for (const topic of ["debug", lamp]) comms.send(JSON.stringify({ subscribe: topic }));
  comms.on("error", () => undefined); // a "close" follows
  let lampWas = "";
  const show = async ({ topic, data }) => {
    // Green is for some seconds only; without a text, the node is being closed.
    if (topic === lamp && data.text && data.fill !== "green" && data.text !== lampWas) {
      lampWas = data.text;
      output.interpose(`${time()}  lamp       ${data.text}`);
    }
    if (topic !== "debug") return;
    if (data.name === "partial turn") return output.rewrite(`${time()}  partial    `, data.msg);
    const line = describe(data);
    if (line !== undefined) output.print(`${time()}  ${line}`);
    if (data.name === "cost") for (const each of await lastMinute(nodeRed)) output.interpose(`          ${each}`);
  };
  comms.on("message", (message) => {
    // What a flow that was edited in the demo sends may have another form.
    for (const each of [JSON.parse(message)].flat()) show(each).catch(() => undefined);
  });
  return nodeRed.exited;
}

function time() {
  return new Date().toTimeString().slice(0, 8);
}

/** From what the sidebar knows; nothing where Node-RED is ending. */
async function lastMinute(nodeRed) {
  try {
    const { nodes } = await (await fetch(new URL("assemblyai-sidebar", nodeRed.url))).json();
    return minuteBar(nodes, Date.now());
  } catch {
    return [];
  }
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
