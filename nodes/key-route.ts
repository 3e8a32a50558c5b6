import type { Node, NodeAPI } from "node-red";
import type { AccountNode } from "./lib/assemblyai/account";
import { systemClock } from "./lib/common/clock";
import { checkKey, type KeyCheckRequest } from "./lib/assemblyai/key-check";

/** Serves the account dialog's "Check key". The request has the config node's `id`, and the key only where one was just typed. */
export function serveKeyCheck(RED: NodeAPI): void {
  RED.httpAdmin.post("/assemblyai-config/check", RED.auth.needsPermission("assemblyai-config.write"), (request, response) => {
    const body = (typeof request.body === "object" && request.body !== null ? request.body : {}) as KeyCheckRequest & { id?: unknown };
    const node = typeof body.id === "string" ? (RED.nodes.getNode(body.id) as (Node & Partial<AccountNode>) | null) : null;
    const deployed = node?.account ? { account: node.account } : undefined;
    const known = { deployed, environmentKey: process.env["ASSEMBLYAI_API_KEY"] };
    void checkKey(body, known, fetch, systemClock).then((answer) => response.set("Cache-Control", "no-store").json(answer));
  });
}
