import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { Node, NodeAPI } from "node-red";
import { whenFlowsStarted } from "../../../nodes/flows-started";

describe("whenFlowsStarted", () => {
  const events = new EventEmitter();
  const RED = { events } as NodeAPI;
  const node = () => new EventEmitter() as Node;

  it("calls for each node, once, by one listener", () => {
    let calls = 0;
    for (let index = 0; index < 3; index++) whenFlowsStarted(RED, node(), () => calls++);
    assert.equal(events.listenerCount("flows:started"), 1);
    events.emit("flows:started");
    events.emit("flows:started");
    assert.equal(calls, 3);
  });

  it("leaves no listener behind for nodes that are closed before", () => {
    const closed = node();
    whenFlowsStarted(RED, closed, () => assert.fail("called"));
    closed.emit("close", () => undefined);
    assert.equal(events.listenerCount("flows:started"), 0);
    events.emit("flows:started");
  });
});
