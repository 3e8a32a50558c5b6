import type { TurnEvent } from "../assemblyai/turn-assembler";
import { hourlyRate, roundUsd } from "../billing/pricing";
import type { Budget } from "../billing/budget";
import type { BookedSession, SessionBook } from "../billing/session-book";
import type { Clock } from "../common/clock";
import { startOfDay, startOfNextDay } from "../common/day";
import type { JsonObject } from "../common/json";
import type { EndReason } from "../session/session-summary";
import type { StreamView } from "../stream/stream";
import type { StreamingSettings } from "../stream/stream-settings";
import { ListeningTimes, type TimeSpan } from "./listening-times";
import { Onlooker, type Sentence } from "./onlooker";
import { NO_TOPIC } from "./streams";

/** What a node does now, and what it did today. Times are in ms since the epoch. */
export interface Snapshot {
  now: number;
  /** from midnight to midnight, where Node-RED runs */
  day: TimeSpan;
  /** Changes with each life of the node, and when its book has been read: what was told before no longer holds, or is not all. */
  life: number;
  spentUsd: number;
  /** 0 = without limit */
  budgetUsd: number;
  /** when the day's budget was used up, if a session was ended for it and nothing was added since */
  budgetEndedAt?: number;
  /** why the newest session could not be had, in the runtime's language, until one begins */
  problem?: string;
  /** what the day would cost if each of the streams were one session from midnight to midnight */
  leftOpenUsd: number;
  /** one for each topic that had audio or a session today; one in all where topics do not matter */
  streams: StreamSnapshot[];
}

export interface StreamSnapshot extends StreamView {
  topic?: string;
  /** oldest first */
  sessions: SessionSnapshot[];
  /** when audio came */
  listened: TimeSpan[];
  /** the last ones, oldest first, of the time since somebody looks on */
  sentences: Sentence[];
}

export interface SessionSnapshot extends TimeSpan {
  id: string;
  seconds: number;
  costUsd: number;
  /** absent while it is open */
  reason?: EndReason;
}

/** What a snapshot is taken of, beside what was observed. */
export interface Scene {
  book: Pick<SessionBook, "spentUsd" | "today">;
  budget: Pick<Budget, "isExhausted">;
  /** by their topics */
  views: ReadonlyMap<string, StreamView>;
  /** as in the status */
  problem: string | undefined;
  /** what the next session of a topic is configured with */
  configurationOf: (topic: string) => JsonObject;
}

/** Observes a node for whoever looks on in the editor. */
export class Observation {
  private life = 0;
  private readonly times: ListeningTimes;
  private readonly onlooker: Onlooker;

  constructor(
    private readonly clock: Clock,
    private readonly settings: Pick<StreamingSettings, "model" | "addOns" | "budgetUsd" | "perTopic">,
  ) {
    this.times = new ListeningTimes(clock);
    this.onlooker = new Onlooker(clock);
  }

  get isWatched(): boolean {
    return this.onlooker.isPresent;
  }

  /** Audio has come. */
  heard(topic: unknown): void {
    this.times.heard(this.keyOf(topic));
  }

  said(topic: unknown, turn: TurnEvent): void {
    this.onlooker.hears(this.keyOf(topic), turn);
  }

  /** The book of the node has been read. */
  begin({ listened }: Pick<SessionBook, "listened">): void {
    this.life = this.clock.date();
    if (listened) this.times.restore(listened);
  }

  /** The book of the node is about to be closed. */
  end(book: Pick<SessionBook, "listened">): void {
    this.onlooker.leave();
    book.listened = this.times.keys.length > 0 ? this.times.record : undefined;
  }

  /**
   * For whoever looks on, and asks again about once a second: what takes work or memory is done only meanwhile.
   * @param since leaves out what was over by then (ms since the epoch): whoever asks again has it from the time before
   */
  snapshot({ book, budget, views, problem, configurationOf }: Scene, since: number): Snapshot {
    this.onlooker.looks();
    const { life, times, onlooker } = this;
    const { model, addOns, budgetUsd, perTopic } = this.settings;
    const now = this.clock.date();
    const day = { from: startOfDay(now), until: startOfNextDay(now) };
    const sessions = new Map<string, SessionSnapshot[]>();
    for (const { summary, topic, state } of book.today) {
      const session = sessionSnapshot(summary, state === "open");
      if (session.until < day.from) continue; // it is in the book because its termination is owed
      const key = this.keyOf(topic);
      const ofTopic = sessions.get(key);
      if (ofTopic) ofTopic.push(session);
      else sessions.set(key, [session]);
    }
    const keys = perTopic ? new Set([...views.keys(), ...times.keys, ...sessions.keys()]) : new Set([NO_TOPIC]);
    const hours = (day.until - day.from) / 3_600_000;
    const perHour = [...keys].reduce((sum, key) => sum + hourlyRate(model, addOns(configurationOf(key))), 0);
    const streams = [...keys].sort(BY_NAME.compare).map((key) => ({
      ...(key === NO_TOPIC ? {} : { topic: key }),
      ...(views.get(key) ?? IDLE),
      sessions: (sessions.get(key) ?? []).filter(({ until, reason }) => until >= since || reason === undefined),
      listened: times.of(key).filter(({ until }) => until >= since),
      sentences: onlooker.sentencesOf(key),
    }));
    const state = {
      spentUsd: roundUsd(book.spentUsd),
      budgetUsd,
      ...(budget.isExhausted ? budgetEnd(sessions) : {}),
      ...(problem ? { problem } : {}),
    };
    return { now, day, life, ...state, leftOpenUsd: roundUsd(perHour * hours), streams };
  }

  private keyOf(topic: unknown): string {
    return this.settings.perTopic && typeof topic === "string" ? topic : NO_TOPIC;
  }
}

/** "room 10" comes after "room 9". */
const BY_NAME = new Intl.Collator("en", { numeric: true });
const IDLE: StreamView = { status: { phase: "idle" }, voice: false };

function budgetEnd(sessions: ReadonlyMap<string, SessionSnapshot[]>): { budgetEndedAt?: number } {
  const ended = [...sessions.values()].flat().filter(({ reason }) => reason === "budget");
  return ended.length === 0 ? {} : { budgetEndedAt: Math.min(...ended.map(({ until }) => until)) };
}

function sessionSnapshot(summary: BookedSession["summary"], isOpen: boolean): SessionSnapshot {
  const { sessionId: id, startedAt, endedAt, sessionSeconds: seconds, costUsd, reason } = summary;
  return { id, from: Date.parse(startedAt), until: Date.parse(endedAt), seconds, costUsd, ...(isOpen ? {} : { reason }) };
}
