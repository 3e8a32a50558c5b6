import { usdPerHourOf } from "./coincidences";
import { PUNCTUAL_MS, reasonOf } from "./deadlines";
import type { Came } from "./flow";
import type { Record, Violation } from "./run";
import type { ConnectionLog } from "./service";

/** What a session costs is known by its Termination, in whole seconds; s. */
const ROUNDING_S = 0.6;
const ROUNDED_OFF_S = 2;
/** The figures of a session that a crash ends are so old at most, s. */
const OLDEST_FIGURES_S = 10;
/** Sums of binary fractions, and of costs that are rounded to the millionth, USD. */
const TOLERANCE_USD = 1e-5;
const LEVELS = [0.8, 1] as const;

type BudgetCame = Extract<Came, { what: "budget" }>;

/** Whether the budget is used up, not only the first level of it. */
export function isWhole({ usedUsd, budgetUsd }: Pick<BudgetCame, "usedUsd" | "budgetUsd">): boolean {
  return usedUsd >= budgetUsd - 1e-6;
}

/** When an engine was first known to have used up its budget; Infinity where it never was. */
export function overBudgetAt({ marks }: Pick<Record, "marks">, generation: number): number {
  return marks.find((mark) => mark.what === "over budget" && mark.generation === generation)?.at ?? Infinity;
}

/** What a node spends: nothing once its budget is used up, over restarts, too; and each level is told once, in time. */
export function spending(record: Record): Violation[] {
  if (record.schedule.properties["budgetUsd"] === undefined) return [];
  return [costs, nothingOpened, ended, toldOnce, toldInTime].flatMap((check) => check(record));
}

/** A termination tells what the session has cost. */
function costs(record: Record): Violation[] {
  return record.came.flatMap((each) => {
    if (each.what !== "termination") return [];
    const log = record.connections.find(({ connection }) => connection.log.id === each.sessionId)?.connection.log;
    if (!log) return [{ kind: "cost", text: `${each.sessionId} is unknown` }];
    const paid = paidMs(log, Infinity) / 1_000;
    const counted = (each.costUsd * 3_600) / usdPerHourOf(record.schedule);
    const least = paid - ROUNDING_S - (each.reason === "crash" ? OLDEST_FIGURES_S : 0);
    if (counted >= least && counted <= paid + ROUNDING_S) return [];
    return [{ kind: "cost", text: `${each.sessionId} was open for ${paid} s and is counted as ${counted} s` }];
  });
}

/** From when on a generation may open nothing: from its start, where the ones before have told that they have used up everything. */
function closedFrom(record: Record, generation: number): number {
  const { marks, schedule } = record;
  const isEnd = ({ what, generation: of }: Record["marks"][number]) => (what === "close" || what === "crash") && of === generation - 1;
  const startedAt = marks.findLast(isEnd)?.at ?? 0;
  const isUsedUp = bookedUsd(record, generation) >= Number(schedule.properties["budgetUsd"]) + TOLERANCE_USD;
  return isUsedUp ? startedAt : overBudgetAt(record, generation);
}

/** USD that count as spent when a life of the node begins. A session that the budget has ended may be billed half a second less. */
function bookedUsd({ came, connections, schedule }: Record, generation: number): number {
  const before = new Set(connections.flatMap((each) => (each.generation < generation ? [each.connection.log.id] : [])));
  const told = new Map<string, number>();
  for (const each of came) {
    if (each.what !== "termination" || !before.has(each.sessionId)) continue;
    const roundedOff = each.reason === "budget" ? (ROUNDED_OFF_S * usdPerHourOf(schedule)) / 3_600 : 0;
    told.set(each.sessionId, Math.min(each.costUsd + roundedOff, told.get(each.sessionId) ?? Infinity));
  }
  return [...told.values()].reduce((sum, usd) => sum + usd, 0);
}

function nothingOpened(record: Record): Violation[] {
  return record.connections.flatMap(({ connection: { log }, generation }) => {
    const from = closedFrom(record, generation);
    // A stream that waits in line may get its turn as the others leave it, and lets go at once.
    const isLetGo = log.letGoAt <= log.connectAt || log.closedAt <= log.connectAt;
    if (log.connectAt <= from || isLetGo) return [];
    return [{ kind: "opened over budget", text: `connection ${log.number}, ${Math.round(log.connectAt - from)} ms after` }];
  });
}

/** What runs when the budget is used up is terminated at once, and says why. */
function ended(record: Record): Violation[] {
  return record.connections.flatMap(({ connection: { log }, generation }) => {
    const at = overBudgetAt(record, generation);
    if (log.connectAt > at || Math.min(log.letGoAt, log.closedAt) < at || record.marks.some((mark) => mark.what === "crash")) return [];
    // After an Error, the close is waited for.
    if (log.errorCode !== undefined) return [];
    const due = at + PUNCTUAL_MS;
    if (Math.min(log.letGoAt, log.closedAt) > due) {
      return [{ kind: "goes on over budget", text: `connection ${log.number}` }];
    }
    const reason = reasonOf(record, log);
    // One that only hears what is owed is ended as it begins, for the reason for which the one before it was.
    const isOurs = log.terminateAt > at && log.terminateAt <= due && log.terminateAt > log.begunAt;
    if (!isOurs || reason === undefined || !["silence", "server"].includes(reason)) return [];
    return [{ kind: "goes on over budget", text: `connection ${log.number} ends by "${reason}"` }];
  });
}

/**
 * Each level is told once in a day, however often the node is started anew, unless the book says less than was told: the service bills whole
 * seconds, and a crash leaves older figures.
 */
function toldOnce(record: Record): Violation[] {
  const told = record.came.filter((each) => each.what === "budget");
  return [told.filter((each) => !isWhole(each)), told.filter(isWhole)].flatMap((all, index) => {
    const share = LEVELS[index] as number;
    const isKnown = ({ generation, budgetUsd }: BudgetCame) => bookedUsd(record, generation) >= share * budgetUsd + TOLERANCE_USD;
    const again = all.slice(1).find((each, before) => each.generation === all[before]?.generation || isKnown(each));
    return again ? [{ kind: "budget told", text: `${100 * share} % again, at ${(again.at - 1000) / 1000} s` }] : [];
  });
}

/** A level is told when it is reached. */
function toldInTime(record: Record): Violation[] {
  const { came, marks, schedule } = record;
  if (marks.some(({ what }) => what === "crash")) return [];
  const budgetUsd = Number(schedule.properties["budgetUsd"]);
  const rate = usdPerHourOf(schedule) / 3_600;
  const error = (at: number) =>
    TOLERANCE_USD + rate * ROUNDING_S * record.connections.filter(({ connection }) => connection.log.openedAt < at).length;
  const violations: Violation[] = [];
  for (const each of came) {
    if (each.what !== "budget") continue;
    const level = (isWhole(each) ? 1 : LEVELS[0]) * budgetUsd;
    if (spentUsd(record, each.at) >= level - error(each.at)) continue;
    violations.push({ kind: "budget told", text: `${level} USD too early, at ${spentUsd(record, each.at)} USD` });
  }
  const closedAt = marks.filter(({ what }) => what === "close").map(({ at }) => at);
  for (const share of LEVELS) {
    const level = share * budgetUsd;
    const at = closedAt.find((time) => spentUsd(record, time - PUNCTUAL_MS) >= level + error(time));
    const isTold = came.some((each) => each.what === "budget" && each.usedUsd >= level - 1e-6);
    // What the sessions of an earlier life have cost until they were closed is told to nobody.
    const isCrossedInClosing = closedAt.some(
      (time) => spentUsd(record, time - PUNCTUAL_MS) < level + error(time) && spentUsd(record, time + 6_000) >= level - error(time),
    );
    if (at !== undefined && !isTold && !isCrossedInClosing)
      violations.push({ kind: "budget told", text: `${100 * share} % never, at ${(at - 1000) / 1000} s` });
  }
  return violations;
}

/** USD that has been spent by then, by the service's own facts. */
function spentUsd({ connections, schedule }: Record, at: number): number {
  const ms = connections.reduce((sum, { connection: { log } }) => sum + (log.begunAt <= at ? paidMs(log, at) : 0), 0);
  return (ms * usdPerHourOf(schedule)) / 3_600_000;
}

/** How long a session had been open by then; once its Termination has come, as that says. */
function paidMs({ openedAt, closedAt, terminationAt, billedS }: ConnectionLog, at: number): number {
  if (terminationAt <= Math.min(at, closedAt) && billedS !== undefined) return billedS * 1_000;
  return Math.min(at, closedAt) - openedAt;
}
