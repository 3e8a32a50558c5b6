/** The figures of whole days as a file in the documents: scripts/cost-bar.mjs draws them. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../test/support/node-red-process";
import type { ClientName, Result } from "./run";
import type { DayPlan } from "./schedule";

export const RECORD = join(root, "docs/day.json");
const WHOLE_DAY_H = 24;

/** One row of a table of docs/cost.md. */
export interface Row {
  billedSeconds: number;
  costUsd: number;
  /** of `words` of the day */
  recognised: number;
  firstWordsLost: number;
  sessions: number;
  /** when it was measured, ISO 8601 */
  date: string;
}

export interface DayRecord {
  longestPauseMs: number;
  television: boolean;
  sentences: number;
  words: number;
  /** the machine of the newest rows */
  machine: string;
  rows: Partial<Record<ClientName, Row>>;
}

/** Puts what was measured into the records, in the place of older rows of the same day. A shorter day is no record. */
export function updateRecords(
  records: readonly DayRecord[],
  plan: DayPlan,
  results: ReadonlyMap<ClientName, Result>,
  { usd, machine, date }: { usd: (billedSeconds: number) => number; machine: string; date: string },
): DayRecord[] {
  const [first] = results.values();
  if (plan.hours !== WHOLE_DAY_H || !first) return [...records];
  const { longestPauseMs, television } = plan;
  const isSame = (day: DayRecord) => day.longestPauseMs === longestPauseMs && day.television === television;
  const measured = [...results].map(([client, { billedSeconds, recognised, firstWordsLost, sessions }]): [ClientName, Row] => [
    client,
    { billedSeconds, costUsd: usd(billedSeconds), recognised, firstWordsLost, sessions, date },
  ]);
  const rows = { ...records.find(isSame)?.rows, ...Object.fromEntries(measured) };
  const { sentences, words } = first;
  const updated = { longestPauseMs, television, sentences, words, machine, rows };
  return records.some(isSame) ? records.map((day) => (isSame(day) ? updated : day)) : [...records, updated];
}

export function readRecords(): DayRecord[] {
  return JSON.parse(readFileSync(RECORD, "utf8")) as DayRecord[];
}

export function writeRecords(records: readonly DayRecord[]): void {
  writeFileSync(RECORD, `${JSON.stringify(records, null, 2)}\n`);
}
