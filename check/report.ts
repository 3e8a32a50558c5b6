import { hourlyRate, sessionCost } from "../nodes/lib/billing/pricing";
import { ASSUMPTIONS, MODEL, type AssumptionId, type Measured } from "./assumptions";
import type { Outcome } from "./run";

export interface Finding {
  id: AssumptionId;
  what: string;
  assumed: string;
  /** absent where it could not be measured */
  seen?: string;
  result: "equal" | "different" | "not measured";
}

/** What is attached to a report. It holds no key, no session's id and no word that was spoken. */
export interface Report {
  version: string;
  date: string;
  host: string;
  model: string;
  sessions: number;
  seconds: number;
  costUsd: number;
  findings: Finding[];
  problems: string[];
}

const LONGEST_QUOTE = 600;
const MARKS: Readonly<Record<Finding["result"], string>> = { equal: "=", different: "≠", "not measured": "?" };

export function reportOf(outcome: Outcome, about: { version: string; date: string; host: string }): Report {
  const { measured, problems, sessions, seconds } = outcome;
  return {
    ...about,
    model: MODEL,
    sessions,
    seconds: Math.round(seconds),
    costUsd: sessionCost(seconds, hourlyRate(MODEL)),
    findings: findingsOf(measured),
    problems: problems.map(plain),
  };
}

function findingsOf(measured: Measured): Finding[] {
  const ids = Object.keys(ASSUMPTIONS) as AssumptionId[];
  return ids.map((id) => {
    const seen = measured[id];
    const { what, assumed } = ASSUMPTIONS[id];
    if (!seen) return { id, what, assumed, result: "not measured" };
    return { id, what, assumed, seen: plain(seen.seen), result: seen.equal ? "equal" : "different" };
  });
}

/** Quoted words of a server, as a terminal may show them. */
export function plain(text: string): string {
  return text.replace(/\p{C}/gu, "·").slice(0, LONGEST_QUOTE);
}

/** The report as people read it. */
export function tableOf({ findings, problems, sessions, seconds, costUsd, host }: Report): string {
  const rows = findings.map(({ what, assumed, seen = "not measured", result }) => [`${MARKS[result]} ${what}`, assumed, seen] as const);
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column as 0 | 1].length)));
  const line = ([what, assumed, seen]: readonly [string, string, string]) =>
    `${what.padEnd(widths[0] ?? 0)}  ${assumed.padEnd(widths[1] ?? 0)}  ${seen}`;
  const idsOf = (result: Finding["result"]) => findings.filter((finding) => finding.result === result).map(({ id }) => id);
  const [different, open] = [idsOf("different"), idsOf("not measured")];
  return [
    line(["  assumption", "assumed", "seen"]),
    ...rows.map(line),
    "",
    `${findings.length - different.length - open.length} of ${findings.length} assumptions hold at ${host}.`,
    ...(different.length > 0 ? [`Different: ${different.join(", ")}`] : []),
    ...(open.length > 0 ? [`Not measured: ${open.join(", ")}`] : []),
    ...problems,
    `${sessions} sessions, ${seconds} s in all: $${costUsd.toFixed(4)} at the service's price.`,
    "",
  ].join("\n");
}
