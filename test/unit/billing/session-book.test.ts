import assert from "node:assert/strict";
import { sessionCost } from "../../../nodes/lib/billing/pricing";
import { SessionBook, type BilledAt, type BookedSession } from "../../../nodes/lib/billing/session-book";
import type { AaiError } from "../../../nodes/lib/common/errors";
import { FakeClock } from "../../support/fake-clock";
import { MemoryBook } from "../../support/memory-book";

const RATE = 0.45;

/** A session that began when this is called. */
export function session(clock: FakeClock, sessionId: string): BilledAt {
  const start = clock.date();
  return (reason) => {
    const sessionSeconds = (clock.date() - start) / 1000;
    return {
      sessionId,
      reason,
      audioSeconds: 1,
      sessionSeconds,
      turns: 1,
      words: 2,
      model: "universal-3-6-pro",
      costUsd: sessionCost(sessionSeconds, RATE),
      startedAt: new Date(start).toISOString(),
      endedAt: new Date(clock.date()).toISOString(),
      estimated: true,
    };
  };
}

class Life {
  readonly failures: AaiError[] = [];
  readonly damages: AaiError[] = [];
  readonly book: SessionBook;

  constructor(
    readonly file: MemoryBook,
    readonly clock = new FakeClock(),
  ) {
    this.book = new SessionBook(clock, file, {
      failed: (error) => this.failures.push(error),
      damaged: (error) => this.damages.push(error),
    });
  }

  static async begin(file: MemoryBook, clock?: FakeClock): Promise<Life> {
    const life = new Life(file, clock);
    await life.book.open();
    return life;
  }

  begun(sessionId: string, topic?: string): BilledAt {
    const summary = session(this.clock, sessionId);
    void this.book.begun(sessionId, { summary, topic, rate: RATE });
    return summary;
  }

  get owed(): BookedSession[] {
    return this.book.takeOwed();
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("session book", () => {
  it("owes a termination for each session that a crash ended, with the seconds of its last writing, until it is sent", async () => {
    const file = new MemoryBook();
    const life = await Life.begin(file);
    const { clock } = life;
    assert.deepEqual(life.owed, []);
    life.begun("a", "kitchen");
    life.begun("b");
    clock.advance(25_000);
    await settled();

    const after = await Life.begin(file, clock);
    const startedAt = new Date(clock.date() - 25_000).toISOString();
    const endedAt = new Date(clock.date() - 5_000).toISOString();
    const { owed } = after;
    assert.deepEqual(
      owed.map(({ topic, summary }) => [topic, summary]),
      ["a", "b"].map((id) => [
        id === "a" ? "kitchen" : undefined,
        { ...session(clock, id)("crash"), sessionSeconds: 20, costUsd: sessionCost(20, RATE), startedAt, endedAt },
      ]),
    );
    assert.deepEqual(after.owed, [], "taken once");
    assert.equal((await Life.begin(file, clock)).owed.length, 2, "nobody has sent them");
    for (const { summary } of owed) after.book.sent(summary.sessionId);
    await after.book.close();
    assert.deepEqual((await Life.begin(file, clock)).owed, []);
    assert.equal(clock.timers, 1, "the refresh of the life that crashed, and nothing of the other ones");
  });

  it("owes a termination that could not be sent, as it is", async () => {
    const file = new MemoryBook();
    const life = await Life.begin(file);
    const summary = life.begun("a", "hall")("redeploy");
    await life.book.terminated(summary, "hall", RATE);
    await life.book.close();
    assert.equal(life.clock.timers, 0);
    const [owed, ...more] = (await Life.begin(file)).owed;
    assert.deepEqual([owed, more], [{ summary, topic: "hall", rate: RATE, state: "owed" }, []]);
  });

  it("knows how far the service's whole seconds may be from what was measured when the budget ended sessions", async () => {
    const life = await Life.begin(new MemoryBook());
    for (const reason of ["silence", "budget", "budget"] as const) {
      await life.book.terminated(life.begun(`${reason} ${life.book.today.length}`)(reason), undefined, RATE);
    }
    assert.equal(life.book.roundedOffUsd, sessionCost(4, RATE));
  });

  it("owes nothing for a session whose termination was sent, and says so to the disk a moment later", async () => {
    const file = new MemoryBook();
    const life = await Life.begin(file);
    const summary = life.begun("a");
    await life.book.terminated(summary("silence"), undefined, RATE);
    life.book.sent("a");
    await settled();
    assert.equal((await Life.begin(new MemoryBook(file.text))).owed.length, 1, "not yet");
    life.clock.advance(250);
    await settled();
    assert.equal((await Life.begin(new MemoryBook(file.text))).owed.length, 0);
  });

  it("is on the disk before it says that it is", async () => {
    const file = new MemoryBook();
    const life = await Life.begin(file);
    const written = life.book.begun("a", { summary: session(life.clock, "a"), topic: undefined, rate: RATE });
    assert.equal(file.text, "");
    await written;
    assert.match(file.text, /"state":"open"/);
  });

  it("counts the USD of the day, over restarts, those of running sessions included, and anew at midnight", async () => {
    const clock = new FakeClock(new Date(2026, 10, 20, 23, 59, 0).getTime());
    const file = new MemoryBook();
    const first = await Life.begin(file, clock);
    const one = first.begun("one");
    clock.advance(10_000);
    await first.book.terminated(one("silence"), undefined, RATE);
    first.book.sent("one");
    await first.book.close();

    const { book } = await Life.begin(file, clock);
    assert.equal(book.spentUsd.toFixed(6), sessionCost(10, RATE).toFixed(6));
    await book.begun("two", { summary: session(clock, "two"), topic: undefined, rate: 0.6 });
    clock.advance(6000);
    assert.equal(book.spentUsd.toFixed(6), (sessionCost(10, RATE) + sessionCost(6, 0.6)).toFixed(6));
    assert.equal(book.usdPerHour, 0.6);
    assert.deepEqual(
      book.today.map(({ summary, state }) => [summary.sessionId, summary.reason, summary.sessionSeconds, state]),
      [
        ["one", "silence", 10, "sent"],
        ["two", "crash", 6, "open"],
      ],
    );
    clock.advance(60_000);
    const { spentUsd } = book;
    assert.ok(spentUsd > sessionCost(15, 0.6) && spentUsd < sessionCost(20, 0.6), "only what lies in the new day");
    assert.deepEqual(
      book.today.map(({ summary }) => summary.sessionId),
      ["two"],
    );
  });

  it("keeps the newest 2000 sessions of a day one by one, and of all what they cost; the file stays small", async () => {
    const clock = new FakeClock(new Date(2026, 10, 20).getTime());
    const file = new MemoryBook();
    const life = await Life.begin(file, clock);
    const count = 12_000;
    let longest = 0;
    for (let index = 0; index < count; index++) {
      const summary = life.begun(`session-${index}`, `room ${index % 100}`);
      clock.advance(4000);
      void life.book.terminated(summary("silence"), `room ${index % 100}`, RATE);
      life.book.sent(`session-${index}`);
      if (index % 50 === 0) await settled();
      longest = Math.max(longest, file.text.length);
    }
    assert.ok(longest < 4_000_000, `${longest} bytes`);
    await life.book.close();
    const { book } = await Life.begin(file, clock);
    const expected = (count * 4 * RATE) / 3600;
    assert.ok(Math.abs(book.spentUsd - expected) < 1e-6, `${book.spentUsd} of ${expected}`);
    assert.equal(book.today.length, 2000);
    assert.equal(book.today.at(-1)?.summary.sessionId, `session-${count - 1}`);
    clock.advance(24 * 3_600_000);
    assert.equal(book.spentUsd, 0);
    assert.deepEqual(book.today, []);
  });

  it("writes what a hundred sessions begin with in two goes", async () => {
    const file = new MemoryBook();
    const life = await Life.begin(file);
    for (let index = 0; index < 100; index++) life.begun(`session-${index}`);
    await settled();
    assert.deepEqual([file.appends, file.lines.length], [2, 100]);
  });

  it("reads what can be read of a damaged file, says how many lines could not, and mends it", async () => {
    const file = new MemoryBook();
    const life = await Life.begin(file);
    for (const id of ["a", "b", "c"]) life.begun(id);
    await settled();
    const [a, b, c] = file.lines as [string, string, string];
    file.text = [a, b.slice(0, 100), '{"session":{"summary":{}}}', "\0\0\0", "7", "null", '{"sent":7}', c].join("\n");
    const after = await Life.begin(file);
    assert.deepEqual(
      after.owed.map(({ summary }) => summary.sessionId),
      ["a", "c"],
    );
    assert.deepEqual(
      after.damages.map(({ key, values }) => [key, values["count"]]),
      [["AAI_BOOK/damaged", 6]],
    );
    assert.equal((await Life.begin(file)).damages.length, 0);
  });

  it("goes on in memory where the disk fails, tells it once, and writes everything when it works again", async () => {
    const file = new MemoryBook();
    const life = await Life.begin(file);
    file.failure = new Error("ENOSPC: no space left on device");
    await life.book.begun("a", { summary: session(life.clock, "a"), topic: undefined, rate: RATE });
    await life.book.begun("b", { summary: session(life.clock, "b"), topic: undefined, rate: RATE });
    assert.deepEqual(
      life.failures.map(({ key }) => key),
      ["AAI_BOOK/write"],
    );
    assert.match(life.failures[0]?.message ?? "", /no space left/);
    assert.equal(life.book.failure?.code, "AAI_BOOK");
    file.failure = undefined;
    life.book.retry();
    await settled();
    assert.equal(life.book.failure, undefined);
    assert.equal((await Life.begin(file)).owed.length, 2);
  });

  it("writes nothing over a file that it could not read", async () => {
    const file = new MemoryBook();
    (await Life.begin(file)).begun("a");
    await settled();
    const before = file.text;
    file.read = () => Promise.reject(new Error("EIO: i/o error, read"));
    const life = await Life.begin(file);
    life.begun("b");
    await settled();
    assert.deepEqual(
      life.failures.map(({ key }) => key),
      ["AAI_BOOK/read"],
    );
    assert.equal(file.text, before);
    file.read = () => Promise.resolve(before);
    life.book.retry();
    await settled();
    assert.deepEqual(
      life.owed.map(({ summary }) => summary.sessionId),
      ["a"],
    );
    assert.equal(file.lines.length, 2, "b, too");
  });
});
