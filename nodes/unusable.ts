import type { Node, NodeAPI } from "node-red";
import type { NodeError } from "./lib/common/node-texts";

/**
 * Makes `node` one that cannot work, as its properties are wrong: it is red, tells its Catch nodes once, and answers every message
 * with the same error.
 */
export function makeUnusable(RED: NodeAPI, node: Node, error: NodeError, status: string): void {
  node.status({ fill: "red", shape: "ring", text: status });
  whenFlowsStarted(RED, node, () => node.error(error, {}));
  node.on("input", (_msg, _send, done) => done(error));
}

const waiting = new Set<() => void>();

function tellAll(): void {
  const callbacks = [...waiting];
  waiting.clear();
  for (const started of callbacks) started();
}

/** Catch nodes, and what is wired to a node, are there only once all flows have started. */
export function whenFlowsStarted(RED: NodeAPI, node: Node, callback: () => void): void {
  // One listener for all nodes: more than ten would have Node.js warn of a leak.
  if (waiting.size === 0) RED.events.once("flows:started", tellAll);
  waiting.add(callback);
  node.on("close", (done: () => void) => {
    waiting.delete(callback);
    if (waiting.size === 0) RED.events.off("flows:started", tellAll);
    done();
  });
}
