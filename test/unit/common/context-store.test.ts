import assert from "node:assert/strict";
import { ContextStore, type Context } from "../../../nodes/lib/common/context-store";

class FakeContext implements Context {
  readonly values = new Map<string, unknown>();
  failure: Error | undefined;

  get(key: string, callback: (error: Error | undefined, value: unknown) => void): void {
    setImmediate(() => callback(this.failure, this.values.get(key)));
  }

  set(key: string, value: unknown, callback: (error: Error | undefined) => void): void {
    setImmediate(() => {
      if (!this.failure) this.values.set(key, value);
      callback(this.failure);
    });
  }
}

let nodes = 0;
const newNodeId = () => `node${nodes++}`;

describe("context-store", () => {
  it("keeps a value in the context", async () => {
    const context = new FakeContext();
    const store = new ContextStore(context, newNodeId(), "stats");
    assert.equal(await store.load(), undefined);
    await store.save({ sessions: 1 });
    assert.deepEqual(await store.load(), { sessions: 1 });
    assert.deepEqual([...context.values], [["stats", { sessions: 1 }]]);
  });

  it("hands the value to the node's successor where Node-RED empties the context", async () => {
    const id = newNodeId();
    const before = new ContextStore(new FakeContext(), id, "stats");
    await before.save({ sessions: 1 });
    await before.close();

    const emptied = new FakeContext();
    const after = new ContextStore(emptied, id, "stats");
    assert.deepEqual(await after.load(), { sessions: 1 });
    assert.deepEqual(emptied.values.get("stats"), { sessions: 1 });
  });

  it("hands on what it inherited where it was never used", async () => {
    const id = newNodeId();
    const first = new ContextStore(new FakeContext(), id, "stats");
    await first.save(1);
    await first.close();
    await new ContextStore(new FakeContext(), id, "stats").close();
    assert.equal(await new ContextStore(new FakeContext(), id, "stats").load(), 1);
  });

  it("prefers what the context holds", async () => {
    const id = newNodeId();
    const context = new FakeContext();
    const before = new ContextStore(context, id, "stats");
    await before.save(1);
    await before.close();
    context.values.set("stats", 2);
    const after = new ContextStore(context, id, "stats");
    assert.equal(await after.load(), 2);
    context.values.clear();
    assert.equal(await after.load(), undefined);
  });

  it("hands nothing on to another node, nor twice", async () => {
    const id = newNodeId();
    const redeployed = new ContextStore(new FakeContext(), id, "stats");
    await redeployed.save(1);
    await redeployed.close();
    assert.equal(await new ContextStore(new FakeContext(), newNodeId(), "stats").load(), undefined);
    assert.equal(await new ContextStore(new FakeContext(), id, "stats").load(), 1);
    assert.equal(await new ContextStore(new FakeContext(), id, "stats").load(), undefined);
  });

  it("says what the context's store said when it fails", async () => {
    const context = new FakeContext();
    const store = new ContextStore(context, newNodeId(), "stats");
    context.failure = new Error("disk full");
    const expected = { code: "AAI_CONTEXT", message: /disk full/, cause: context.failure };
    await assert.rejects(store.load(), expected);
    await assert.rejects(store.save(1), expected);
    await store.close();
  });
});
