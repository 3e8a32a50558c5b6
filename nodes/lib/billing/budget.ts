import type { Clock, Timer } from "../common/clock";
import { startOfNextDay } from "../common/day";
import { AaiError } from "../common/errors";

/** What the budget is drawn from. */
export interface Spending {
  /** s of session today, running ones included */
  readonly spentSeconds: number;
  /** sessions that run, each of which costs a second in a second */
  readonly runningCount: number;
}

/** The seconds of session that a node may have in a day. At the limit it says so once, and again at the first attempt of another day. */
export class Budget {
  private timer: Timer | undefined;
  /** ms since the epoch. The service counts whole seconds, so by its count a moment may be left when the limit is reached. */
  private exhaustedUntil = 0;

  /**
   * @param secondsPerDay 0 = without limit
   * @param exhausted called when the limit is reached while sessions run
   */
  constructor(
    private readonly clock: Clock,
    private readonly secondsPerDay: number,
    private readonly spending: Spending,
    private readonly exhausted: (error: AaiError) => void,
  ) {}

  /** @throws AaiError AAI_BUDGET where nothing is left for today */
  check(): void {
    if (this.isExhausted) throw this.error();
  }

  /** A session has begun or ended: the limit will be reached sooner or later. */
  update(): void {
    this.timer?.cancel();
    this.timer = undefined;
    if (this.secondsPerDay <= 0 || this.spending.runningCount === 0) return;
    const { runningCount, spentSeconds } = this.spending;
    const left = Math.max(0, this.secondsPerDay - spentSeconds);
    const untilMidnight = startOfNextDay(this.clock.date()) - this.clock.date();
    this.timer = this.clock.setTimeout(
      () => {
        if (!this.isExhausted) return this.update();
        this.exhaustedUntil = startOfNextDay(this.clock.date());
        this.exhausted(this.error());
      },
      // Rounded up, so that the limit is reached when the timer fires; at midnight the count begins anew.
      Math.min(Math.ceil((left * 1000) / runningCount), untilMidnight),
    );
  }

  close(): void {
    this.timer?.cancel();
  }

  private get isExhausted(): boolean {
    if (this.secondsPerDay <= 0) return false;
    return this.clock.date() < this.exhaustedUntil || this.spending.spentSeconds >= this.secondsPerDay;
  }

  private error(): AaiError {
    const time = new Date(startOfNextDay(this.clock.date()));
    const date = `${time.getFullYear()}-${String(time.getMonth() + 1).padStart(2, "0")}-${String(time.getDate()).padStart(2, "0")}`;
    return new AaiError("AAI_BUDGET", { seconds: this.secondsPerDay, time: `${date} 00:00` });
  }
}
