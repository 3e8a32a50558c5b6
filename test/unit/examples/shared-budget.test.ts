import assert from "node:assert/strict";
import { ExampleFunction } from "../../support/example-function";

const TICK = { payload: 0 };
const begin = (sessionId: string) => ({ event: "begin", sessionId, payload: {} });
const ended = (sessionId: string, costUsd: number) => ({ payload: { session: { sessionId }, today: { costUsd }, totals: {} } });
const today = () => new Date().toDateString();

describe("example 18: the shared budget", () => {
  let budget: ExampleFunction;
  let now: number;
  const { now: systemNow } = Date;

  beforeEach(() => {
    now = systemNow();
    Date.now = () => now;
    budget = new ExampleFunction("18-shared-budget.js", { WORKER: "workers/1", BUDGET_USD: "0.02", RATE: "0.45" });
  });
  afterEach(() => {
    Date.now = systemNow;
  });

  /** @returns what it publishes, and whether all sessions are to end */
  function receive(msg: Record<string, unknown>): { spent: number | undefined; stops: boolean } {
    const [[published, action]] = budget.receive(msg) as [[{ topic: string; payload: { costUsd: number } } | null, object | null]];
    if (published) {
      assert.equal(published.topic, "budget/workers/1");
      keep("workers/1", published.payload);
    }
    return { spent: published?.payload.costUsd, stops: action !== null };
  }

  function keep(worker: string, spent: object): void {
    budget.flow.set("spent", { ...(budget.flow.get("spent") as object | undefined), [`budget/${worker}`]: spent });
  }

  it("says nothing while nothing was spent", () => {
    assert.deepEqual(receive(TICK), { spent: undefined, stops: false });
    assert.equal(budget.status, "$0.0000 of $0.02");
  });

  it("counts open sessions by the second, and ended ones as they cost", () => {
    receive(begin("a"));
    now += 80_000;
    assert.ok(Math.abs((receive(TICK).spent ?? 0) - 0.01) < 1e-9);
    assert.equal(receive(ended("a", 0.009)).spent, 0.009);
    now += 80_000;
    assert.equal(receive(TICK).spent, undefined);
  });

  it("adds up what all have spent today, and stops all sessions at the limit, once", () => {
    keep("workers/2", { day: today(), costUsd: 0.0101, usdPerHour: 0, at: now });
    keep("workers/3", { day: "Fri Nov 20 2020", costUsd: 5, usdPerHour: 0, at: now });
    receive(begin("a"));
    now += 40_000;
    assert.equal(receive(TICK).stops, false);
    assert.equal(budget.flow.get("over"), false);
    now += 40_000;
    assert.equal(receive(TICK).stops, true);
    assert.equal(budget.flow.get("over"), true);
    assert.equal(receive(TICK).stops, false);
  });

  it("goes on counting what another worker has open, for 5 s", () => {
    keep("workers/2", { day: today(), costUsd: 0.01, usdPerHour: 3.6, at: now });
    now += 2000;
    receive(TICK);
    assert.equal(budget.status, "$0.0130 of $0.02", "a second ahead: a session that is stopped is billed until its Termination");
    now += 60_000;
    receive(TICK);
    assert.equal(budget.status, "$0.0150 of $0.02");
  });

  it("goes on from what it had spent before it was started again", () => {
    keep("workers/1", { day: today(), costUsd: 0.015, usdPerHour: 0.9, at: now - 60_000 });
    receive(TICK);
    assert.equal(budget.status, "$0.0150 of $0.02");
    assert.equal(receive(begin("a")).spent, 0.015, "what was open then is not");
    now += 8000;
    assert.ok(Math.abs((receive(TICK).spent ?? 0) - 0.016) < 1e-9);
    receive(begin("b"));
    assert.equal(receive(ended("a", 0.017)).spent, 0.017);
  });

  it("begins each day with nothing", () => {
    keep("workers/1", { day: "Fri Nov 20 2020", costUsd: 5, usdPerHour: 0, at: 0 });
    receive(TICK);
    assert.equal(budget.flow.get("over"), false);
    receive(begin("a"));
    now += 8000;
    assert.ok((receive(TICK).spent ?? 1) < 0.0011);
  });
});
