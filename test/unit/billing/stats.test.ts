import assert from "node:assert/strict";
import { SessionStats, type StatsOptions, type StatsReport, type Sums } from "../../../nodes/lib/billing/stats";
import type { AaiError } from "../../../nodes/lib/common/errors";
import { FakeClock } from "../../support/fake-clock";
import { MemoryBook } from "../../support/memory-book";

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

function setUp(options: Partial<StatsOptions> = {}) {
  // The fake clock starts at 1000 ms.
  const clock = new FakeClock(NOON - 1000);
  const book = new MemoryBook();
  const shown: Sums[] = [];
  const failures: AaiError[] = [];
  const damages: AaiError[] = [];
  const stats = new SessionStats({
    clock,
    book,
    rate: undefined,
    resetDaily: false,
    show: (sums) => shown.push(sums),
    failed: (error) => failures.push(error),
    damaged: (error) => damages.push(error),
    ...options,
  });
  let sessions = 0;
  /** Records a session that has not been there before. */
  const record = async (more: object = {}): Promise<StatsReport> => {
    const report = await stats.record({ ...termination, sessionId: `session-${sessions++}`, ...more });
    return report ?? assert.fail("it was counted before");
  };
  return { clock, book, shown, failures, damages, stats, record };
}

const iso = (...date: [number, number, number, number?]) => new Date(...date).toISOString();
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("stats", () => {
  it("adds up sessions and gives each with its cost, otherwise as it came", async () => {
    const { record } = setUp();
    await record();
    const more = { sessionId: "b", sessionSeconds: 60, audioSeconds: 50.5, turns: 1, words: 4, extra: { kept: true } };
    assert.deepEqual(await record(more), {
      session: { ...termination, ...more, costUsd: 0.0075 },
      totals: { sessions: 2, sessionSeconds: 184, audioSeconds: 160.5, turns: 4, words: 25, costUsd: 0.023, since: iso(2026, 10, 20, 12) },
      today: { sessions: 2, sessionSeconds: 184, audioSeconds: 160.5, turns: 4, words: 25, costUsd: 0.023, since: iso(2026, 10, 20) },
    });
  });

  it("counts the session's own cost where no rate is set, else by its model, and an unknown one at the highest price", async () => {
    const { record } = setUp();
    const hour = { sessionSeconds: 3600 };
    const models = ["universal-streaming-english", "whisper-rt", "universal-9", undefined];
    const costs = models.map(async (model) => (await record({ ...hour, model })).session.costUsd);
    assert.deepEqual(await Promise.all(costs), [0.15, 0.3, 0.45, 0.45]);
    assert.equal((await record({ ...hour, costUsd: 0.69 })).session.costUsd, 0.69);
    for (const costUsd of [-1, Number.NaN, Infinity, "0.69", null]) {
      assert.equal((await record({ ...hour, costUsd })).session.costUsd, 0.45);
    }
  });

  it("counts by the rate that is set, also by 0", async () => {
    const rates = [1, 0].map(async (rate) => (await setUp({ rate }).record({ sessionSeconds: 1800, costUsd: 0.345 })).session.costUsd);
    assert.deepEqual(await Promise.all(rates), [0.5, 0]);
  });

  it("counts every one of many sessions that end at the same time", async () => {
    const { record, book } = setUp();
    const reports = await Promise.all(Array.from({ length: 50 }, (_, turns) => record({ turns })));
    assert.deepEqual(
      reports.map(({ totals }) => totals.sessions),
      Array.from({ length: 50 }, (_, index) => index + 1),
    );
    assert.equal(reports.at(-1)?.totals.turns, 1225);
    assert.ok(book.appends + book.replacements <= 4, "written in a few goes");
  });

  it("shows no binary fractions in its sums", async () => {
    const { record } = setUp();
    const fractions = { sessionSeconds: 0.1, audioSeconds: 0.7 };
    await record(fractions);
    await record(fractions);
    const { totals } = await record(fractions);
    assert.deepEqual([totals.sessionSeconds, totals.audioSeconds, totals.costUsd], [0.3, 2.1, 0.000039]);
  });

  it("refuses a termination with a figure that no session can have, and changes nothing", async () => {
    const { stats, record, book, shown } = setUp();
    await record();
    const before = book.text;
    for (const name of ["sessionSeconds", "audioSeconds", "turns", "words"]) {
      for (const value of [undefined, null, -1, Number.NaN, Infinity, 9e15, 1_000_001, "124", true, {}, Symbol("x"), 7n]) {
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
    assert.deepEqual([book.text, shown.length], [before, 1]);
    assert.equal((await record()).totals.sessions, 2);
  });

  it("never has sums that it would not take back from its book", async () => {
    const { record, book } = setUp();
    const most = { sessionSeconds: 1e6, audioSeconds: 1e6, turns: 1e6, words: 1e6, costUsd: 1e6 };
    for (let index = 0; index < 100; index++) await record(most);
    assert.equal((await setUp({ book }).record({ sessionId: "after" })).totals.sessions, 101);
    book.text = book.text.replaceAll('"turns":100000003', '"turns":9007199254740991');
    assert.equal((await setUp({ book }).record({ sessionId: "then" })).totals.sessions, 102);
  });

  it("takes a termination of a session without audio", async () => {
    const { totals } = await setUp().record({ sessionSeconds: 0, audioSeconds: 0, turns: 0, words: 0 });
    assert.deepEqual([totals.sessions, totals.sessionSeconds, totals.costUsd], [1, 0, 0]);
  });

  it("counts a session once, over a reset and a restart too, and any number of those without an id", async () => {
    const { stats, record, book } = setUp();
    await record({ sessionId: "a" });
    assert.equal(await stats.record({ ...termination, sessionId: "a" }), undefined);
    assert.equal((await record({ sessionId: "b" })).totals.sessions, 2);
    await stats.reset();
    assert.equal(await stats.record({ ...termination, sessionId: "b" }), undefined);
    for (const sessionId of [undefined, "", 7]) await record({ sessionId });

    const next = setUp({ book });
    for (const sessionId of ["a", "b"]) assert.equal(await next.stats.record({ ...termination, sessionId }), undefined);
    assert.equal((await next.record({ sessionId: "c" })).totals.sessions, 4);
    const { stats: third } = setUp({ book });
    for (const sessionId of ["a", "b", "c"]) assert.equal(await third.record({ ...termination, sessionId }), undefined);
  });

  it("counts a session once that comes twice at the same time", async () => {
    const { stats } = setUp();
    const reports = await Promise.all([stats.record(termination), stats.record(termination)]);
    assert.deepEqual(
      reports.map((report) => report?.totals.sessions),
      [1, undefined],
    );
  });

  it("knows the newest 5000 sessions again; its book stays small", async () => {
    const { stats, book } = setUp();
    let longest = 0;
    for (let index = 0; index < 20_000; index++) {
      void stats.record({ ...termination, sessionId: `12345678-1234-1234-1234-${String(index).padStart(12, "0")}` });
      if (index % 100 === 0) await settled();
      longest = Math.max(longest, book.text.length);
    }
    assert.ok(longest < 2_000_000, `${longest} bytes`);
    await stats.close();
    const { stats: next } = setUp({ book });
    const at = (index: number) => ({ ...termination, sessionId: `12345678-1234-1234-1234-${String(index).padStart(12, "0")}` });
    assert.equal(await next.record(at(15_000)), undefined);
    assert.equal((await next.record(at(14_999)))?.totals.sessions, 20_001);
  });

  it("gives away nothing by which a receiver could change what is stored", async () => {
    const { record } = setUp();
    const report = await record();
    Object.assign(report.totals, { sessions: 99 });
    Object.assign(report.today, { sessions: 99 });
    const { totals, today } = await record();
    assert.deepEqual([totals.sessions, today.sessions], [2, 2]);
  });

  it("starts today anew with the local day, and keeps the totals", async () => {
    const { record, clock } = setUp();
    await record();
    clock.advance(12 * HOUR - 1);
    assert.equal((await record()).today.sessions, 2);
    clock.advance(1);
    const { totals, today } = await record();
    assert.deepEqual([totals.sessions, today.sessions], [3, 1]);
    assert.deepEqual([totals.since, today.since], [iso(2026, 10, 20, 12), iso(2026, 10, 21)]);
  });

  it("starts the totals anew with the local day where resetDaily is set", async () => {
    const { record, clock } = setUp({ resetDaily: true });
    await record();
    clock.advance(12 * HOUR);
    const { totals, today } = await record();
    assert.equal(totals.sessions, 1);
    assert.deepEqual(totals, today);
    assert.equal(totals.since, iso(2026, 10, 21));
  });

  it("shows the sums after each session, and anew at midnight", async () => {
    const { stats, record, clock, shown } = setUp();
    await stats.start();
    await record();
    clock.advance(12 * HOUR - 1);
    assert.equal(shown.length, 2);
    clock.advance(1);
    assert.deepEqual([shown.length, shown[2]?.totals.sessions, shown[2]?.today.sessions, shown[2]?.today.costUsd], [3, 1, 0, 0]);
    await stats.close();
    assert.equal(clock.timers, 0);
  });

  it("shows the new day also where midnight falls between two looks at the clock", async () => {
    const { stats, clock, shown } = setUp();
    await stats.start();
    clock.advance(12 * HOUR - 1);
    const date = clock.date.bind(clock);
    const before = clock.date();
    let looks = 0;
    clock.date = () => (++looks <= 2 ? before : before + 1);
    await stats.reset();
    clock.date = date;
    clock.advance(1);
    assert.equal(shown.at(-1)?.today.since, iso(2026, 10, 21));
    await stats.close();
  });

  it("shows totals of 0 at midnight where resetDaily is set", async () => {
    const { stats, record, clock, shown } = setUp({ resetDaily: true });
    await stats.start();
    await record();
    assert.deepEqual(
      shown.map(({ totals }) => totals.sessions),
      [0, 1],
    );
    clock.advance(12 * HOUR - 1);
    assert.equal(shown.length, 2);
    clock.advance(1);
    assert.deepEqual([shown.length, shown[2]?.totals.sessions, shown[2]?.totals.since], [3, 0, iso(2026, 10, 21)]);
    clock.advance(24 * HOUR);
    assert.equal(shown[3]?.totals.since, iso(2026, 10, 22));
    await stats.close();
    assert.equal(clock.timers, 0);
  });

  it("starts all sums anew on reset", async () => {
    const { stats, record, clock, shown } = setUp();
    await record();
    clock.advance(HOUR);
    await stats.reset();
    assert.equal(shown.at(-1)?.totals.sessions, 0);
    const { totals, today } = await record();
    assert.deepEqual([totals.sessions, totals.since], [1, iso(2026, 10, 20, 13)]);
    assert.deepEqual([today.sessions, today.since], [1, iso(2026, 10, 20)]);
  });

  it("goes on where an earlier life stopped, or was killed", async () => {
    const first = setUp();
    await first.record();
    const { stats, shown, record } = setUp({ book: first.book });
    await stats.start();
    assert.equal(shown[0]?.totals.sessions, 1);
    assert.equal((await record({ sessionId: "next" })).totals.sessions, 2);
  });

  it("is on disk before it says so", async () => {
    const { record, book } = setUp();
    const written: string[] = [];
    await record().then(() => written.push(book.text));
    assert.match(written[0] ?? "", /"sessions":1/);
  });

  it("reports and shows nothing before the disk has it", async () => {
    const { stats, record, book, shown } = setUp();
    const waits = async () => {
      for (let turn = 0; turn < 5; turn++) await settled();
    };
    // The first time the book is read and written anew, then it is appended to.
    for (const sessions of [2, 4]) {
      const before = shown.length;
      const release = book.hold();
      const counts: number[] = [];
      const recorded = [record(), record()].map(async (report) => counts.push((await report).totals.sessions));
      await waits();
      assert.deepEqual([counts, shown.length], [[], before]);
      release();
      await Promise.all(recorded);
      assert.deepEqual([counts, shown.at(-1)?.totals.sessions], [[sessions - 1, sessions], sessions]);
    }
    const release = book.hold();
    const reset = stats.reset();
    await waits();
    assert.equal(shown.at(-1)?.totals.sessions, 4);
    release();
    await reset;
    assert.equal(shown.at(-1)?.totals.sessions, 0);
  });

  it("reads what can be read of a damaged book, and says how many lines could not", async () => {
    const { record, book } = setUp();
    await record();
    await record();
    const totals = '{"sessions":7}';
    const spoilt = ["null", '"x"', "[]", "{}", `{"stats":{"totals":${totals}}}`, '{"stats":', "\0\0"];
    book.text += spoilt.join("\n");
    const next = setUp({ book });
    assert.equal((await next.record({ sessionId: "next" })).totals.sessions, 3);
    assert.deepEqual(
      next.damages.map(({ key, values }) => [key, values["count"]]),
      [["AAI_BOOK/damaged", spoilt.length]],
    );
  });

  it("goes on in memory where its book fails, tells it once, and keeps everything once it works again", async () => {
    const { record, book, failures } = setUp();
    await record();
    book.failure = new Error("ENOSPC: no space left on device");
    assert.equal((await record()).totals.sessions, 2);
    assert.equal((await record()).totals.sessions, 3);
    assert.deepEqual(
      failures.map(({ key }) => key),
      ["AAI_BOOK/write"],
    );
    book.failure = undefined;
    await record();
    assert.equal((await setUp({ book }).record({ sessionId: "next" })).totals.sessions, 5);
  });

  it("adds what it has counted to a book that could not be read at first", async () => {
    const first = setUp();
    await first.record();
    const { book } = first;
    book.failure = new Error("EIO: i/o error, read");
    const { record, failures } = setUp({ book });
    assert.equal((await record({ sessionId: "b" })).totals.sessions, 1);
    assert.deepEqual(
      failures.map(({ key }) => key),
      ["AAI_BOOK/read"],
    );
    book.failure = undefined;
    assert.equal((await record({ sessionId: "c" })).totals.sessions, 2);
    assert.equal((await record({ sessionId: "d" })).totals.sessions, 4);
  });

  it("finishes what is under way when it is closed, without showing it", async () => {
    const { stats, record, book, shown, clock } = setUp({ resetDaily: true });
    const recorded = record();
    await settled();
    await stats.close();
    assert.equal((await recorded).totals.sessions, 1);
    assert.equal((await setUp({ book }).record({ sessionId: "next" })).totals.sessions, 2);
    assert.deepEqual([shown.length <= 1, clock.timers], [true, 0]);
  });
});
