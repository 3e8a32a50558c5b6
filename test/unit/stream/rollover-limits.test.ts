import assert from "node:assert/strict";
import { Rollover } from "../../../nodes/lib/stream/rollover";
import { FakeClock } from "../../support/fake-clock";

const MINUTE = 60_000;

function limits(maxSessionMs: number, { audioFlows = true, someoneSpeaks = true } = {}) {
  const clock = new FakeClock();
  const begin = clock.now();
  const told: string[] = [];
  const rollover = new Rollover(clock, maxSessionMs, {
    audioFlows: () => audioFlows,
    someoneSpeaks: () => someoneSpeaks,
    openNext: () => {
      told.push(`roll over ${clock.now() - begin}`);
      throw new Error("the account is not usable any more");
    },
    takeOver: () => assert.fail("there is no next session"),
    end: () => told.push(`end ${clock.now() - begin}`),
  });
  /** a session that the service will end in so many ms */
  const watch = (expiresInMs?: number, ageMs = 0) =>
    rollover.watch({ ageMs, expiresAt: expiresInMs === undefined ? undefined : (clock.date() + expiresInMs) / 1000 });
  return { clock, told, rollover, watch };
}

describe("the limits of a session", () => {
  it("ends a session at the user's limit, counted from its opening, where nobody speaks or no audio arrives", () => {
    for (const quiet of [{ someoneSpeaks: false }, { audioFlows: false }]) {
      const { clock, told, watch } = limits(MINUTE, quiet);
      watch(undefined, 2000);
      clock.advance(10 * MINUTE);
      assert.deepEqual(told, ["end 58000"]);
      assert.equal(clock.timers, 0);
    }
  });

  it("rolls over at the user's limit while someone speaks, and ends 90 s later all the same", () => {
    const { clock, told, watch } = limits(MINUTE);
    watch();
    clock.advance(10 * MINUTE);
    assert.deepEqual(told, ["roll over 60000", "end 150000"]);
  });

  it("is at the user's limit at once where the session is older", () => {
    const { clock, told, watch } = limits(MINUTE, { someoneSpeaks: false });
    watch(undefined, 2 * MINUTE);
    clock.advance(0);
    assert.deepEqual(told, ["end 0"]);
  });

  it("rolls over 90 s before the service's limit while audio flows, and ends the session in order where none does", () => {
    for (const audioFlows of [true, false]) {
      const { clock, told, watch } = limits(0, { audioFlows, someoneSpeaks: false });
      watch(5 * MINUTE);
      clock.advance(10 * MINUTE);
      assert.deepEqual(told, [`${audioFlows ? "roll over" : "end"} 210000`]);
    }
  });

  it("rolls over at half of a lifetime that is hardly longer than that", () => {
    const { clock, told, watch } = limits(0);
    watch(MINUTE);
    clock.advance(10 * MINUTE);
    assert.deepEqual(told, ["roll over 30000"]);
  });

  it("keeps the sooner limit", () => {
    for (const [maxSessionMs, expected] of [
      [3 * MINUTE, "end 180000"],
      [4 * MINUTE, "roll over 210000"],
    ] as const) {
      const { clock, told, watch } = limits(maxSessionMs, maxSessionMs === 3 * MINUTE ? { someoneSpeaks: false } : {});
      watch(5 * MINUTE);
      clock.advance(10 * MINUTE);
      assert.deepEqual(told, [expected]);
    }
  });

  it("takes a limit of the service's that is past for a clock that is wrong", () => {
    const { clock, told, watch } = limits(0);
    watch(-1);
    clock.advance(10 * MINUTE);
    assert.deepEqual(told, []);
    assert.equal(clock.timers, 0);
  });

  it("watches one session at a time, and none once it is cancelled", () => {
    const { clock, told, rollover, watch } = limits(MINUTE);
    watch();
    clock.advance(MINUTE);
    watch();
    assert.equal(clock.timers, 1);
    clock.advance(MINUTE);
    rollover.cancel();
    clock.advance(10 * MINUTE);
    assert.deepEqual(told, ["roll over 60000", "roll over 120000"]);
    assert.equal(clock.timers, 0);
  });
});
