import type { Node, NodeAPI } from "node-red";
import type { AccountSettings } from "./lib/assemblyai/account";
import { checkKey, type KeyCheck, type KeyCheckRequest } from "./lib/assemblyai/key-check";
import { systemClock } from "./lib/common/clock";

/**
 * Serves the account dialog's "Check key". The request has the config node's `id`, and the key only where one was just typed. It takes
 * JSON, which a page of another origin cannot send without asking, and one request at a time.
 */
export function serveKeyCheck(RED: NodeAPI): void {
  let checking = false;
  RED.httpAdmin.post("/assemblyai-config/check", RED.auth.needsPermission("assemblyai-config.write"), (request, response) => {
    const answer = (result: KeyCheck): void => void response.set("Cache-Control", "no-store").json(result);
    if (!request.is("application/json") || typeof request.body !== "object" || request.body === null) {
      response.sendStatus(415);
      return;
    }
    if (checking) return answer({ result: "limited" });
    checking = true;
    const body = request.body as KeyCheckRequest & { id?: unknown };
    const known = { deployed: deployedSettings(RED, body.id), environmentKey: process.env["ASSEMBLYAI_API_KEY"] };
    void checkKey(body, known, fetch, systemClock)
      .finally(() => (checking = false))
      .then(answer);
  });
}

function deployedSettings(RED: NodeAPI, id: unknown): AccountSettings | undefined {
  const node = typeof id === "string" ? (RED.nodes.getNode(id) as (Node & { settings?: () => AccountSettings }) | null) : null;
  return node?.type === "assemblyai-config" ? node.settings?.() : undefined;
}
