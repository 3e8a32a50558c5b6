import assert from "node:assert/strict";
import { Budget } from "../../../nodes/lib/billing/budget";
import type { AaiError } from "../../../nodes/lib/common/errors";
import type { EndReason, SessionSummary } from "../../../nodes/lib/session/session-summary";
import { SessionBook, type BookStore } from "../../../nodes/lib/billing/session-book";
import { FakeClock } from "../../support/fake-clock";

/** A store that keeps what JSON keeps, as a file would. */
class MemoryStore implements BookStore {
  constructor(public text = "null") {}

  load(): Promise<unknown> {
    return Promise.resolve(JSON.parse(this.text));
  }

  save(value: unknown): Promise<void> {
    this.text = JSON.stringify(value);
    return Promise.resolve();
  }
}

/** A session that began when this is called. */
function session(clock: FakeClock, sessionId: string): (reason: EndReason) => SessionSummary {
  const start = clock.date();
  return (reason) => ({
    sessionId,
    reason,
    audioSeconds: 1,
    sessionSeconds: (clock.date() - start) / 1000,
    turns: 1,
    words: 2,
    model: "universal-3-6-pro",
    startedAt: new Date(start).toISOString(),
    endedAt: new Date(clock.date()).toISOString(),
    estimated: true,
  });
}

const neverFails = (error: unknown) => assert.fail(String(error));
const settled = () => new Promise((resolve) => setImmediate(resolve));

async function owedBy(book: SessionBook) {
  await book.open();
  return book.takeOwed();
}

describe("session book", () => {
  it("owes a termination for each session that a crash ended, with the seconds of its last writing", async () => {
    const clock = new FakeClock();
    const store = new MemoryStore();
    const book = new SessionBook(clock, store, neverFails);
    await book.open();
    assert.deepEqual(book.takeOwed(), []);
    book.begun("a", session(clock, "a"), "kitchen");
    book.begun("b", session(clock, "b"), undefined);
    clock.advance(20_000);
    await settled();
    clock.advance(5_000);

    const afterCrash = new SessionBook(new FakeClock(), store, neverFails);
    await afterCrash.open();
    const owed = afterCrash.takeOwed();
    assert.deepEqual(
      owed.map((message) => [message.event, message.topic, message.sessionId, message.payload]),
      ["a", "b"].map((id) => {
        const startedAt = new Date(clock.date() - 25_000).toISOString();
        const endedAt = new Date(clock.date() - 5_000).toISOString();
        const summary = { ...session(clock, id)("crash"), sessionSeconds: 20, startedAt, endedAt };
        return ["termination", id === "a" ? "kitchen" : undefined, id, summary];
      }),
    );
    await settled();
    assert.deepEqual(await owedBy(new SessionBook(new FakeClock(), store, neverFails)), [], "owed once");
  });

  it("owes nothing for a session that ended in order", async () => {
    const clock = new FakeClock();
    const store = new MemoryStore();
    const book = new SessionBook(clock, store, neverFails);
    await book.open();
    const summary = session(clock, "a");
    book.begun("a", summary, undefined);
    clock.advance(5000);
    book.terminated(summary("silence"));
    await book.close();
    assert.deepEqual(await owedBy(new SessionBook(clock, store, neverFails)), []);
    assert.equal(clock.timers, 0);
  });

  it("keeps a termination that could not be sent", async () => {
    const clock = new FakeClock();
    const store = new MemoryStore();
    const book = new SessionBook(clock, store, neverFails);
    await book.open();
    const payload = session(clock, "a")("redeploy");
    book.owe({ event: "termination", payload, sessionId: "a", topic: "hall" });
    await book.close();
    assert.deepEqual(await owedBy(new SessionBook(clock, store, neverFails)), [
      { event: "termination", payload, sessionId: "a", topic: "hall" },
    ]);
  });

  it("counts the seconds of the day, over restarts, those of running sessions included, and anew at midnight", async () => {
    const clock = new FakeClock(new Date(2026, 10, 20, 23, 59, 0).getTime());
    const store = new MemoryStore();
    const first = new SessionBook(clock, store, neverFails);
    await first.open();
    const one = session(clock, "one");
    first.begun("one", one, undefined);
    clock.advance(10_000);
    first.terminated(one("silence"));
    await first.close();

    const book = new SessionBook(clock, store, neverFails);
    await book.open();
    book.begun("two", session(clock, "two"), undefined);
    clock.advance(5000);
    assert.equal(Math.round(book.spentSeconds), 15);
    clock.advance(60_000);
    assert.ok(book.spentSeconds > 10 && book.spentSeconds < 20, "only what lies in the new day");
  });

  it("survives a store that holds anything, and one that fails", async () => {
    for (const text of ["null", "7", "[]", '{"open":7}', '{"open":[{}],"unsent":[],"day":1,"seconds":1}']) {
      assert.deepEqual(await owedBy(new SessionBook(new FakeClock(), new MemoryStore(text), neverFails)), []);
    }
    const failures: unknown[] = [];
    const broken: BookStore = { load: () => Promise.reject(new Error("no disk")), save: () => Promise.reject(new Error("no disk")) };
    const book = new SessionBook(new FakeClock(), broken, (error) => failures.push(error));
    await book.open();
    book.owe({ event: "termination", payload: session(new FakeClock(), "a")("stop") });
    await book.close();
    assert.equal(failures.length, 2);
  });
});

function rig(secondsPerDay: number, hour = 12) {
  const clock = new FakeClock(new Date(2026, 10, 20, hour).getTime());
  const spending = { spentSeconds: 0, runningCount: 0 };
  const told: AaiError[] = [];
  return { clock, spending, told, budget: new Budget(clock, secondsPerDay, spending, (error) => told.push(error)) };
}

describe("budget", () => {
  it("ends what runs when the limit is reached, the sooner the more of it runs", () => {
    const { clock, spending, told, budget } = rig(60);
    spending.runningCount = 3;
    budget.update();
    clock.advance(19_000);
    assert.equal(told.length, 0);
    spending.spentSeconds = 60;
    clock.advance(1000);
    assert.equal(told[0]?.code, "AAI_BUDGET");
    assert.match(told[0]?.message ?? "", /2026-11-21 00:00/);
    assert.throws(() => budget.check(), { code: "AAI_BUDGET" });
  });

  it("has no limit at 0, and no timer while nothing runs", () => {
    const { clock, spending, budget } = rig(0);
    spending.runningCount = 1;
    spending.spentSeconds = 1e9;
    budget.update();
    budget.check();
    assert.equal(clock.timers, 0);
    const other = rig(60);
    other.budget.update();
    assert.equal(other.clock.timers, 0);
  });

  it("looks again at midnight, when the count begins anew", () => {
    const { clock, spending, told, budget } = rig(3600 * 5, 23);
    spending.runningCount = 1;
    spending.spentSeconds = 3600;
    budget.update();
    clock.advance(3600_000);
    assert.equal(told.length, 0);
    assert.equal(clock.timers, 1, "goes on for the new day");
    budget.close();
    assert.equal(clock.timers, 0);
  });
});
