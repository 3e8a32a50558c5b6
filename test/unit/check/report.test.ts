import assert from "node:assert/strict";
import { ASSUMPTIONS } from "../../../check/assumptions";
import { reportOf, tableOf } from "../../../check/report";

const about = { version: "1.2.3", date: "2026-11-21T00:00:00.000Z", host: "127.0.0.1:8765" };
const none = { measured: {}, problems: [], sessions: 0, seconds: 0 };

describe("the report of a check", () => {
  it("says equal, different or not measured of each assumption", () => {
    const measured = { terminate: { seen: "0.6 s", equal: true }, pings: { seen: "yes", equal: false } };
    const { findings, ...rest } = reportOf({ measured, problems: ["speech: no"], sessions: 2, seconds: 80.4 }, about);
    assert.deepEqual(rest, { ...about, model: "universal-3-6-pro", sessions: 2, seconds: 80, costUsd: 0.01005, problems: ["speech: no"] });
    assert.equal(findings.length, Object.keys(ASSUMPTIONS).length);
    const resultOf = (id: string) => findings.find((finding) => finding.id === id)?.result;
    assert.deepEqual(["terminate", "pings", "begin"].map(resultOf), ["equal", "different", "not measured"]);
    assert.ok(!("seen" in (findings[0] ?? {})));
  });

  it("shows them in a table, and sums them up", () => {
    const measured = { terminate: { seen: "0.6 s", equal: true }, pings: { seen: "yes", equal: false } };
    const table = tableOf(reportOf({ ...none, measured }, about));
    assert.match(table, /^= Termination after Terminate +within 5 s +0\.6 s$/m);
    assert.match(table, /^≠ WebSocket pings put off inactivity_timeout +no +yes$/m);
    assert.match(table, /^\? Begin comes first .+ not measured$/m);
    const count = Object.keys(ASSUMPTIONS).length;
    assert.ok(table.includes(`1 of ${count} assumptions hold at 127.0.0.1:8765.\nDifferent: pings\nNot measured: begin, `));
  });

  it("quotes a server without what a terminal would obey, and not at length", () => {
    const evil = `\x1b[2J\x07${"x".repeat(1000)}\u202e`;
    const { findings, problems } = reportOf({ ...none, measured: { begin: { seen: evil, equal: false } }, problems: [evil] }, about);
    for (const text of [findings[0]?.seen ?? "", problems[0] ?? ""]) {
      assert.match(text, /^·\[2J·x+$/);
      assert.ok(text.length <= 600);
    }
  });
});
