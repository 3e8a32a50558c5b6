import { goneAt, occasionsOf } from "./occasions";
import type { Record, Violation } from "./run";
import { LONG_BACKLOG_MS, type ConnectionLog } from "./service";

/** The hang-up leaves within this after its deadline, ms. */
export const PUNCTUAL_MS = 20;
/** A voice in the last 3 s may be uncovered; with room for error. */
export const WITNESSED_MS = 3_000;
export const WITNESS_ERROR_MS = 350;
/** When no audio has come for a while, so much silence is sent at once, which the service works off, too. */
const TRAILING_SILENCE_MS = 2_000;
/** A turn that is sent again begins so much before its first word at most: the lead-in, an early start, the length of a piece of audio. */
const LEAD_IN_MS = 2_000;
/** An answer to a ping that takes this long shows a stall of the line, which began at the ping before it, at the earliest. */
const STALL_MS = 3_000;
const PING_EVERY_MS = 10_000;
/** A voice is looked for from so much before the deadline on, or for half of the timeout where that is shorter, ms. */
const JUDGED_AHEAD_MS = 1_000;
/** How fast that goes: on this clock judging takes nothing but its pauses, of 5 ms after 160 ms of audio. */
const JUDGED_PER_MS = 32;
/** A longer pause of the audio begins a new recording, ms. */
const SHORT_PAUSE_MS = 1_000;
/** A microphone that goes off takes the piece with it that it has begun, ms. */
const LONGEST_PIECE_MS = 500;
/** More audio than this is not kept, ms. */
const LONGEST_KEPT_MS = 62_000;

/** When a session must be hung up for silence. */
interface Due {
  log: ConnectionLog;
  /** the end of the silence timeout */
  deadline: number;
  /** the deadline, or where a voice may make it wait, the end of the longest wait */
  limit: number;
  voiceEnd: number;
}

/** Where nobody speaks, the hang-up is on time. */
export function deadlines(record: Record): Violation[] {
  return dues(record).flatMap(({ log, limit, voiceEnd }) => {
    const late = goneAt(log) - limit;
    if (late <= PUNCTUAL_MS) return [];
    const how = late === Infinity ? "never" : `${Math.round(late)} ms too late`;
    const text = `connection ${log.number}: ${how}, nobody has spoken since ${(voiceEnd - 1000) / 1000} s`;
    return [{ kind: "hang-up late", text }];
  });
}

/** How many hang-ups for silence there were, and how many of them had to leave at their deadline, as nobody had spoken. */
export function countHangUps(record: Record): { all: number; onTime: number } {
  const isHungUp = (log: ConnectionLog) => log.terminateAt < Infinity && reasonOf(record, log) === "silence";
  const all = record.connections.filter(({ connection: { log } }) => isHungUp(log)).length;
  return { all, onTime: dues(record).filter(({ log, deadline, limit }) => isHungUp(log) && limit === deadline).length };
}

function dues(record: Record): Due[] {
  const { connections, marks, schedule } = record;
  const timeout = timeoutOf(record);
  if (timeout === 0) return [];
  return connections.flatMap(({ connection: { log } }) => {
    const { begunAt, stream, errorCode } = log;
    // After an Error, the close is waited for.
    if (begunAt === Infinity || errorCode !== undefined) return [];
    // A session that waits to take over, and never does, hears nothing.
    if (predecessors(record, log).some((each) => each.begunAt <= log.begunAt && goneAt(each) >= goneAt(log))) return [];
    // What is queued, behind a file or as late audio, is not spoken yet.
    if (marks.some((mark) => mark.stream === stream && mark.what === "file")) return [];
    if (schedule.steps.some((step) => step.do === "hold audio" && step.stream === stream)) return [];
    const deadline = silentSince(record, log) + timeout;
    const stall = stallMs(record, log);
    const backlog = backlogMs(record, log, deadline);
    const heardWithin = WITNESSED_MS + WITNESS_ERROR_MS + shortPausesMs(record, log) + backlog + (stall > 0 ? stall + PING_EVERY_MS : 0);
    // An outage leaves up to a minute of audio: that takes longer to judge.
    const judgingMs = (WITNESSED_MS + Math.min(backlog, LONGEST_KEPT_MS)) / JUDGED_PER_MS;
    const judgedAt = deadline + Math.max(0, judgingMs - Math.min(JUDGED_AHEAD_MS, timeout / 2));
    // Who goes on speaking puts it off further.
    const latest = deadline + longestWait(record) + backlog;
    let voiceEnd = lastVoice(record, log, deadline);
    let limit = judgedAt;
    while (voiceEnd + heardWithin > limit && limit < latest) {
      limit = Math.min(latest, voiceEnd + heardWithin);
      voiceEnd = lastVoice(record, log, limit);
    }
    return [{ log, deadline, limit, voiceEnd }];
  });
}

/** How long the line stands still, or seems to, at most: nobody knows then how much the service has still to work off. 0 for short stalls. */
export function stallMs({ schedule }: Record, { plan, stream }: ConnectionLog): number {
  const stalls = schedule.steps.map((step) => (step.do === "stall" && step.stream === stream ? step.ms : 0));
  const longest = Math.max(plan.pongMs ?? 0, ...stalls);
  return longest < STALL_MS ? 0 : longest;
}

/** How much less audio than time there was, as a microphone was off and on again before a new recording would have begun, at most. */
function shortPausesMs({ schedule }: Record, { stream }: ConnectionLog): number {
  let sum = 0;
  for (const off of schedule.steps) {
    if (off.do !== "microphone off" || off.stream !== stream) continue;
    const pauses = schedule.steps.map(({ do: what, stream: of, at }) => (what === "microphone" && of === stream ? at - off.at : -1));
    const pause = Math.min(...pauses.filter((ms) => ms >= 0));
    if (pause < SHORT_PAUSE_MS) sum += pause + LONGEST_PIECE_MS;
  }
  return sum;
}

/** A session that takes over from another one does not begin the silence anew. */
function silentSince(record: Record, log: ConnectionLog): number {
  const own = log.texts.flatMap(({ at }) => (at <= log.letGoAt ? [at] : []));
  const before = predecessors(record, log).findLast((each) => each.begunAt <= log.begunAt && each.letGoAt >= log.begunAt);
  const takesOver = before !== undefined && before.letGoAt < Math.min(before.closedAt, goneAt(log));
  return Math.max(takesOver ? silentSince(record, before) : log.begunAt, ...own);
}

/** How much audio a session is sent ahead of time until its deadline, at most, where that is much, ms. */
function backlogMs(record: Record, log: ConnectionLog, deadline: number): number {
  const { words, schedule } = record;
  const before = predecessors(record, log);
  // One that waited to take over is sent nothing until then.
  const listensAt = Math.max(log.begunAt, ...before.map(goneAt).filter((at) => at < goneAt(log)));
  const text = before.flatMap(({ texts }) => texts).findLast(({ at, isLate }) => at < listensAt && !isLate);
  const turn = words.get(text?.words[0] ?? 0)?.firstAt;
  const { properties } = schedule;
  const heardBefore = properties["open"] === "speech" ? Number(properties["preRoll"] ?? 500) + 1_000 : 500;
  const askedAt = Math.min((before[0] ?? log).connectAt, crowdedFrom(record, log));
  const from = turn === undefined ? askedAt - heardBefore : turn - LEAD_IN_MS;
  const isOff = schedule.steps.some(
    ({ do: what, stream, at }) =>
      what === "microphone off" && stream === log.stream && at + 1_000 >= log.connectAt && at + 1_000 <= deadline,
  );
  const most = listensAt - from + (isOff ? TRAILING_SILENCE_MS : 0);
  return most < LONG_BACKLOG_MS ? 0 : most;
}

/** From when on a stream may have waited in the account's line before it connected: the first time that the service refused one for the rate. */
function crowdedFrom({ connections }: Record, { connectAt, stream }: ConnectionLog): number {
  const isRefused = ({ closed, errorCode }: ConnectionLog) => closed?.httpStatus === 429 || [1008, 3009].includes(errorCode ?? 0);
  const refused = connections.find(({ connection: { log } }) => log.stream !== stream && isRefused(log) && log.connectAt < connectAt);
  return refused?.connection.log.connectAt ?? connectAt;
}

function predecessors(record: Record, log: ConnectionLog): ConnectionLog[] {
  const { connections } = occasionsOf(record).find((each) => each.connections.includes(log)) ?? { connections: [log] };
  return connections.slice(0, connections.indexOf(log));
}

function lastVoice({ words }: Record, { stream }: ConnectionLog, before: number): number {
  let last = -Infinity;
  for (const word of words.values()) {
    // The rest of a word that is cut in two by a redeploy is heard in the next life.
    const end = Math.max(word.lastAt, word.firstAt + word.length);
    if (word.stream === stream && word.firstAt <= before) last = Math.max(last, Math.min(before, end));
  }
  return last;
}

export function reasonOf({ came }: Record, { id }: ConnectionLog): string | undefined {
  const end = came.find((each) => each.what === "termination" && each.sessionId === id);
  return end?.what === "termination" ? end.reason : undefined;
}

export function timeoutOf({ schedule }: Record): number {
  return Number(schedule.properties["silenceTimeout"] ?? 5) * 1000;
}

/** A voice without a text makes the hang-up wait so long at most, ms. */
export function longestWait({ schedule }: Record): number {
  return schedule.style.turns === "finals" ? 65_000 : 30_000;
}
