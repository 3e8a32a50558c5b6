import type { Node, NodeAPI } from "node-red";

const waiting = new Set<() => void>();

function callAll(): void {
  const callbacks = [...waiting];
  waiting.clear();
  for (const started of callbacks) started();
}

/** Catch nodes, and the nodes that are wired to a node, exist only once all flows have started. */
export function whenFlowsStarted(RED: NodeAPI, node: Node, callback: () => void): void {
  // One listener for all nodes: Node.js warns of a leak at more than ten.
  if (waiting.size === 0) RED.events.once("flows:started", callAll);
  waiting.add(callback);
  node.on("close", (done: () => void) => {
    waiting.delete(callback);
    if (waiting.size === 0) RED.events.off("flows:started", callAll);
    done();
  });
}
