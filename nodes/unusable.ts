import type { Node, NodeAPI } from "node-red";
import { whenFlowsStarted } from "./flows-started";
import type { NodeError } from "./lib/common/node-texts";

/**
 * Disables a node whose properties are wrong: its status is red, it reports the error to its Catch nodes once, and it answers every message
 * with it.
 */
export function makeUnusable(RED: NodeAPI, node: Node, error: NodeError, status: string): void {
  node.status({ fill: "red", shape: "ring", text: status });
  whenFlowsStarted(RED, node, () => node.error(error, {}));
  node.on("input", (_msg, _send, done) => {
    try {
      done(error);
    } catch {
      node.error(error, {}); // the message cannot be copied
    }
  });
}
