import assert from "node:assert/strict";
import { Budget, type BudgetLevel } from "../../../nodes/lib/billing/budget";
import { AaiError } from "../../../nodes/lib/common/errors";
import { FakeClock } from "../../support/fake-clock";

const HOUR_MS = 3_600_000;

class BudgetRig {
  readonly clock: FakeClock;
  readonly levels: BudgetLevel[] = [];
  readonly exhausted: AaiError[] = [];
  readonly budget: Budget;
  retries = 0;
  renewals = 0;
  failure: AaiError | undefined;
  usdPerHour = 0;
  roundedOffUsd = 0;
  private usd = 0;
  private since: number;

  constructor(usdPerDay: number, hour = 12) {
    this.clock = new FakeClock(new Date(2026, 10, 20, hour).getTime() - 1000);
    this.since = this.clock.now();
    this.budget = new Budget(this.clock, usdPerDay, this, {
      reached: (level) => this.levels.push(level),
      exhausted: (error) => {
        this.exhausted.push(error);
        this.run(0);
      },
      renewed: () => this.renewals++,
    });
  }

  get spentUsd(): number {
    return this.usd + (this.usdPerHour * (this.clock.now() - this.since)) / HOUR_MS;
  }

  retry(): void {
    this.retries++;
  }

  /** From now on sessions run that cost so much an hour. */
  run(usdPerHour: number, spentUsd?: number): void {
    this.book(usdPerHour, spentUsd);
    this.budget.update();
  }

  /** Records a cost without a report to the budget. */
  book(usdPerHour: number, spentUsd = this.spentUsd): void {
    this.usd = spentUsd;
    this.since = this.clock.now();
    this.usdPerHour = usdPerHour;
  }
}

describe("budget", () => {
  it("says so at 80 % and at 100 %, and ends what runs then, the sooner the more it costs", () => {
    const rig = new BudgetRig(0.9);
    rig.run(0.45);
    rig.clock.advance(HOUR_MS);
    rig.run(1.35); // two more
    rig.clock.advance(0.2 * HOUR_MS - 1);
    assert.deepEqual(rig.levels, []);
    rig.clock.advance(1);
    const until = new Date(2026, 10, 21).toISOString();
    assert.deepEqual(rig.levels, [{ usedUsd: 0.72, budgetUsd: 0.9, until }]);
    rig.budget.check();
    rig.clock.advance((0.18 / 1.35) * HOUR_MS + 1);
    assert.deepEqual(rig.levels.slice(1), [{ usedUsd: 0.9, budgetUsd: 0.9, until }]);
    assert.deepEqual(
      rig.exhausted.map(({ code, message }) => [code, message.includes("$0.9 "), message.includes("2026-11-21 00:00")]),
      [["AAI_BUDGET", true, true]],
    );
    assert.throws(() => rig.budget.check(), { code: "AAI_BUDGET" });
    assert.equal(rig.clock.timers, 1, "the one for midnight");
  });

  it("stays used up for the day, be it that the service counted less, and begins anew at midnight", () => {
    const rig = new BudgetRig(0.45);
    rig.run(0.45);
    rig.clock.advance(HOUR_MS + 1);
    rig.run(0, 0.4499);
    assert.throws(() => rig.budget.check(), { code: "AAI_BUDGET" });
    rig.clock.advance(11 * HOUR_MS);
    rig.run(0, 0);
    rig.budget.check();
    rig.run(0.45);
    rig.clock.advance(HOUR_MS);
    assert.equal(rig.levels.length, 4, "both levels on each day");
  });

  it("has no limit at 0, and no timer while nothing runs", () => {
    const rig = new BudgetRig(0);
    rig.run(0.45, 1e9);
    rig.budget.check();
    assert.equal(rig.clock.timers, 0);
    const other = new BudgetRig(1);
    other.run(0);
    assert.equal(other.clock.timers, 0);
    assert.deepEqual([rig.levels, other.levels], [[], []]);
  });

  it("looks again at midnight, when the count begins anew", () => {
    const rig = new BudgetRig(5, 23);
    rig.run(0.45, 0.5);
    rig.clock.advance(HOUR_MS);
    assert.deepEqual(rig.levels, []);
    assert.equal(rig.clock.timers, 1, "goes on for the new day");
    rig.budget.close();
    assert.equal(rig.clock.timers, 0);
  });

  it("says so at midnight that it begins anew where it was used up, though nothing runs, in the next life too", () => {
    const rig = new BudgetRig(0.45);
    rig.run(0.45);
    rig.clock.advance(HOUR_MS + 1);
    assert.deepEqual([rig.exhausted.length, rig.budget.isExhausted], [1, true]);
    const next = new BudgetRig(0.45);
    next.book(0, 0.45);
    next.budget.resume();
    for (const { clock, budget } of [rig, next]) {
      clock.advance(12 * HOUR_MS);
      budget.close();
      assert.equal(clock.timers, 0);
    }
    assert.deepEqual([rig.renewals, next.renewals], [1, 1]);
  });

  it("goes on from what an earlier life has spent, without telling again what that one has told", () => {
    const rig = new BudgetRig(1);
    rig.book(0.45, 0.85);
    rig.budget.resume();
    assert.deepEqual(rig.levels, []);
    rig.clock.advance(HOUR_MS);
    assert.deepEqual([rig.levels.length, rig.exhausted.length], [1, 1]);

    const usedUp = new BudgetRig(1);
    usedUp.book(0.45, 1.2);
    usedUp.budget.resume();
    assert.deepEqual([usedUp.levels.length, usedUp.exhausted.length], [0, 1]);
    assert.throws(() => usedUp.budget.check(), { code: "AAI_BUDGET" });
  });

  it("stays used up over a restart where the service has billed a fraction of a second less than was measured", () => {
    for (const [shortUsd, told] of [
      [0.00006, true],
      [0.0001, false],
    ] as const) {
      const rig = new BudgetRig(1);
      rig.book(0, 1 - shortUsd);
      rig.roundedOffUsd = 0.0000625;
      rig.budget.resume();
      assert.equal(rig.budget.isExhausted, told);
    }
  });

  it("lets no session open while nobody would remember what it costs, and tries again to write", () => {
    const rig = new BudgetRig(1);
    rig.failure = new AaiError("AAI_BOOK/write", { file: "x", detail: "no space" });
    assert.throws(() => rig.budget.check(), { code: "AAI_BOOK" });
    assert.equal(rig.retries, 1);
    rig.budget.resume();
    assert.deepEqual(rig.exhausted, [rig.failure]);
    const unlimited = new BudgetRig(0);
    unlimited.failure = rig.failure;
    unlimited.budget.check();
    unlimited.budget.resume();
    assert.deepEqual(unlimited.exhausted, []);
  });
});
