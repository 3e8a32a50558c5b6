import type { Clock, Timer } from "../common/clock";
import { describe } from "../common/describe";
import { startOfDay, startOfNextDay } from "../common/day";
import { AaiError } from "../common/errors";
import { hourlyRate, roundUsd, sessionCost } from "./pricing";

/**
 * Running totals over sessions, fed by their termination messages.
 *
 * The totals live in a store that may be slow (Node-RED's context): each change is load → add → save, one after the other, so
 * that two sessions that end at once are both counted. `today` starts anew with each local day; with `resetDaily`, `totals` too.
 */

/** Sums over a number of sessions. Times are s, money is USD. */
export interface Totals {
  readonly sessions: number;
  readonly sessionSeconds: number;
  readonly audioSeconds: number;
  readonly turns: number;
  readonly words: number;
  readonly costUsd: number;
  /** ISO 8601: counted from here on. */
  readonly since: string;
}

/** What is kept in the store. */
export interface StoredStats {
  readonly totals: Totals;
  readonly today: Totals;
}

/** The payload that the node sends. All objects are the receiver's own: changing them does not change what is stored. */
export interface StatsReport {
  /** The termination as it came, and its cost. */
  readonly session: Readonly<Record<string, unknown>> & { readonly costUsd: number };
  readonly totals: Totals;
  readonly today: Totals;
}

export interface StatsStore {
  /** What was saved last; anything that is not a StoredStats counts as nothing. */
  load(): Promise<unknown>;
  save(stats: StoredStats): Promise<void>;
}

export interface StatsOptions {
  readonly clock: Clock;
  readonly store: StatsStore;
  /** USD per hour; undefined = by the session's model. */
  readonly rate: number | undefined;
  readonly resetDaily: boolean;
  /** Called with the totals whenever they have changed, also by a new day where `resetDaily` is set. */
  readonly show: (totals: Totals) => void;
}

export class SessionStats {
  private readonly started: number;
  private queue: Promise<unknown> = Promise.resolve();
  private midnight: Timer | undefined;
  private closed = false;

  constructor(private readonly options: StatsOptions) {
    this.started = options.clock.date();
  }

  /** Shows what is stored. Rejects with the store's error. */
  start(): Promise<void> {
    return this.inTurn(async () => this.show(await this.load()));
  }

  /**
   * Adds a session.
   * @param termination the payload of its `termination` message
   * Rejects with AaiError AAI_INPUT where a figure of it is not a number of 0 or more, or with the store's error; the totals
   * are unchanged then.
   */
  async record(termination: unknown): Promise<StatsReport> {
    const { session, figures } = readTermination(termination, this.options.rate);
    return this.inTurn(async () => {
      const { totals, today } = this.atPresent(await this.load());
      const stats = { totals: add(totals, figures), today: add(today, figures) };
      await this.options.store.save(stats);
      this.show(stats);
      return { session, totals: { ...stats.totals }, today: { ...stats.today } };
    });
  }

  /** Starts all sums anew. Rejects with the store's error. */
  reset(): Promise<void> {
    return this.inTurn(async () => {
      const now = this.options.clock.date();
      const stats = { totals: emptySince(now), today: emptySince(startOfDay(now)) };
      await this.options.store.save(stats);
      this.show(stats);
    });
  }

  /** Resolves when everything under way is stored; nothing is shown afterwards. */
  async close(): Promise<void> {
    this.closed = true;
    this.midnight?.cancel();
    await this.queue;
  }

  private inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    const result = this.queue.then(task);
    this.queue = result.catch(() => undefined);
    return result;
  }

  private async load(): Promise<StoredStats> {
    const stored = await this.options.store.load();
    return isStoredStats(stored) ? stored : { totals: emptySince(this.started), today: emptySince(startOfDay(this.started)) };
  }

  /** The sums without what belongs to a day that is over. */
  private atPresent({ totals, today }: StoredStats): StoredStats {
    const day = startOfDay(this.options.clock.date());
    const isOfToday = ({ since }: Totals) => startOfDay(Date.parse(since)) === day;
    return {
      totals: !this.options.resetDaily || isOfToday(totals) ? totals : emptySince(day),
      today: isOfToday(today) ? today : emptySince(day),
    };
  }

  private show(stats: StoredStats): void {
    if (this.closed) return;
    this.options.show(this.atPresent(stats).totals);
    if (!this.options.resetDaily) return;
    const { clock } = this.options;
    this.midnight?.cancel();
    this.midnight = clock.setTimeout(() => this.show(stats), startOfNextDay(clock.date()) - clock.date());
  }
}

const FIGURES = ["sessionSeconds", "audioSeconds", "turns", "words"] as const;
type Figures = Record<(typeof FIGURES)[number] | "costUsd", number>;

function readTermination(termination: unknown, rate: number | undefined): { session: StatsReport["session"]; figures: Figures } {
  if (!isRecord(termination)) throw new AaiError("AAI_INPUT/stats");
  const figure = (name: (typeof FIGURES)[number]): number => {
    const value = termination[name];
    if (!isFigure(value)) throw new AaiError("AAI_INPUT/figure", { name, value: describe(value) });
    return value;
  };
  const sessionSeconds = figure("sessionSeconds");
  const model = typeof termination["model"] === "string" ? termination["model"] : undefined;
  const costUsd = sessionCost(sessionSeconds, rate ?? hourlyRate(model));
  const figures = { sessionSeconds, audioSeconds: figure("audioSeconds"), turns: figure("turns"), words: figure("words"), costUsd };
  return { session: { ...termination, costUsd }, figures };
}

function add(totals: Totals, figures: Figures): Totals {
  return {
    sessions: totals.sessions + 1,
    sessionSeconds: roundSeconds(totals.sessionSeconds + figures.sessionSeconds),
    audioSeconds: roundSeconds(totals.audioSeconds + figures.audioSeconds),
    turns: totals.turns + figures.turns,
    words: totals.words + figures.words,
    costUsd: roundUsd(totals.costUsd + figures.costUsd),
    since: totals.since,
  };
}

/** To the millisecond, so that sums stay free of binary fractions. */
const roundSeconds = (seconds: number): number => Math.round(seconds * 1000) / 1000;

function emptySince(date: number): Totals {
  return { sessions: 0, sessionSeconds: 0, audioSeconds: 0, turns: 0, words: 0, costUsd: 0, since: new Date(date).toISOString() };
}

/** No figure of a real session comes near the limit; it keeps sums finite. */
function isFigure(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Checked because anyone can change a context's values in the editor, and a later version may store another shape. */
function isStoredStats(value: unknown): value is StoredStats {
  return isRecord(value) && isTotals(value["totals"]) && isTotals(value["today"]);
}

function isTotals(value: unknown): value is Totals {
  if (!isRecord(value)) return false;
  const since = value["since"];
  return (
    [...FIGURES, "sessions", "costUsd"].every((name) => isFigure(value[name])) &&
    typeof since === "string" &&
    !Number.isNaN(Date.parse(since))
  );
}
