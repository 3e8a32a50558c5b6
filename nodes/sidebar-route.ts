import type { Node, NodeAPI } from "node-red";
import type { Snapshot } from "./lib/speech-to-text/snapshot";
import type { SpeechToText } from "./lib/speech-to-text/speech-to-text";

/** What the sidebar asks for. */
export interface SidebarAnswer {
  /** of the machine that runs Node-RED: the day is a day there */
  timeZone: string;
  nodes: (Snapshot & { id: string; name: string })[];
}

const PATH = "/assemblyai-sidebar";
/** All that run, in subflows too. The plugin and the nodes are loaded one by one, and share this module. */
const running = new Map<Node, SpeechToText>();

/** Shows a node in the sidebar for as long as it runs. */
export function showInSidebar(node: Node, speechToText: SpeechToText): void {
  running.set(node, speechToText);
  node.on("close", () => void running.delete(node));
}

/**
 * Serves the sidebar. What was said is for users who may read the flow; hanging up is for those who may change it. `since`: the time of the
 * last answer, as sessions that were over by then need not be told again.
 */
export function serveSidebar(RED: NodeAPI): void {
  RED.httpAdmin.get(PATH, RED.auth.needsPermission("flows.read"), (request, response) => {
    const since = Number(request.query["since"]) || 0;
    const nodes = [...running].map(([{ id, name = "" }, speechToText]) => ({ id, name, ...speechToText.snapshot(since) }));
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    const answer: SidebarAnswer = { timeZone, nodes };
    response.set("Cache-Control", "no-store").json(answer);
  });
  RED.httpAdmin.post(`${PATH}/hang-up`, RED.auth.needsPermission("flows.write"), (request, response) => {
    // A web page of another origin can send a form to a Node-RED without a password, but not JSON.
    if (!request.is("application/json")) return void response.sendStatus(415);
    for (const speechToText of running.values()) speechToText.hangUp();
    response.sendStatus(204);
  });
}
