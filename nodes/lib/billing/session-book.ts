import { isObject } from "../common/json";
import type { Clock, Timer } from "../common/clock";
import { startOfDay } from "../common/day";
import type { AaiError } from "../common/errors";
import type { EndReason, SessionSummary } from "../session/session-summary";
import type { BookFile } from "./book-file";
import { Journal } from "./journal";

/**
 * The account book of one speech to text node: the sessions, the terminations that the flow has not received yet, and the cost of
 * the day. It survives crashes, power cuts, deploys and restarts. It holds facts; messages are built from them when they are sent.
 *
 *            begun()                terminated()                  sent()
 *   (none) ───────────▶ open ─────────────────────▶ owed ──────────────────────▶ sent ──another day──▶ (none)
 *                         └──read by a later run, reason "crash"──▲
 *
 * The file (see Journal) has four kinds of lines:
 *
 *   {"session":{"summary":{…},"topic":"kitchen","rate":0.45,"state":"open"}}    a session, whole, whenever it changes; every 10 s while open
 *   {"sent":["<sessionId>", …]}                                                the flow has their terminations
 *   {"day":{"start":<ms since the epoch>,"costUsd":1.25}}                       what that day's sessions cost that are not in the file any more
 *
 *   {"listened":{"kitchen":[[<from>,<until>], …]}}                              when audio came, ms since the epoch: written at an orderly end
 *
 * What a crash leaves, by the moment at which it comes:
 *
 *   before the line "open" is on disk        nothing; nor was `begin` sent
 *   then, before `begin` is sent             a termination without a begin: that session was paid for, too
 *   while the session is open                `termination` with reason "crash", by figures of at most 10 s before
 *   before the line "owed" is on disk        the same
 *   then, before `termination` is sent       `termination` as it would have been sent
 *   then, before the line "sent" is on disk  `termination` twice. The line waits a moment, as messages pass from node to node in turns of the
 *                                            event loop: one that is lost is worse than one that comes twice
 */
export interface BookedSession {
  readonly summary: BilledSummary;
  readonly topic?: string;
  /** USD per hour */
  readonly rate: number;
  readonly state: "open" | "owed" | "sent";
}

/** The summary of a session, with its cost. */
export interface BilledSummary extends SessionSummary {
  costUsd: number;
}

/** A session that runs: its summary at any moment, if it ended then for this reason. */
export type BilledAt = (reason: EndReason) => BilledSummary;

interface FoldedDay {
  /** ms since the epoch */
  readonly start: number;
  readonly costUsd: number;
}

interface Running {
  readonly summary: BilledAt;
  readonly topic: string | undefined;
  readonly rate: number;
}

export interface SessionBookHandlers {
  /** The file cannot be read or written. The book continues in memory. Reported once, until the file can be used again. */
  failed(error: AaiError): void;
  /** A part of the file could not be read. */
  damaged(error: AaiError): void;
}

/** How old the figures of a session that a crash ends can be. Each refresh writes to the disk, only while a session is open. */
const REFRESH_MS = 10_000;
/** How long a message has to reach a node that keeps it, before it counts as sent. */
const SENT_AFTER_MS = 250;
/** The service bills whole seconds from Begin on; a session is measured here from the open socket, which is 1.2 s longer. */
const ROUNDED_OFF_S = 2;
/** The newest sessions of the day are kept one by one, for the sidebar; of older ones only their cost is kept. */
const KEPT_SESSIONS = 2_000;

export class SessionBook {
  /** When audio arrived, by topic: as read from the file, and as set for the next one. The book does not interpret it. */
  listened: object | undefined;
  private readonly journal: Journal;
  private sessions = new Map<string, BookedSession>();
  private readonly running = new Map<string, Running>();
  private left: BookedSession[] = [];
  private delivered: string[] = [];
  private day: number;
  /** what sessions cost that are not kept one by one */
  private folded: FoldedDay;
  /** USD of this day, of all sessions that have ended */
  private endedUsd = 0;
  private refreshing: Timer | undefined;
  private marking: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    file: BookFile,
    handlers: SessionBookHandlers,
  ) {
    this.day = startOfDay(clock.date());
    this.folded = { start: this.day, costUsd: 0 };
    this.journal = new Journal(file, {
      restore: (records) => this.restore(records),
      snapshot: () => this.snapshot(),
      failed: (error) => handlers.failed(error),
      damaged: (error) => handlers.damaged(error),
    });
  }

  /** Reads the file of the last run and rewrites it; `failure` says whether that was possible. */
  async open(): Promise<void> {
    await this.journal.commit();
  }

  /** Why the file cannot be read or written, where it cannot. */
  get failure(): AaiError | undefined {
    return this.journal.failure;
  }

  /** Writes again what could not be written. */
  retry(): void {
    void this.journal.commit();
  }

  /** The sessions of earlier runs whose termination the flow has not received. Each is returned once; `sent` must follow for each. */
  takeOwed(): BookedSession[] {
    const owed = this.left;
    this.left = [];
    return owed;
  }

  /** Resolves once the line is on disk (or cannot be): the flow may get the message. */
  begun(sessionId: string, session: Running): Promise<void> {
    this.running.set(sessionId, session);
    this.refreshing ??= this.refreshLater();
    return this.put(open(session));
  }

  /** Resolves once the line is on disk (or cannot be): the flow may get the message. */
  terminated(summary: BilledSummary, topic: string | undefined, rate: number): Promise<void> {
    this.running.delete(summary.sessionId);
    if (this.running.size === 0) this.rest();
    this.turnDay();
    this.endedUsd += this.usdToday(summary, rate);
    return this.put({ summary, ...withTopic(topic), rate, state: "owed" });
  }

  /** The flow has this session's termination. */
  sent(sessionId: string): void {
    this.delivered.push(sessionId);
    this.marking ??= this.clock.setTimeout(() => this.markSent(), SENT_AFTER_MS);
  }

  /** USD of this day, of running sessions too. */
  get spentUsd(): number {
    this.turnDay();
    let usd = this.endedUsd;
    for (const { summary, rate } of this.running.values()) usd += this.usdToday(summary("crash"), rate);
    return usd;
  }

  get roundedOffUsd(): number {
    const ended = this.today.filter(({ summary }) => summary.reason === "budget");
    return ended.reduce((usd, { rate }) => usd + (ROUNDED_OFF_S * rate) / 3600, 0);
  }

  /** USD that an hour costs with all that runs now. */
  get usdPerHour(): number {
    let rate = 0;
    for (const session of this.running.values()) rate += session.rate;
    return rate;
  }

  /** The day's sessions, oldest first; of a long day the newest. */
  get today(): BookedSession[] {
    this.turnDay();
    return [...this.sessions].map(([sessionId, booked]) => {
      const running = this.running.get(sessionId);
      return running ? open(running) : booked;
    });
  }

  /** Resolves when everything is written. */
  async close(): Promise<void> {
    this.rest();
    this.marking?.cancel();
    this.markSent();
    if (this.listened) void this.journal.write({ listened: this.listened });
    await this.journal.commit();
  }

  private put(session: BookedSession): Promise<void> {
    this.sessions.set(session.summary.sessionId, session);
    return this.journal.write({ session });
  }

  private markSent(): void {
    const sent = this.delivered;
    this.marking = undefined;
    this.delivered = [];
    if (sent.length === 0) return;
    for (const sessionId of sent) this.setSent(sessionId);
    void this.journal.write({ sent });
  }

  private setSent(sessionId: string): void {
    const session = this.sessions.get(sessionId);
    if (session) this.sessions.set(sessionId, { ...session, state: "sent" });
  }

  /** @returns how many records are unusable */
  private restore(records: readonly unknown[]): number {
    const ofThisLife = this.sessions;
    this.sessions = new Map();
    const useless = records.filter((record) => !this.take(record)).length;
    for (const [sessionId, session] of this.sessions) {
      if (session.state === "sent" || ofThisLife.has(sessionId)) continue;
      const owed = session.state === "owed" ? session : crashed(session);
      this.sessions.set(sessionId, owed);
      this.left.push(owed);
    }
    for (const [sessionId, session] of ofThisLife) this.sessions.set(sessionId, session);
    this.sumUp();
    return useless;
  }

  private take(record: unknown): boolean {
    if (!isObject(record)) return false;
    const { session, sent, day, listened } = record;
    if (isBookedSession(session)) this.sessions.set(session.summary.sessionId, session);
    else if (Array.isArray(sent)) for (const sessionId of sent) this.setSent(String(sessionId));
    else if (isFoldedDay(day)) this.folded = day;
    else if (isObject(listened)) this.listened = { ...this.listened, ...listened };
    else return false;
    return true;
  }

  private snapshot(): object[] {
    this.turnDay();
    this.fold();
    const sessions = this.today.map((session) => ({ session }));
    const { folded, listened } = this;
    return [...(folded.costUsd > 0 ? [{ day: folded }] : []), ...(listened ? [{ listened }] : []), ...sessions];
  }

  /** Drops the oldest sessions of a long day, and keeps their cost. */
  private fold(): void {
    const sent = [...this.sessions.values()].filter(({ state }) => state === "sent");
    for (const { summary, rate } of sent.slice(0, Math.max(0, sent.length - KEPT_SESSIONS))) {
      this.sessions.delete(summary.sessionId);
      this.folded = { ...this.folded, costUsd: this.folded.costUsd + this.usdToday(summary, rate) };
    }
  }

  private turnDay(): void {
    const today = startOfDay(this.clock.date());
    if (today === this.day) return;
    this.day = today;
    this.sumUp();
  }

  /** Drops what belongs to a past day. A day in the future means that the system's clock was set back: it counts. */
  private sumUp(): void {
    if (this.folded.start < this.day) this.folded = { start: this.day, costUsd: 0 };
    this.endedUsd = this.folded.costUsd;
    for (const [sessionId, { summary, rate, state }] of this.sessions) {
      if (state === "sent" && Date.parse(summary.endedAt) < this.day) this.sessions.delete(sessionId);
      else if (!this.running.has(sessionId)) this.endedUsd += this.usdToday(summary, rate);
    }
  }

  /** The part of a session's cost that lies in the present day. */
  private usdToday({ sessionSeconds, endedAt }: SessionSummary, rate: number): number {
    return (Math.min(sessionSeconds, Math.max(0, (Date.parse(endedAt) - this.day) / 1000)) * rate) / 3600;
  }

  private refreshLater(): Timer {
    return this.clock.setTimeout(() => {
      for (const session of this.running.values()) void this.put(open(session));
      this.refreshing = this.refreshLater();
    }, REFRESH_MS);
  }

  private rest(): void {
    this.refreshing?.cancel();
    this.refreshing = undefined;
  }
}

function open({ summary, topic, rate }: Running): BookedSession {
  return { summary: summary("crash"), ...withTopic(topic), rate, state: "open" };
}

function crashed(session: BookedSession): BookedSession {
  return { ...session, summary: { ...session.summary, reason: "crash", estimated: true }, state: "owed" };
}

function withTopic(topic: string | undefined): { topic?: string } {
  return topic === undefined ? {} : { topic };
}

/** Checked because a file can be damaged, or edited, and a later version may write other lines. */
function isBookedSession(value: unknown): value is BookedSession {
  if (!isObject(value)) return false;
  const { summary, topic, rate, state } = value;
  return (
    isSummary(summary) &&
    (topic === undefined || typeof topic === "string") &&
    isFigure(rate) &&
    (state === "open" || state === "owed" || state === "sent")
  );
}

function isSummary(value: unknown): boolean {
  return (
    isObject(value) &&
    ["sessionId", "reason", "model"].every((name) => typeof value[name] === "string") &&
    ["audioSeconds", "sessionSeconds", "turns", "words", "costUsd"].every((name) => isFigure(value[name])) &&
    isDate(value["startedAt"]) &&
    isDate(value["endedAt"]) &&
    typeof value["estimated"] === "boolean"
  );
}

function isFoldedDay(value: unknown): value is FoldedDay {
  return isObject(value) && isFigure(value["start"]) && isFigure(value["costUsd"]);
}

function isFigure(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function isDate(value: unknown): boolean {
  return typeof value === "string" && !Number.isNaN(Date.parse(value));
}
