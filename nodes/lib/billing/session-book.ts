import type { Clock, Timer } from "../common/clock";
import { startOfDay } from "../common/day";
import { isObject } from "../common/json";
import type { SummaryAt, SessionSummary } from "../session/session-summary";
import { terminationOutput, type SessionOutput } from "../speech-to-text/messages";

/** Keeps one value; what survives a restart is its own matter. */
export interface BookStore {
  load(): Promise<unknown>;
  save(value: unknown): Promise<void>;
}

interface StoredBook {
  /** the sessions that were open when this was written: if nothing is written after it, they ended with this process */
  open: { summary: SessionSummary; topic?: string }[];
  /** termination messages that could not be sent */
  unsent: SessionOutput[];
  /** ms since the epoch: the day that `seconds` belongs to */
  day: number;
  /** of the sessions that ended that day */
  seconds: number;
}

interface Running {
  summary: SummaryAt;
  topic: string | undefined;
}

/** How old the summary of a session can be that a crash ended. Each writing goes to the node's context. */
const REFRESH_MS = 10_000;

/**
 * The node's book: which sessions are open, which terminations are still owed to the flow, and how many seconds of session there
 * were today. It is written to a store at every change, so that what a deploy, a restart or a crash cuts off is made good at the next
 * start: exactly one termination for each begin.
 */
export class SessionBook {
  private readonly running = new Map<string, Running>();
  private unsent: SessionOutput[] = [];
  private day: number;
  private seconds = 0;
  private loaded = false;
  private opening: Promise<void> = Promise.resolve();
  private timer: Timer | undefined;
  private writing: Promise<void> = Promise.resolve();
  private writeIsDue = false;

  /** @param failed told of what the store throws: the book goes on in memory */
  constructor(
    private readonly clock: Clock,
    private readonly store: BookStore,
    private readonly failed: (error: unknown) => void,
  ) {
    this.day = startOfDay(clock.date());
  }

  /** Reads what an earlier run has left. */
  open(): Promise<void> {
    this.opening = this.read();
    return this.opening;
  }

  /** The termination messages that are owed: those that could not be sent, and one for each session that a crash ended. */
  takeOwed(): SessionOutput[] {
    const owed = this.unsent;
    this.unsent = [];
    if (owed.length > 0) this.write();
    return owed;
  }

  private async read(): Promise<void> {
    let stored: unknown;
    try {
      stored = await this.store.load();
    } catch (error) {
      this.failed(error);
    }
    this.loaded = true;
    if (!isStoredBook(stored)) {
      if (this.running.size > 0 || this.unsent.length > 0) this.write();
      return;
    }
    const crashed = stored.open.filter(({ summary }) => !this.running.has(summary.sessionId));
    if (stored.day === this.day) this.seconds += stored.seconds;
    for (const { summary } of crashed) this.seconds += this.secondsToday(summary);
    const owed = crashed.map(({ summary, topic }) => terminationOutput({ ...summary, reason: "crash", estimated: true }, topic, false));
    this.unsent = [...stored.unsent, ...owed, ...this.unsent];
    this.write();
  }

  begun(sessionId: string, summary: SummaryAt, topic: string | undefined): void {
    this.running.set(sessionId, { summary, topic });
    this.write();
    this.timer ??= this.refreshLater();
  }

  terminated(summary: SessionSummary): void {
    this.running.delete(summary.sessionId);
    this.turnDay();
    this.seconds += this.secondsToday(summary);
    if (this.running.size === 0) this.rest();
    this.write();
  }

  /** This termination could not be sent: the next start will. */
  owe(message: SessionOutput): void {
    this.unsent.push(message);
    this.write();
  }

  /** s of session today, running ones included. */
  get spentSeconds(): number {
    this.turnDay();
    let seconds = this.seconds;
    for (const { summary } of this.running.values()) seconds += this.secondsToday(summary("crash"));
    return seconds;
  }

  get runningCount(): number {
    return this.running.size;
  }

  /** Resolves when everything is written. */
  async close(): Promise<void> {
    this.rest();
    await this.opening;
    await this.writing;
  }

  /** The part of a session that lies in the present day. */
  private secondsToday({ sessionSeconds, endedAt }: SessionSummary): number {
    return Math.min(sessionSeconds, Math.max(0, (Date.parse(endedAt) - this.day) / 1000));
  }

  private turnDay(): void {
    const today = startOfDay(this.clock.date());
    if (today === this.day) return;
    this.day = today;
    this.seconds = 0;
  }

  private refreshLater(): Timer {
    return this.clock.setTimeout(() => {
      this.write();
      this.timer = this.refreshLater();
    }, REFRESH_MS);
  }

  private rest(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  /** One writing after the other, each of all changes until then. Not before the first reading, which it would spoil. */
  private write(): void {
    if (!this.loaded || this.writeIsDue) return;
    this.writeIsDue = true;
    this.writing = this.writing
      .then(() => {
        this.writeIsDue = false;
        return this.store.save(this.stored());
      })
      .catch((error: unknown) => this.failed(error));
  }

  private stored(): StoredBook {
    const open = [...this.running.values()].map(({ summary, topic }) => ({
      summary: summary("crash"),
      ...(topic === undefined ? {} : { topic }),
    }));
    return { open, unsent: [...this.unsent], day: this.day, seconds: this.seconds };
  }
}

/** Checked because anyone can change a context's values in the editor, and a later version may store another shape. */
function isStoredBook(value: unknown): value is StoredBook {
  return (
    isObject(value) &&
    Array.isArray(value["open"]) &&
    value["open"].every((entry) => isObject(entry) && isSummary(entry["summary"])) &&
    Array.isArray(value["unsent"]) &&
    value["unsent"].every((message) => isObject(message) && message["event"] === "termination" && isSummary(message["payload"])) &&
    typeof value["day"] === "number" &&
    typeof value["seconds"] === "number" &&
    value["seconds"] >= 0
  );
}

function isSummary(value: unknown): value is SessionSummary {
  return (
    isObject(value) && typeof value["sessionId"] === "string" && typeof value["sessionSeconds"] === "number" && isDate(value["endedAt"])
  );
}

function isDate(value: unknown): boolean {
  return typeof value === "string" && !Number.isNaN(Date.parse(value));
}
