import assert from "node:assert/strict";
import { IdleTimer } from "../../../nodes/lib/common/idle-timer";
import { FakeClock } from "../../support/fake-clock";
import { Random } from "../../support/random";

function idle(timeoutMs: number, clock = new FakeClock()) {
  const elapsedAt: number[] = [];
  const begin = clock.now();
  return { clock, elapsedAt, timer: new IdleTimer(clock, timeoutMs, () => elapsedAt.push(clock.now() - begin)) };
}

describe("idle timer", () => {
  it("elapses by itself, once, at the timeout to the millisecond", () => {
    const { clock, elapsedAt, timer } = idle(5000);
    timer.touch();
    clock.advance(4999);
    assert.deepEqual(elapsedAt, []);
    clock.advance(1);
    assert.deepEqual(elapsedAt, [5000]);
    clock.advance(60_000);
    assert.deepEqual(elapsedAt, [5000]);
    assert.equal(clock.timers, 0);
  });

  it("counts anew from each touch, on one timer", () => {
    const { clock, elapsedAt, timer } = idle(700);
    const random = new Random(1);
    timer.touch();
    let last = 0;
    for (let touch = 0; touch < 1000; touch++) {
      const gap = random.whole(0, 699);
      clock.advance(gap);
      last += gap;
      timer.touch();
      assert.equal(clock.timers, 1);
    }
    clock.advance(10_000);
    assert.deepEqual(elapsedAt, [last + 700]);
  });

  it("counts again where it is touched when it has elapsed, also from within", () => {
    const clock = new FakeClock();
    let elapsed = 0;
    const timer: IdleTimer = new IdleTimer(clock, 100, () => {
      if (++elapsed < 3) timer.touch();
    });
    timer.touch();
    clock.advance(1000);
    assert.equal(elapsed, 3);
    timer.touch();
    clock.advance(100);
    assert.equal(elapsed, 4);
  });

  it("does not elapse once it is stopped, and leaves no timer", () => {
    const { clock, elapsedAt, timer } = idle(100);
    timer.touch();
    clock.advance(99);
    timer.stop();
    assert.equal(clock.timers, 0);
    clock.advance(1000);
    assert.deepEqual(elapsedAt, []);
  });

  it("waits on where its timer comes a fraction of a millisecond early", () => {
    const clock = new FakeClock();
    const early = {
      now: () => clock.now(),
      date: () => clock.date(),
      setTimeout: (callback: () => void, ms: number) => clock.setTimeout(callback, ms > 0.5 ? ms - 0.4 : ms),
    };
    const elapsedAt: number[] = [];
    const timer = new IdleTimer(early, 1000, () => elapsedAt.push(clock.now()));
    const begin = clock.now();
    timer.touch();
    clock.advance(2000);
    assert.equal(elapsedAt.length, 1);
    assert.ok((elapsedAt[0] ?? 0) >= begin + 1000);
  });
});
