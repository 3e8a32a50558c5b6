import assert from "node:assert/strict";
import { AaiError } from "../../../nodes/lib/common/errors";
import type { Failure, Retry } from "../../../nodes/lib/assemblyai/failure";
import { Reconnection } from "../../../nodes/lib/stream/reconnection";
import { FakeClock } from "../../support/fake-clock";
import { Random } from "../../support/random";

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

/** The delays in ms before each retry of a row; undefined where none is made. */
function delays(retries: Retry[], random: () => number = () => 0): (number | undefined)[] {
  const it = new Reconnection(new FakeClock(), () => undefined, random);
  return retries.map((retry) => (it.plan(retry, 0) ? it.wait(failure(retry)).delaySeconds * 1000 : undefined));
}

const times = (count: number, retry: Retry) => Array.from({ length: count }, () => retry);

describe("reconnection", () => {
  it("makes the planned attempt when it is due, and reports it", () => {
    const { clock, triedAt, reconnection: it } = reconnection();
    assert.equal(it.plan("network", 0), true);
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
    it.plan("network", 0);
    it.plan("network", 0);
    assert.equal(it.wait(failure("network")).delaySeconds, 5.123);
  });

  it("plans nothing where an attempt would fail alike", () => {
    const { reconnection: it } = reconnection();
    assert.equal(it.plan("never", 0), false);
  });

  it("leaves an attempt that waits in the account's line to the line", () => {
    const { clock, triedAt, reconnection: it } = reconnection();
    assert.equal(it.plan("rate", 0), true);
    assert.deepEqual([it.wait(failure("rate"), 7000).delaySeconds, it.remainingMs], [7, 7000]);
    clock.advance(60_000);
    assert.deepEqual(triedAt, []);
  });

  it("counts attempts in a row, and anew after a session of half a minute", () => {
    const { reconnection: it } = reconnection();
    const next = (ageMs: number) => {
      it.plan("network", ageMs);
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
    it.plan("network", 0);
    it.wait(failure("network"));
    it.cancel();
    clock.advance(60_000);
    assert.deepEqual(triedAt, []);
    assert.equal(clock.timers, 0);
  });

  it("tries once at once, then after 5 s and ever more slowly up to a minute, for as long as the network is away", () => {
    assert.deepEqual(delays(times(9, "network")), [250, 5000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000, 60_000]);
  });

  it("stops after five retries for faults of the server's own", () => {
    assert.deepEqual(delays(times(7, "server")), [250, 5000, 10_000, 20_000, 40_000, undefined, undefined]);
  });

  it("never tries at once where the account has too many sessions, also where no line makes it wait", () => {
    assert.deepEqual(delays(times(6, "rate")), [5000, 10_000, 20_000, 40_000, 60_000, 60_000]);
    assert.deepEqual(delays(["network", "rate", "network"]), [250, 10_000, 10_000]);
  });

  it("does not count what it would try in vain", () => {
    assert.deepEqual(delays(["never", "network", "never", "network"]), [undefined, 250, undefined, 5000]);
  });

  it("counts the server's faults among others", () => {
    const row = Array.from({ length: 5 }, (): Retry[] => ["server", "network"]).flat();
    assert.ok(!delays(row).includes(undefined));
    assert.deepEqual(delays([...row, "server", "network"]).slice(-2), [undefined, 60_000]);
  });

  it("retries the server's own faults anew after a session of half a minute", () => {
    const { reconnection: it } = reconnection();
    while (it.plan("server", 0));
    assert.equal(it.plan("server", 30_000), true);
    assert.equal(it.wait(failure("server")).attempt, 1);
  });

  it("spreads clients by up to a fifth, and never goes below 5 s after the quick try", () => {
    const random = new Random(2);
    for (let round = 0; round < 200; round++) {
      const [quick, ...slow] = delays(times(8, "network"), random.next);
      assert.equal(quick, 250);
      for (const [index, delay] of slow.entries()) {
        const least = Math.min(5000 * 2 ** index, 60_000);
        assert.ok(delay !== undefined && delay >= least && delay <= least * 1.2, `try ${index + 2}: ${delay} ms`);
      }
    }
  });

  it("opens no more than 5 sessions a minute, also with every session cut off at once", () => {
    let now = 0;
    const opened = [0, ...delays(times(15, "network")).map((delay) => (now += delay ?? 0))];
    for (const from of opened) assert.ok(opened.filter((at) => at >= from && at < from + 60_000).length <= 5, `from ${from} ms`);
  });
});
