import assert from "node:assert/strict";
import type { Clock } from "../../../nodes/lib/common/clock";
import { SilenceClock } from "../../../nodes/lib/common/idle-timer";
import { FakeClock } from "../../support/fake-clock";
import { Random } from "../../support/random";

function silence(timeoutMs: number, clock = new FakeClock(), timers: Clock = clock) {
  const elapsedAt: number[] = [];
  const begin = clock.now();
  return { clock, elapsedAt, silence: new SilenceClock(timers, timeoutMs, () => elapsedAt.push(clock.now() - begin)) };
}

describe("silence", () => {
  it("elapses by itself, once, at the timeout to the millisecond", () => {
    const { clock, elapsedAt, silence: it } = silence(5000);
    it.start();
    clock.advance(4999);
    assert.deepEqual(elapsedAt, []);
    clock.advance(1);
    assert.deepEqual(elapsedAt, [5000]);
    clock.advance(60_000);
    assert.deepEqual(elapsedAt, [5000]);
    assert.equal(it.remainingMs, undefined);
    assert.equal(clock.timers, 0);
  });

  it("counts anew from each thing heard, on one timer", () => {
    const { clock, elapsedAt, silence: it } = silence(5000);
    it.start();
    for (let heard = 0; heard < 100; heard++) {
      clock.advance(4999);
      it.heard();
      assert.equal(clock.timers, 1);
      assert.equal(it.remainingMs, 5000);
    }
    clock.advance(4999);
    assert.deepEqual(elapsedAt, []);
    clock.advance(1);
    assert.deepEqual(elapsedAt, [100 * 4999 + 5000]);
  });

  it("elapses at the timeout after the last thing heard, whenever things are heard", () => {
    const random = new Random(1);
    const { clock, elapsedAt, silence: it } = silence(700);
    it.start();
    let last = 0;
    for (let heard = 0; heard < 1000; heard++) {
      const gap = random.whole(0, 699);
      clock.advance(gap);
      last += gap;
      it.heard();
    }
    clock.advance(10_000);
    assert.deepEqual(elapsedAt, [last + 700]);
  });

  it("elapses sooner or later where it is told to, unless something is heard before", () => {
    for (const ms of [1000, 7000]) {
      for (const heardAt of [undefined, 500]) {
        const { clock, elapsedAt, silence: it } = silence(5000);
        it.start();
        it.elapseIn(ms);
        assert.equal(clock.timers, 1);
        clock.advance(500);
        if (heardAt !== undefined) it.heard();
        clock.advance(10_000);
        assert.deepEqual(elapsedAt, [heardAt === undefined ? ms : heardAt + 5000]);
      }
    }
  });

  it("does not start by being told when to elapse", () => {
    const { clock, silence: it } = silence(5000);
    it.elapseIn(100);
    assert.equal(clock.timers, 0);
  });

  it("says that it is near, once for each time that it would elapse", () => {
    for (const [timeoutMs, nearMs] of [
      [5000, 4500],
      [1000, 500],
      [250, 125],
    ] as const) {
      const near: number[] = [];
      const clock = new FakeClock();
      const begin = clock.now();
      const it = new SilenceClock(
        clock,
        timeoutMs,
        () => near.push(-1),
        () => near.push(clock.now() - begin),
      );
      it.start();
      clock.advance(nearMs + 10);
      it.heard();
      clock.advance(nearMs - 1);
      assert.deepEqual(near, [nearMs]);
      clock.advance(timeoutMs);
      assert.deepEqual(near, [nearMs, 2 * nearMs + 10, -1]);
      assert.equal(clock.timers, 0);
    }
  });

  it("never elapses with a timeout of 0", () => {
    const { clock, elapsedAt, silence: it } = silence(0);
    it.start();
    it.heard();
    clock.advance(86_400_000);
    assert.deepEqual(elapsedAt, []);
    assert.equal(it.remainingMs, undefined);
    assert.equal(clock.timers, 0);
  });

  it("does not count before it is started, nor after it is stopped", () => {
    const { clock, elapsedAt, silence: it } = silence(1000);
    it.heard();
    clock.advance(5000);
    it.start();
    clock.advance(500);
    it.stop();
    it.heard();
    clock.advance(5000);
    it.stop();
    assert.deepEqual(elapsedAt, []);
    assert.equal(clock.timers, 0);
  });

  it("has the whole timeout ahead when it is started again", () => {
    const { clock, elapsedAt, silence: it } = silence(1000);
    it.start();
    clock.advance(900);
    it.start();
    assert.equal(clock.timers, 1);
    clock.advance(999);
    assert.deepEqual(elapsedAt, []);
    clock.advance(1);
    assert.deepEqual(elapsedAt, [1900]);
  });

  it("can be started again by what it calls", () => {
    const clock = new FakeClock();
    let times = 0;
    const it: SilenceClock = new SilenceClock(clock, 1000, () => ++times < 3 && it.start());
    it.start();
    clock.advance(10_000);
    assert.equal(times, 3);
    assert.equal(clock.timers, 0);
  });

  it("is never early on timers that are, and within 20 ms of the deadline", () => {
    const clock = new FakeClock();
    // Node's timers work in whole milliseconds: one may fire a fraction early.
    const early: Clock = {
      now: () => clock.now(),
      date: () => clock.date(),
      setTimeout: (run, ms) => clock.setTimeout(run, ms > 1 ? ms - 0.9 : 1),
    };
    const { elapsedAt, silence: it } = silence(5000, clock, early);
    it.start();
    clock.advance(5020);
    const [at] = elapsedAt;
    assert.ok(at !== undefined && at >= 5000 && at <= 5020, `after ${at} ms`);
  });
});
