import assert from "node:assert/strict";
import type { Clock } from "../../../nodes/lib/common/clock";
import { IdleTimer } from "../../../nodes/lib/common/idle-timer";
import { FakeClock } from "../../support/fake-clock";
import { Random } from "../../support/random";

function idle(timeoutMs: number, clock = new FakeClock(), timers: Clock = clock) {
  const elapsedAt: number[] = [];
  const begin = clock.now();
  return { clock, elapsedAt, timer: new IdleTimer(timers, timeoutMs, () => elapsedAt.push(clock.now() - begin)) };
}

describe("idle-timer", () => {
  it("elapses by itself, once, at the timeout to the millisecond", () => {
    const { clock, elapsedAt, timer: it } = idle(5000);
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

  it("counts anew from each touch, on one timer", () => {
    const { clock, elapsedAt, timer: it } = idle(5000);
    it.start();
    for (let touch = 0; touch < 100; touch++) {
      clock.advance(4999);
      it.touch();
      assert.equal(clock.timers, 1);
      assert.equal(it.remainingMs, 5000);
    }
    clock.advance(4999);
    assert.deepEqual(elapsedAt, []);
    clock.advance(1);
    assert.deepEqual(elapsedAt, [100 * 4999 + 5000]);
  });

  it("elapses at the timeout after the last touch, whenever it is touched", () => {
    const random = new Random(1);
    const { clock, elapsedAt, timer: it } = idle(700);
    it.start();
    let last = 0;
    for (let touch = 0; touch < 1000; touch++) {
      const gap = random.whole(0, 699);
      clock.advance(gap);
      last += gap;
      it.touch();
    }
    clock.advance(10_000);
    assert.deepEqual(elapsedAt, [last + 700]);
  });

  it("elapses sooner or later where it is told to, unless it is touched before", () => {
    for (const ms of [1000, 7000]) {
      for (const touchedAt of [undefined, 500]) {
        const { clock, elapsedAt, timer: it } = idle(5000);
        it.start();
        it.elapseIn(ms);
        assert.equal(clock.timers, 1);
        clock.advance(500);
        if (touchedAt !== undefined) it.touch();
        clock.advance(10_000);
        assert.deepEqual(elapsedAt, [touchedAt === undefined ? ms : touchedAt + 5000]);
      }
    }
  });

  it("does not start by being told when to elapse", () => {
    const { clock, timer: it } = idle(5000);
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
      const it = new IdleTimer(
        clock,
        timeoutMs,
        () => near.push(-1),
        () => near.push(clock.now() - begin),
      );
      it.start();
      clock.advance(nearMs + 10);
      it.touch();
      clock.advance(nearMs - 1);
      assert.deepEqual(near, [nearMs]);
      clock.advance(timeoutMs);
      assert.deepEqual(near, [nearMs, 2 * nearMs + 10, -1]);
      assert.equal(clock.timers, 0);
    }
  });

  it("never elapses with a timeout of 0", () => {
    const { clock, elapsedAt, timer: it } = idle(0);
    it.start();
    it.touch();
    clock.advance(86_400_000);
    assert.deepEqual(elapsedAt, []);
    assert.equal(it.remainingMs, undefined);
    assert.equal(clock.timers, 0);
  });

  it("does not count before it is started, nor after it is stopped", () => {
    const { clock, elapsedAt, timer: it } = idle(1000);
    it.touch();
    clock.advance(5000);
    it.start();
    clock.advance(500);
    it.stop();
    it.touch();
    clock.advance(5000);
    it.stop();
    assert.deepEqual(elapsedAt, []);
    assert.equal(clock.timers, 0);
  });

  it("has the whole timeout ahead when it is started again", () => {
    const { clock, elapsedAt, timer: it } = idle(1000);
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
    const it: IdleTimer = new IdleTimer(clock, 1000, () => ++times < 3 && it.start());
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
    const { elapsedAt, timer: it } = idle(5000, clock, early);
    it.start();
    clock.advance(5020);
    const [at] = elapsedAt;
    assert.ok(at !== undefined && at >= 5000 && at <= 5020, `after ${at} ms`);
  });
});
