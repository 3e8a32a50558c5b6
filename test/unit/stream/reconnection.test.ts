import assert from "node:assert/strict";
import { AaiError } from "../../../nodes/lib/common/errors";
import type { Failure, Retry } from "../../../nodes/lib/assemblyai/failure";
import { Reconnection } from "../../../nodes/lib/stream/reconnection";
import { FakeClock } from "../../support/fake-clock";

const failure = (retry: Retry): Failure => ({ error: new AaiError("AAI_TIMEOUT", { seconds: 10 }), retry, expected: false });

function reconnection(random = 0) {
  const clock = new FakeClock();
  const begin = clock.now();
  const triedAt: number[] = [];
  const it = new Reconnection(
    clock,
    () => triedAt.push(clock.now() - begin),
    () => random,
  );
  return { clock, triedAt, reconnection: it };
}

describe("reconnection", () => {
  it("makes the planned attempt when it is due, and reports it", () => {
    const { clock, triedAt, reconnection: it } = reconnection();
    assert.equal(it.plan(failure("network"), 0), true);
    assert.equal(clock.timers, 0, "not before the session is let go of");
    const { message } = failure("network").error;
    assert.deepEqual(it.wait(failure("network")), { attempt: 1, delaySeconds: 0.25, code: "AAI_TIMEOUT", message });
    clock.advance(100);
    assert.equal(it.remainingMs, 150);
    clock.advance(60_000);
    assert.deepEqual(triedAt, [250]);
    assert.equal(it.remainingMs, 0);
  });

  it("reports the delay in whole ms", () => {
    const { reconnection: it } = reconnection(0.12345);
    it.plan(failure("network"), 0);
    it.plan(failure("network"), 0);
    assert.equal(it.wait(failure("network")).delaySeconds, 5.123);
  });

  it("plans nothing where an attempt would fail alike", () => {
    const { reconnection: it } = reconnection();
    assert.equal(it.plan(failure("never"), 0), false);
  });

  it("leaves an attempt that waits in the account's line to the line", () => {
    const { clock, triedAt, reconnection: it } = reconnection();
    assert.equal(it.plan(failure("rate"), 0), true);
    assert.deepEqual([it.waitInLine(failure("rate"), 7000).delaySeconds, it.remainingMs], [7, 7000]);
    clock.advance(60_000);
    assert.deepEqual(triedAt, []);
  });

  it("counts attempts in a row, and anew after a session of half a minute", () => {
    const { reconnection: it } = reconnection();
    const next = (ageMs: number) => {
      it.plan(failure("network"), ageMs);
      const { attempt, delaySeconds } = it.wait(failure("network"));
      it.cancel();
      return [attempt, delaySeconds];
    };
    assert.deepEqual(
      [next(0), next(0), next(29_999)],
      [
        [1, 0.25],
        [2, 5],
        [3, 10],
      ],
    );
    assert.deepEqual(next(30_000), [1, 0.25]);
  });

  it("makes no attempt once it is cancelled", () => {
    const { clock, triedAt, reconnection: it } = reconnection();
    it.plan(failure("network"), 0);
    it.wait(failure("network"));
    it.cancel();
    clock.advance(60_000);
    assert.deepEqual(triedAt, []);
    assert.equal(clock.timers, 0);
  });
});
