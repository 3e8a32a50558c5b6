import assert from "node:assert/strict";
import { updateRecords, type DayRecord } from "../../../bench/day/record";
import type { ClientName, Result } from "../../../bench/day/run";

const PLAN = { hours: 24, longestPauseMs: 8000, television: false };
const CONTEXT = { usd: (seconds: number) => seconds / 8000, machine: "a machine", date: "2026-11-22" };

function measured(client: ClientName, billedSeconds: number): [ClientName, Result] {
  return [client, { billedSeconds, sessions: 2, speed: 100, words: 53, recognised: 50, sentences: 40, firstWordsLost: 1 }];
}

describe("the record of whole days", () => {
  const old = updateRecords([], PLAN, new Map([measured("speech", 400), measured("sdk", 86_400)]), { ...CONTEXT, date: "2026-11-20" });

  it("has a row for each client, with its cost and date", () => {
    const row = { billedSeconds: 400, costUsd: 0.05, recognised: 50, firstWordsLost: 1, sessions: 2, date: "2026-11-20" };
    assert.equal(old.length, 1);
    assert.deepEqual(old[0]?.rows.speech, row);
    assert.deepEqual([old[0]?.words, old[0]?.sentences], [53, 40]);
  });

  it("replaces what was measured again, and keeps the other rows and the other days in their places", () => {
    const other: DayRecord = { longestPauseMs: 4000, television: false, sentences: 40, words: 53, machine: "another", rows: {} };
    const [day, kept] = updateRecords([...old, other], PLAN, new Map([measured("speech", 360)]), CONTEXT);
    assert.deepEqual([day?.rows.speech?.billedSeconds, day?.rows.speech?.date, day?.machine], [360, "2026-11-22", "a machine"]);
    assert.deepEqual(day?.rows.sdk, old[0]?.rows.sdk);
    assert.deepEqual(kept, other);
  });

  it("takes a day with a television for another", () => {
    const days = updateRecords(old, { ...PLAN, television: true }, new Map([measured("wake-word", 186)]), CONTEXT);
    assert.deepEqual(
      days.map(({ television }) => television),
      [false, true],
    );
  });

  it("is not changed by a shorter day, nor by one that nobody transcribed", () => {
    assert.deepEqual(updateRecords(old, { ...PLAN, hours: 1 }, new Map([measured("speech", 1)]), CONTEXT), old);
    assert.deepEqual(updateRecords(old, PLAN, new Map(), CONTEXT), old);
  });
});
