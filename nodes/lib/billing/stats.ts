import type { Clock, Timer } from "../common/clock";
import { describe } from "../common/describe";
import { startOfDay, startOfNextDay } from "../common/day";
import { AaiError } from "../common/errors";
import { isObject } from "../common/json";
import type { BookFile } from "./book-file";
import { Journal } from "./journal";
import { hourlyRate, roundUsd, sessionCost } from "./pricing";

/**
 * Running totals over sessions, fed by their termination messages, each session once: after a crash, terminations come again.
 *
 * The totals are in an account book (see Journal), on disk before they are shown or sent. The file has two kinds of lines:
 *
 *   {"stats":{"totals":{…},"today":{…}},"sessionId":"…"}    all sums after this session; without a session: after a reset
 *   {"counted":["…", …]}                                    sessions that had been counted when the file was last written anew
 *
 * A crash before a session's line is on disk leaves the sums without it, and nothing was sent about it. Its termination comes again: the
 * streaming node marks a termination as sent only some time later. `today` starts anew with each local day; with `resetDaily`, `totals` too.
 */

/** Sums over a number of sessions. Times are s, money is USD. */
export interface Totals {
  readonly sessions: number;
  readonly sessionSeconds: number;
  readonly audioSeconds: number;
  readonly turns: number;
  readonly words: number;
  readonly costUsd: number;
  /** ISO 8601: when counting began. */
  readonly since: string;
}

export interface Sums {
  readonly totals: Totals;
  readonly today: Totals;
}

/** The payload that the node sends. All objects are the receiver's own: changing them does not change what is stored. */
export interface StatsReport {
  /** The termination as received, with its cost. */
  readonly session: Readonly<Record<string, unknown>> & { readonly costUsd: number };
  readonly totals: Totals;
  readonly today: Totals;
}

export interface StatsOptions {
  readonly clock: Clock;
  /** where the totals are kept */
  readonly book: BookFile;
  /** USD per hour; undefined = the session's own cost. */
  readonly rate: number | undefined;
  readonly resetDaily: boolean;
  /** Called with the sums whenever they have changed, also by a new day. */
  readonly show: (sums: Sums) => void;
  /** The book cannot be read or written: the totals continue in memory. Reported once, until the book can be used again. */
  readonly failed: (error: AaiError) => void;
  /** A part of the book could not be read. */
  readonly damaged: (error: AaiError) => void;
}

/** How many of the newest sessions are recognised when they come again. Only what ended just before a crash comes twice. */
const KNOWN_SESSIONS = 5_000;
/** The service's session ids have 36 characters; a longer one is not kept. */
const LONGEST_ID = 200;

export class SessionStats {
  private readonly journal: Journal;
  private readonly counted = new Set<string>();
  private sums: Sums;
  private opening: Promise<void> | undefined;
  private midnight: Timer | undefined;
  private closed = false;

  constructor(private readonly options: StatsOptions) {
    const now = options.clock.date();
    this.sums = { totals: emptySince(now), today: emptySince(startOfDay(now)) };
    this.journal = new Journal(options.book, {
      restore: (records) => this.restore(records),
      snapshot: () => [{ counted: [...this.counted] }, { stats: this.sums }],
      failed: options.failed,
      damaged: options.damaged,
    });
  }

  /** Reads the book and shows its totals. */
  async start(): Promise<void> {
    await this.open();
    this.show();
  }

  /**
   * Adds a session. Resolves once the session is on disk, with undefined where it was counted before.
   * @param termination the payload of its `termination` message
   * Rejects with AaiError AAI_INPUT where a figure of it is not a number that a session can have; the totals are unchanged then.
   */
  async record(termination: unknown): Promise<StatsReport | undefined> {
    const { session, sessionId, figures } = readTermination(termination, this.options.rate);
    await this.open();
    if (sessionId !== undefined && this.counted.has(sessionId)) return undefined;
    const { totals, today } = this.atPresent;
    this.sums = { totals: add(totals, figures), today: add(today, figures) };
    const stats = this.sums;
    if (sessionId !== undefined) this.remember(sessionId);
    await this.journal.write({ stats, sessionId });
    this.show();
    return { session, totals: { ...stats.totals }, today: { ...stats.today } };
  }

  /** Starts all sums anew. Sessions that were counted before are not counted again. */
  async reset(): Promise<void> {
    await this.open();
    const now = this.options.clock.date();
    this.sums = { totals: emptySince(now), today: emptySince(startOfDay(now)) };
    await this.journal.write({ stats: this.sums });
    this.show();
  }

  /** Resolves when everything pending is stored; nothing is shown afterwards. */
  async close(): Promise<void> {
    this.closed = true;
    this.midnight?.cancel();
    await this.journal.commit();
  }

  private open(): Promise<void> {
    this.opening ??= this.journal.commit();
    return this.opening;
  }

  /** Adds what was counted before the book could be read to what the book holds. @returns how many records are unusable */
  private restore(records: readonly unknown[]): number {
    const [counted, ofThisLife] = [[...this.counted], this.sums];
    let stored: Sums | undefined;
    this.counted.clear();
    const useless = records.filter((record) => {
      if (!isObject(record)) return true;
      const { stats, sessionId, counted: ids } = record;
      if (isSums(stats)) stored = stats;
      else if (!Array.isArray(ids)) return true;
      for (const id of Array.isArray(ids) ? ids : [sessionId]) if (typeof id === "string") this.remember(id);
      return false;
    });
    for (const sessionId of counted) this.remember(sessionId);
    if (stored) {
      this.sums = stored;
      const { totals, today } = this.atPresent;
      this.sums = { totals: add(totals, ofThisLife.totals), today: add(today, ofThisLife.today) };
    }
    return useless.length;
  }

  private remember(sessionId: string): void {
    this.counted.add(sessionId);
    const [oldest] = this.counted;
    if (this.counted.size > KNOWN_SESSIONS && oldest !== undefined) this.counted.delete(oldest);
  }

  private get atPresent(): Sums {
    return this.sumsAt(this.options.clock.date());
  }

  /** The sums without what belongs to a day that is over. */
  private sumsAt(date: number): Sums {
    const { totals, today } = this.sums;
    const day = startOfDay(date);
    const isOfToday = ({ since }: Totals) => startOfDay(Date.parse(since)) === day;
    return {
      totals: !this.options.resetDaily || isOfToday(totals) ? totals : emptySince(day),
      today: isOfToday(today) ? today : emptySince(day),
    };
  }

  private show(): void {
    if (this.closed) return;
    const { clock, show } = this.options;
    // One look at the clock: a timer may come a fraction of a millisecond before midnight, and comes again then.
    const now = clock.date();
    show(this.sumsAt(now));
    this.midnight?.cancel();
    this.midnight = clock.setTimeout(() => this.show(), startOfNextDay(now) - now);
  }
}

const FIGURES = ["sessionSeconds", "audioSeconds", "turns", "words"] as const;
type Figures = Record<(typeof FIGURES)[number] | "costUsd", number>;
/** No figure of a real session comes near it (the service ends a session after 10,800 s); no number of sessions makes the sums overflow. */
const LARGEST_FIGURE = 1_000_000;

interface Termination {
  readonly session: StatsReport["session"];
  readonly sessionId: string | undefined;
  readonly figures: Figures;
}

function readTermination(termination: unknown, rate: number | undefined): Termination {
  if (!isObject(termination)) throw new AaiError("AAI_INPUT/stats");
  const figure = (name: (typeof FIGURES)[number]): number => {
    const value = termination[name];
    if (!isFigure(value)) throw new AaiError("AAI_INPUT/figure", { name, max: LARGEST_FIGURE, value: describe(value) });
    return value;
  };
  const { model, costUsd: cost, sessionId } = termination;
  const sessionSeconds = figure("sessionSeconds");
  const byModel = () => sessionCost(sessionSeconds, hourlyRate(typeof model === "string" ? model : undefined));
  const own = () => (isFigure(cost) ? roundUsd(cost) : byModel());
  const costUsd = rate === undefined ? own() : sessionCost(sessionSeconds, rate);
  return {
    session: { ...termination, costUsd },
    sessionId: typeof sessionId === "string" && sessionId !== "" && sessionId.length <= LONGEST_ID ? sessionId : undefined,
    figures: { sessionSeconds, audioSeconds: figure("audioSeconds"), turns: figure("turns"), words: figure("words"), costUsd },
  };
}

function add(totals: Totals, figures: Figures & { sessions?: number }): Totals {
  return {
    sessions: totals.sessions + (figures.sessions ?? 1),
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

function isFigure(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= LARGEST_FIGURE;
}

/** Checked because a file can be damaged, or edited, and a later version may write other lines. */
function isSums(value: unknown): value is Sums {
  return isObject(value) && isTotals(value["totals"]) && isTotals(value["today"]);
}

function isTotals(value: unknown): value is Totals {
  if (!isObject(value)) return false;
  const since = value["since"];
  const isSum = (sum: unknown) => typeof sum === "number" && Number.isFinite(sum) && sum >= 0;
  return (
    [...FIGURES, "sessions", "costUsd"].every((name) => isSum(value[name])) && typeof since === "string" && !Number.isNaN(Date.parse(since))
  );
}
