import type { GivenWord, Record } from "./run";
import type { ConnectionLog } from "./service";
import { overBudgetAt } from "./spending";

/**
 * One occasion of listening, as it looks from outside: from the first connection that something asked for, over all that followed it by
 * themselves, to the end of the last one.
 */
export interface Occasion {
  stream: number;
  generation: number;
  start: number;
  end: number;
  connections: ConnectionLog[];
}

/** When a connection was the engine's no more. */
export function goneAt({ letGoAt, closedAt }: ConnectionLog): number {
  return Math.min(letGoAt, closedAt);
}

export function occasionsOf({ connections, came, marks, endAt }: Record): Occasion[] {
  const occasions: Occasion[] = [];
  const waits = (stream: number, from: number, to: number) =>
    came.some(({ what, stream: of, at }) => what === "reconnecting" && of === stream && at >= from && at < to);
  const isStopped = ({ stream, connections: [first] }: Occasion, before: number) =>
    marks.some(({ what, stream: of, at }) => what === "stop" && of === stream && at >= (first?.connectAt ?? 0) && at <= before);
  for (const { connection, generation } of connections) {
    const { log } = connection;
    const { stream, connectAt } = log;
    const own = occasions.filter((each) => each.stream === stream && each.generation === generation);
    const last = own.at(-1);
    const isOpen = last?.connections.some((each) => goneAt(each) > connectAt || (goneAt(each) === connectAt && !log.isPrompted)) ?? false;
    const closedAt = last && Math.max(...last.connections.map((each) => each.closedAt));
    const isToldOff = came.some(
      ({ what, stream: of, at }) => what === "failed" && of === stream && at > (closedAt ?? 0) && at <= connectAt,
    );
    const isWaiting =
      last && waits(stream, closedAt as number, connectAt) && !(log.isPrompted && (isToldOff || isStopped(last, connectAt)));
    const follows = (log.isPrompted ? undefined : retrying(own, log, came)) ?? (isOpen || isWaiting ? last : undefined);
    if (follows) follows.connections.push(log);
    else occasions.push({ stream, generation, start: connectAt, end: Infinity, connections: [log] });
  }
  for (const occasion of occasions) {
    const gone = lastGoneAt(occasion);
    const { stream, generation } = occasion;
    const ends = marks.filter(
      (mark) => ["stop", "close", "crash"].includes(mark.what) && mark.generation === generation && mark.at >= gone,
    );
    const stopped = ends.find((mark) => mark.stream === stream || mark.stream === -1)?.at ?? endAt;
    occasion.end = waits(stream, gone, endAt) && !hasLater(occasions, occasion) ? stopped : gone;
  }
  return occasions;
}

/** The occasion that has waited for this connection. One that was ended may wait, to hear what is owed, while somebody listens in the next. */
function retrying(occasions: Occasion[], { connectAt, rate, stream }: ConnectionLog, came: Record["came"]): Occasion | undefined {
  const failed = occasions.filter(({ connections }) =>
    connections.some((log) => (hasFailed(log) || log.isEndedByService) && log.rate === rate),
  );
  const retries = came.flatMap((each) => (each.what === "reconnecting" && each.stream === stream && each.at <= connectAt ? [each] : []));
  const due = retries.findLast(({ dueAt }) => Math.abs(dueAt - connectAt) <= RETRY_ERROR_MS);
  if (!due) return undefined;
  const lostAt = ({ connections }: Occasion) => Math.max(...connections.map(({ closedAt }) => closedAt).filter((at) => at <= due.at));
  const [owner] = failed.sort((one, other) => lostAt(other) - lostAt(one));
  return owner && lostAt(owner) > due.at - SEARCH_MS ? owner : undefined;
}

function hasLater(occasions: Occasion[], { stream, generation, start }: Occasion): boolean {
  return occasions.some((other) => other.stream === stream && other.generation === generation && other.start > start);
}

function lastGoneAt({ connections }: Occasion): number {
  return Math.max(...connections.map(goneAt));
}

/** A retry is told in whole ms. */
const RETRY_ERROR_MS = 2;
/** A look for a voice in what is owed takes less, ms. */
const SEARCH_MS = 1_000;
/** An outage after which the audio from its beginning is kept no more, ms. */
const LONGEST_OUTAGE_MS = 50_000;
const SERVER_RETRIES = 5;
/** The longest wait for another try. */
const LONGEST_WAIT_MS = 75_000;
/** After this no more tries are made for audio. */
const LONGEST_TRIES_MS = 150_000;
const DETECTION_MS = 600;
/** The longest time that audio is held up in a schedule. */
const HELD_MS = 8_000;

type Failure = "never" | "server" | "network";

/** What the service's facts say of an end that the engine did not cause: whether another try is worth making. */
function failureOf({ closed, errorCode, plan }: ConnectionLog): Failure {
  const { refusal } = plan;
  if (refusal === "network" && errorCode === undefined) return "network";
  if (refusal && refusal !== "network" && "http" in refusal && closed?.httpStatus !== undefined)
    return refusal.http === 429 || refusal.http >= 500 ? "network" : "never";
  const code = errorCode ?? closed?.code ?? 1006;
  if (code === 1006 || code === 3009) return "network";
  if ([1000, 1008, 1009, 3006, 3007, 410, 4000, 4001, 4002, 4003, 4101].includes(code)) return "never";
  return "server";
}

/** Whether it was hung up by then: what is opened after it without being asked for only hears what is still owed. */
function isHungUp({ connections }: Occasion, at: number): boolean {
  return connections.some(({ terminateAt }) => {
    const isReplaced = connections.some((log) => log.begunAt <= terminateAt && log.terminateAt > terminateAt && log.closedAt > terminateAt);
    return terminateAt <= at && !isReplaced;
  });
}

/** It was ended before it began: it only hears what was said before. */
function isForThePast({ connections: [first], start }: Occasion, stops: { at: number }[]): boolean {
  return first?.terminateAt === first?.begunAt && !stops.some(({ at }) => at >= start);
}

function isFinal(log: ConnectionLog): boolean {
  return log.errorCode !== undefined || log.closedAt < log.letGoAt ? failureOf(log) === "never" : false;
}

function hasFailed({ closedAt, letGoAt, begunAt, errorCode, terminationAt }: ConnectionLog): boolean {
  return closedAt < letGoAt || begunAt === Infinity || errorCode !== undefined || (letGoAt < Infinity && terminationAt === Infinity);
}

/** The words that were given while somebody should listen, and for whose loss there is no excuse. */
export function owedWords(record: Record): GivenWord[] {
  const { words, schedule, marks, came } = record;
  const owed: GivenWord[] = [];
  if (Number(schedule.properties["maxStreams"] ?? Infinity) < schedule.streams) return [];
  const occasions = occasionsOf(record);
  const excused = new Set(occasions.filter((occasion) => isExcused(record, occasion)));
  // A voice is heard from before the moment at which it is sure to be one.
  const early = ({ start, stream }: Occasion) => {
    const isStarted = marks.some((mark) => mark.what === "start" && mark.at === start && (mark.stream === stream || mark.stream === -1));
    const isNew = schedule.steps.some(
      (step) => step.do === "microphone" && step.stream === stream && Math.abs(step.at + 1_000 - start) <= 2 * DETECTION_MS,
    );
    return schedule.properties["open"] === "speech" && !isStarted && !isNew ? DETECTION_MS : 0;
  };
  for (const word of words.values()) {
    if (word.taken < word.length - 5) continue;
    // A recording that stops in the middle of a word, and goes on a second later, is two.
    if (word.lastAt - word.firstAt >= 1_000) continue;
    // What the newest occasion has not heard, an earlier one that still waits to be told what it is owed does not hear either.
    const occasion = occasions.findLast(
      (each) => each.stream === word.stream && each.generation === word.generation && each.start - early(each) <= word.firstAt,
    );
    if (!occasion || occasion.end <= word.lastAt || excused.has(occasion) || overBudgetAt(record, word.generation) <= word.lastAt) continue;
    // It began while an earlier occasion ended for good.
    const isCut = ({ stream, generation, start, end }: Occasion) =>
      stream === word.stream && generation === word.generation && start <= word.firstAt && end > word.firstAt;
    if (occasions.some((each) => excused.has(each) && isCut(each))) continue;
    // A piece of audio that comes at the moment of a start comes before it.
    if (word.firstAt === occasion.start && marks.some(({ what, at }) => what === "start" && at === occasion.start)) continue;
    // The loss was told.
    const next = came.find(({ what, stream, at }) => ["begin", "failed"].includes(what) && stream === word.stream && at >= word.lastAt);
    if (next?.what === "failed" && next.at <= word.lastAt + LONGEST_TRIES_MS) continue;
    if (isHungUp(occasion, word.lastAt)) continue;
    const own = marks.filter(({ stream, at }) => (stream === word.stream || stream === -1 || schedule.streams === 1) && at <= occasion.end);
    const stop = own.findLastIndex(({ what, at }) => what === "stop" && at >= occasion.start && at <= word.lastAt);
    if (
      isForThePast(
        occasion,
        own.filter(({ what }) => what === "stop"),
      )
    )
      continue;
    if (stop >= 0 && !own.slice(stop).some(({ what, at }) => what === "start" && at <= word.firstAt)) continue;
    if (own.some(({ what, at }) => what === "close" && at >= occasion.start && at - 300 <= word.lastAt)) continue;
    const isQueueLost = came.some((each) => each.what === "warning" && each.code === "AAI_AUDIO_LOST");
    // What a failure has ended that would repeat is lost with it; something else has opened another session.
    const isLast = (log: ConnectionLog) => isFinal(log) || (schedule.properties["reconnect"] === false && hasFailed(log));
    // A line that stood still and breaks off soon after, or whose audio is kept no longer: nobody can tell how far the service has come.
    const isStalled = schedule.steps.some(
      (step) => step.do === "stall" && step.stream === word.stream && (isQueueLost || breaksAfter(record, occasion, step)),
    );
    if (isStalled) continue;
    if (occasion.connections.some((log) => isLast(log) || (log.closedAt >= word.lastAt && log.isEndedByService))) continue;
    // What came late is sent in its own time, as a file is; where the session is ended before, it is not sent any more.
    const isHeld = schedule.steps.some((step) => step.do === "hold audio" && step.stream === word.stream);
    const stops = own.flatMap(({ what, at }) => (what === "stop" ? [at] : []));
    const ends = [
      occasion.end,
      overBudgetAt(record, word.generation),
      ...stops,
      ...occasion.connections.map(({ terminateAt }) => terminateAt),
    ];
    if (isHeld && (isQueueLost || ends.some((end) => word.lastAt <= end && word.lastAt > end - HELD_MS))) continue;
    const hasFile = marks.some(({ what, stream }) => what === "file" && stream === word.stream);
    // A file plays in its own time, so that what is done later may fall into any of its sentences.
    const isTouched = marks.some(
      ({ what, at, stream }) => (stream === word.stream || stream === -1) && !["file", "configure"].includes(what) && at >= occasion.start,
    );
    if (hasFile && (isQueueLost || isTouched)) continue;
    owed.push(word);
  }
  return owed;
}

/** Whether a stream's line stood still and broke off soon after: nobody can tell how far the service had come. */
export function isBrokenByStall(record: Record, stream: number): boolean {
  const stalls = record.schedule.steps.flatMap((step) => (step.do === "stall" && step.stream === stream ? [step] : []));
  if (stalls.length === 0) return false;
  const occasions = occasionsOf(record).filter((each) => each.stream === stream);
  return stalls.some((stall) => occasions.some((occasion) => breaksAfter(record, occasion, stall)));
}

function breaksAfter({ schedule }: Record, { connections, stream }: Occasion, stall: { at: number; ms: number }): boolean {
  const deaths = schedule.steps.flatMap((step) => (step.do === "half-open" && step.stream === stream ? [step.at + 1_000] : []));
  const isSoonAfter = (at: number) => at > stall.at + 1_000 && at <= stall.at + 1_000 + 2 * stall.ms;
  // A line that is dead is found to be so later.
  const breaks = ({ connectAt, closedAt }: ConnectionLog) => [closedAt, ...deaths.filter((at) => at >= connectAt && at <= closedAt)];
  return connections.some((log) => hasFailed(log) && breaks(log).some(isSoonAfter));
}

function isExcused(record: Record, { connections, generation, start, end }: Occasion): boolean {
  const { schedule, marks, came } = record;
  if (marks.some(({ what }) => what === "crash" || what === "unusable account")) return true;
  // Once the budget is used up, what a failed session owes is not asked for again, and one that is on its way is not waited for.
  const overAt = overBudgetAt(record, generation);
  if (overAt < Infinity && connections.some((log) => hasFailed(log) || (log.connectAt <= overAt && log.begunAt > overAt))) return true;
  const last = connections.filter((log) => goneAt(log) === Math.max(...connections.map(goneAt)));
  for (const log of last) {
    const broke = log.closedAt < log.letGoAt;
    if (log.isEndedByService) return true;
    if (broke && (schedule.properties["reconnect"] === false || failureOf(log) === "never")) return true;
    // Nor does a redeploy wait for another try.
    const isTriedAgain = broke || log.errorCode !== undefined;
    if (isTriedAgain && marks.some(({ what, at }) => what === "close" && at >= goneAt(log) && at <= goneAt(log) + LONGEST_WAIT_MS))
      return true;
    // What was on its way when a session that was ended did not end in order is not to be had.
    if (!broke && log.terminationAt === Infinity) return true;
  }
  // Another stream's connection, in the account's line, may have been meant for this one: what it came to, was told.
  const isToldBy = (each: Record["came"][number], { stream, closedAt }: ConnectionLog) =>
    each.what === "failed" && each.stream === stream && each.at >= closedAt && each.at <= closedAt + LONGEST_TRIES_MS;
  if (last.some((log) => hasFailed(log) && came.some((each) => isToldBy(each, log)))) return true;
  let faults = 0;
  for (const log of connections) {
    faults = log.closedAt < log.letGoAt && failureOf(log) === "server" ? faults + 1 : 0;
    if (faults > SERVER_RETRIES) return true;
  }
  // A redeploy does not wait for a session that has not begun, or that has just begun to hear what was kept.
  const closing = marks.find(({ what, at }) => what === "close" && at >= start && at <= end + 1);
  const isReplaying = (log: ConnectionLog, at: number) => log.begunAt > at - 3_000 && log.connectAt <= at && goneAt(log) >= at;
  if (closing && connections.some((log) => isReplaying(log, closing.at))) return true;
  if (closing && connections.every((log) => goneAt(log) <= closing.at)) return true;
  return longestOutage(connections) > LONGEST_OUTAGE_MS;
}

/** The longest time in which no session heard anything, ms. A line that is dead hears nothing from its last message on. */
function longestOutage(connections: ConnectionLog[]): number {
  let deafSince = connections[0]?.connectAt ?? 0;
  let longest = 0;
  for (const log of connections) {
    if (log.begunAt === Infinity) continue;
    longest = Math.max(longest, log.begunAt - deafSince);
    deafSince = log.closedAt < log.letGoAt ? Math.max(log.begunAt, Math.min(log.closedAt, log.lastTextAt)) : goneAt(log);
  }
  return longest;
}
