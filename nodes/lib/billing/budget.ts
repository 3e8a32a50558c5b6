import type { Clock, Timer } from "../common/clock";
import { startOfNextDay } from "../common/day";
import { AaiError } from "../common/errors";
import { roundUsd } from "./pricing";

/** What the budget is drawn from: the account book. */
export interface Spending {
  /** USD of this day, of running sessions too */
  readonly spentUsd: number;
  /** USD by which the service's whole seconds may fall short of what was measured when the budget ended sessions of this day */
  readonly roundedOffUsd: number;
  /** USD that an hour costs with all that runs now */
  readonly usdPerHour: number;
  /** Why the book cannot be written, where that is so: a restart would then forget what was spent. */
  readonly failure: AaiError | undefined;
  /** Writes again what could not be written. */
  retry(): void;
}

/** What the `budget` event carries. */
export interface BudgetLevel {
  usedUsd: number;
  budgetUsd: number;
  /** ISO time at which the next day's budget begins */
  until: string;
}

export interface BudgetHandlers {
  /** The day's costs have reached a level of the budget: 80 %, then 100 %. */
  reached(level: BudgetLevel): void;
  /** The whole budget is used, and a session is running or about to begin. */
  exhausted(error: AaiError): void;
  /** A new day has begun, with a budget of its own. */
  renewed(): void;
}

const LEVELS = [0.8, 1] as const;
/** USD: sums of binary fractions may stay this much below a level. */
const TOLERANCE = 1e-9;

/**
 * The USD that a node may spend on sessions in a day. Each level is reported once a day. What the node spent before a
 * restart counts, and a level that was reported before the restart is not reported again.
 */
export class Budget {
  private timer: Timer | undefined;
  /** how many of the levels have been reported */
  private told = 0;
  /** ms since the epoch: the day's end. The service counts whole seconds, so by its count a moment may be left when the limit is reached. */
  private until: number;

  /** @param usdPerDay 0 = without limit */
  constructor(
    private readonly clock: Clock,
    private readonly usdPerDay: number,
    private readonly spending: Spending,
    private readonly handlers: BudgetHandlers,
  ) {
    this.until = startOfNextDay(clock.date());
  }

  /** Nothing is left for today. */
  get isExhausted(): boolean {
    return this.usdPerDay > 0 && (this.told === LEVELS.length || this.reachedLevels === LEVELS.length);
  }

  /** @throws AaiError AAI_BUDGET where nothing is left for today, AAI_BOOK where the costs would not survive a restart */
  check(): void {
    if (this.usdPerDay <= 0) return;
    const { failure } = this.spending;
    if (failure) {
      this.spending.retry();
      throw failure;
    }
    this.turnDay();
    if (this.isExhausted) throw this.error();
  }

  /** The book has been read: continues from what was spent before the restart. */
  resume(): void {
    if (this.usdPerDay <= 0) return;
    this.told = this.levelsAt(this.spending.spentUsd + this.spending.roundedOffUsd);
    const { failure } = this.spending;
    if (failure) return this.handlers.exhausted(failure);
    if (this.isExhausted) this.handlers.exhausted(this.error());
    this.update();
  }

  /** A session has begun or ended, which moves the time at which the next level will be reached. */
  update(): void {
    if (this.usdPerDay <= 0) return;
    this.turnDay();
    this.tell();
    // Only here: sessions that end at the limit call this method, too.
    this.timer?.cancel();
    this.timer = undefined;
    const { spentUsd, usdPerHour } = this.spending;
    if (usdPerHour === 0 && !this.isExhausted) return;
    const level = LEVELS[this.told];
    const leftUsd = level === undefined ? Infinity : Math.max(0, level * this.usdPerDay - spentUsd);
    // Rounded up, so that the level is reached when the timer fires; at midnight the count begins anew.
    const waitMs = Math.min(Math.ceil(((leftUsd - TOLERANCE) / usdPerHour) * 3_600_000), this.until - this.clock.date());
    this.timer = this.clock.setTimeout(() => this.update(), waitMs);
  }

  close(): void {
    this.timer?.cancel();
  }

  private tell(): void {
    const levels = this.reachedLevels;
    if (levels <= this.told) return;
    this.told = levels;
    const { usdPerDay, until } = this;
    const usedUsd = roundUsd(this.spending.spentUsd);
    this.handlers.reached({ usedUsd, budgetUsd: usdPerDay, until: new Date(until).toISOString() });
    if (this.isExhausted) this.handlers.exhausted(this.error());
  }

  private turnDay(): void {
    if (this.clock.date() < this.until) return;
    this.until = startOfNextDay(this.clock.date());
    this.told = 0;
    this.handlers.renewed();
  }

  private get reachedLevels(): number {
    return this.levelsAt(this.spending.spentUsd);
  }

  private levelsAt(usd: number): number {
    return LEVELS.filter((level) => usd >= level * this.usdPerDay - TOLERANCE).length;
  }

  private error(): AaiError {
    const time = new Date(this.until);
    const date = `${time.getFullYear()}-${String(time.getMonth() + 1).padStart(2, "0")}-${String(time.getDate()).padStart(2, "0")}`;
    return new AaiError("AAI_BUDGET", { usd: this.usdPerDay, time: `${date} 00:00` });
  }
}
