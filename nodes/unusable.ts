import type { Node, NodeAPI } from "node-red";
import type { NodeError } from "./lib/node-texts";

/**
 * Makes `node` one that cannot work, as its properties are wrong: it is red, tells its Catch nodes once, and answers every message
 * with the same error.
 */
export function makeUnusable(RED: NodeAPI, node: Node, error: NodeError, status: string): void {
  node.status({ fill: "red", shape: "ring", text: status });
  whenFlowsStarted(RED, node, () => node.error(error, {}));
  node.on("input", (_msg, _send, done) => done(error));
}

/** Catch nodes, and what is wired to a node, are there only once all flows have started. */
export function whenFlowsStarted(RED: NodeAPI, node: Node, callback: () => void): void {
  RED.events.once("flows:started", callback);
  node.on("close", (done: () => void) => {
    RED.events.off("flows:started", callback);
    done();
  });
}
