import assert from "node:assert/strict";
import type { Retry } from "../../../nodes/lib/assemblyai/failure";
import { RetryPace } from "../../../nodes/lib/stream/retry";
import { Random } from "../../support/random";

const delays = (retries: Retry[], random: () => number = () => 0) => {
  const pace = new RetryPace(random);
  return retries.map((retry) => pace.next(retry));
};
const times = (count: number, retry: Retry) => Array.from({ length: count }, () => retry);

describe("retry", () => {
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

  it("never tries again where it would fail alike, and does not count that", () => {
    const pace = new RetryPace(() => 0);
    assert.equal(pace.next("never"), undefined);
    assert.equal(pace.attempt, 0);
    assert.equal(pace.next("network"), 250);
    assert.equal(pace.attempt, 1);
  });

  it("counts the server's faults among others", () => {
    const pace = new RetryPace(() => 0);
    for (let fault = 0; fault < 5; fault++) {
      assert.notEqual(pace.next("server"), undefined);
      assert.notEqual(pace.next("network"), undefined);
    }
    assert.equal(pace.next("server"), undefined);
    assert.notEqual(pace.next("network"), undefined);
  });

  it("starts anew after a session that was healthy", () => {
    const pace = new RetryPace(() => 0);
    while (pace.next("server") !== undefined);
    pace.reset();
    assert.equal(pace.attempt, 0);
    assert.deepEqual([pace.next("server"), pace.next("server")], [250, 5000]);
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
    const opened = [0];
    const pace = new RetryPace(() => 0);
    while (now < 600_000) {
      now += pace.next("network") as number;
      opened.push(now);
    }
    for (const from of opened) assert.ok(opened.filter((at) => at >= from && at < from + 60_000).length <= 5, `from ${from} ms`);
  });
});
