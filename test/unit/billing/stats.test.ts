import assert from "node:assert/strict";
import { SessionStats, type StatsOptions, type StatsStore, type StoredStats, type Totals } from "../../../nodes/lib/billing/stats";
import { FakeClock } from "../../support/fake-clock";

const HOUR = 3_600_000;
const NOON = new Date(2026, 10, 20, 12).getTime();
const termination = {
  sessionId: "12c77068",
  reason: "silence",
  audioSeconds: 110,
  sessionSeconds: 124,
  turns: 3,
  words: 21,
  model: "universal-3-6-pro",
  startedAt: "2026-11-20T11:57:56.000Z",
  endedAt: "2026-11-20T12:00:00.000Z",
  estimated: false,
};

/** A store that answers only after other things had their turn, as one on a disk or in a network does. */
class SlowStore implements StatsStore {
  failure: Error | undefined;

  constructor(public value?: unknown) {}

  async load(): Promise<unknown> {
    await new Promise(setImmediate);
    if (this.failure) throw this.failure;
    return this.value;
  }

  async save(stats: StoredStats): Promise<void> {
    await new Promise(setImmediate);
    if (this.failure) throw this.failure;
    this.value = stats;
  }
}

function setUp(options: Partial<StatsOptions> = {}) {
  // The fake clock starts at 1000 ms.
  const clock = new FakeClock(NOON - 1000);
  const store = new SlowStore();
  const shown: Totals[] = [];
  const stats = new SessionStats({ clock, store, rate: undefined, resetDaily: false, show: (totals) => shown.push(totals), ...options });
  return { clock, store, shown, stats };
}

const iso = (...date: [number, number, number, number?]) => new Date(...date).toISOString();

describe("stats", () => {
  it("adds up sessions and gives each with its cost, otherwise as it came", async () => {
    const { stats } = setUp();
    await stats.record(termination);
    const report = await stats.record({
      ...termination,
      sessionSeconds: 60,
      audioSeconds: 50.5,
      turns: 1,
      words: 4,
      extra: { kept: true },
    });
    assert.deepEqual(report, {
      session: { ...termination, sessionSeconds: 60, audioSeconds: 50.5, turns: 1, words: 4, extra: { kept: true }, costUsd: 0.0075 },
      totals: { sessions: 2, sessionSeconds: 184, audioSeconds: 160.5, turns: 4, words: 25, costUsd: 0.023, since: iso(2026, 10, 20, 12) },
      today: { sessions: 2, sessionSeconds: 184, audioSeconds: 160.5, turns: 4, words: 25, costUsd: 0.023, since: iso(2026, 10, 20) },
    });
  });

  it("counts by the model where no rate is set, and an unknown one at the highest price", async () => {
    const { stats } = setUp();
    const costs = ["universal-streaming-english", "whisper-rt", "universal-9", undefined].map(async (model) => {
      return (await stats.record({ ...termination, sessionSeconds: 3600, model })).session.costUsd;
    });
    assert.deepEqual(await Promise.all(costs), [0.15, 0.3, 0.45, 0.45]);
  });

  it("counts by the rate that is set, also by 0", async () => {
    const rates = [1, 0].map(
      async (rate) => (await setUp({ rate }).stats.record({ ...termination, sessionSeconds: 1800 })).session.costUsd,
    );
    assert.deepEqual(await Promise.all(rates), [0.5, 0]);
  });

  it("counts every one of many sessions that end at the same time", async () => {
    const { stats, store } = setUp();
    const reports = await Promise.all(Array.from({ length: 50 }, (_, turns) => stats.record({ ...termination, turns })));
    assert.deepEqual(
      reports.map(({ totals }) => totals.sessions),
      Array.from({ length: 50 }, (_, index) => index + 1),
    );
    assert.equal((store.value as StoredStats).totals.turns, 1225);
  });

  it("shows no binary fractions in its sums", async () => {
    const { stats } = setUp();
    const fractions = { ...termination, sessionSeconds: 0.1, audioSeconds: 0.7 };
    await stats.record(fractions);
    await stats.record(fractions);
    const { totals } = await stats.record(fractions);
    assert.deepEqual([totals.sessionSeconds, totals.audioSeconds, totals.costUsd], [0.3, 2.1, 0.000039]);
  });

  it("refuses a termination with a figure that is no number of 0 or more, and changes nothing", async () => {
    const { stats, store, shown } = setUp();
    await stats.record(termination);
    const before = structuredClone(store.value);
    for (const name of ["sessionSeconds", "audioSeconds", "turns", "words"]) {
      for (const value of [undefined, null, -1, Number.NaN, Infinity, 1e300, "124", true, {}]) {
        await assert.rejects(stats.record({ ...termination, [name]: value }), (error: Error & { code?: string }) => {
          assert.equal(error.code, "AAI_INPUT");
          assert.match(error.message, new RegExp(name));
          return true;
        });
      }
    }
    for (const payload of [undefined, null, "termination", 124, [termination]]) {
      await assert.rejects(stats.record(payload), { code: "AAI_INPUT" });
    }
    assert.deepEqual(store.value, before);
    assert.equal(shown.length, 1);
    assert.equal((await stats.record(termination)).totals.sessions, 2);
  });

  it("takes a termination of a session without audio", async () => {
    const zero = { ...termination, sessionSeconds: 0, audioSeconds: 0, turns: 0, words: 0 };
    const { totals } = await setUp().stats.record(zero);
    assert.deepEqual([totals.sessions, totals.sessionSeconds, totals.costUsd], [1, 0, 0]);
  });

  it("gives away nothing by which a receiver could change what is stored", async () => {
    const { stats, store } = setUp();
    const report = await stats.record(termination);
    Object.assign(report.totals, { sessions: 99 });
    Object.assign(report.today, { sessions: 99 });
    assert.equal((store.value as StoredStats).totals.sessions, 1);
    assert.equal((store.value as StoredStats).today.sessions, 1);
  });

  it("starts today anew with the local day, and keeps the totals", async () => {
    const { stats, clock } = setUp();
    await stats.record(termination);
    clock.advance(12 * HOUR - 1);
    assert.equal((await stats.record(termination)).today.sessions, 2);
    clock.advance(1);
    const { totals, today } = await stats.record(termination);
    assert.deepEqual([totals.sessions, today.sessions], [3, 1]);
    assert.deepEqual([totals.since, today.since], [iso(2026, 10, 20, 12), iso(2026, 10, 21)]);
  });

  it("starts the totals anew with the local day where resetDaily is set", async () => {
    const { stats, clock } = setUp({ resetDaily: true });
    await stats.record(termination);
    clock.advance(12 * HOUR);
    const { totals, today } = await stats.record(termination);
    assert.equal(totals.sessions, 1);
    assert.deepEqual(totals, today);
    assert.equal(totals.since, iso(2026, 10, 21));
  });

  it("shows the totals after each session, and 0 at midnight where resetDaily is set", async () => {
    const { stats, clock, shown } = setUp({ resetDaily: true });
    await stats.start();
    await stats.record(termination);
    assert.deepEqual(
      shown.map(({ sessions }) => sessions),
      [0, 1],
    );
    clock.advance(12 * HOUR - 1);
    assert.equal(shown.length, 2);
    clock.advance(1);
    assert.deepEqual([shown.length, shown[2]?.sessions, shown[2]?.since], [3, 0, iso(2026, 10, 21)]);
    clock.advance(24 * HOUR);
    assert.equal(shown[3]?.since, iso(2026, 10, 22));
    await stats.close();
    assert.equal(clock.timers, 0);
  });

  it("needs no timer without resetDaily", async () => {
    const { stats, clock } = setUp();
    await stats.record(termination);
    assert.equal(clock.timers, 0);
  });

  it("starts all sums anew on reset", async () => {
    const { stats, clock, shown } = setUp();
    await stats.record(termination);
    clock.advance(HOUR);
    await stats.reset();
    assert.equal(shown.at(-1)?.sessions, 0);
    const { totals, today } = await stats.record(termination);
    assert.deepEqual([totals.sessions, totals.since], [1, iso(2026, 10, 20, 13)]);
    assert.deepEqual([today.sessions, today.since], [1, iso(2026, 10, 20)]);
  });

  it("goes on where an earlier run stopped", async () => {
    const store = new SlowStore();
    await setUp({ store }).stats.record(termination);
    const { stats, shown } = setUp({ store });
    await stats.start();
    assert.equal(shown[0]?.sessions, 1);
    assert.equal((await stats.record(termination)).totals.sessions, 2);
  });

  it("starts anew where what is stored is no statistics", async () => {
    const { totals } = await setUp().stats.record(termination);
    const spoilt = [
      null,
      "x",
      [],
      {},
      { totals },
      { totals, today: { ...totals, words: "7" } },
      { totals, today: { ...totals, since: "x" } },
    ];
    for (const value of spoilt) {
      const report = await setUp({ store: new SlowStore(value) }).stats.record(termination);
      assert.equal(report.totals.sessions, 1, JSON.stringify(value));
    }
  });

  it("hands on the store's failures, and works again after them", async () => {
    const { stats, store } = setUp();
    store.failure = new Error("disk full");
    await assert.rejects(stats.start(), /disk full/);
    await assert.rejects(stats.record(termination), /disk full/);
    await assert.rejects(stats.reset(), /disk full/);
    store.failure = undefined;
    assert.equal((await stats.record(termination)).totals.sessions, 1);
  });

  it("finishes what is under way when it is closed, without showing it", async () => {
    const { stats, store, shown, clock } = setUp({ resetDaily: true });
    const recorded = stats.record(termination);
    await Promise.resolve();
    await stats.close();
    assert.equal((store.value as StoredStats).totals.sessions, 1);
    assert.equal((await recorded).totals.sessions, 1);
    assert.deepEqual([shown.length, clock.timers], [0, 0]);
  });
});
