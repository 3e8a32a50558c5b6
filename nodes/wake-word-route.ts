import type { Node, NodeAPI } from "node-red";
import type { WakeWordTrial } from "./lib/speech-to-text/wake-word-trial";

/** A node whose wake words can be tried; undefined where it waits for none. */
export interface WakeWordNode {
  wakeWordTrial: WakeWordTrial | undefined;
}

/** Serves the streaming dialog's "Try it": a POST begins a trial, each GET says how it goes. null where no deployed node waits for a word. */
export function serveWakeWordTrials(RED: NodeAPI): void {
  const path = "/assemblyai-streaming/:id/wake-word-trial";
  const permission = RED.auth.needsPermission("flows.write");
  const trialOf = (id: unknown): WakeWordTrial | undefined => {
    const node = typeof id === "string" ? (RED.nodes.getNode(id) as (Node & Partial<WakeWordNode>) | null) : null;
    return node?.wakeWordTrial;
  };
  RED.httpAdmin.post(path, permission, (request, response) => {
    const trial = trialOf(request.params["id"]);
    // A web page of another origin can send a form to a Node-RED without a password, but not JSON.
    if (!request.is("application/json")) response.sendStatus(415);
    else response.set("Cache-Control", "no-store").json(trial?.begin() ?? null);
  });
  RED.httpAdmin.get(path, permission, (request, response) => {
    const trial = trialOf(request.params["id"]);
    response.set("Cache-Control", "no-store").json(trial?.state ?? null);
  });
}
