import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import vm from "node:vm";
import type { SessionSnapshot } from "../../../nodes/lib/speech-to-text/snapshot";

const HOUR = 3_600_000;
/** A day of 24 hours, in the coordinates of which a minute is one. */
const DAY = { from: 100 * HOUR, until: 124 * HOUR };

const html = readFileSync(resolve(__dirname, "../../../nodes/assemblyai-sidebar.html"), "utf8");
/** The editor's scripts are no modules: this one is taken out of the page as it is delivered. */
const [source = ""] = /^const SidebarDay = \(\(\) => \{$[\s\S]*?^\}\)\(\);$/m.exec(html) ?? [];
const { Day } = vm.runInNewContext(`${source}\nSidebarDay`) as typeof SidebarDay;

function session(id: string, fromHour: number, untilHour: number): SessionSnapshot {
  const [from, until] = [DAY.from + fromHour * HOUR, DAY.from + untilHour * HOUR];
  return { id, from, until, seconds: (until - from) / 1000, costUsd: 0, reason: "silence" };
}

const span = (fromHour: number, untilHour: number) => ({ from: DAY.from + fromHour * HOUR, until: DAY.from + untilHour * HOUR });
const ids = (day: InstanceType<typeof Day>) => Array.from(day.sessions, ({ id }) => id);

describe("the sidebar's bar of a day", () => {
  it("draws sessions and the time of listening to scale", () => {
    const day = new Day();
    day.add({ sessions: [session("a", 1, 1.5), session("b", 12, 12)], listened: [span(0, 24)] }, DAY);
    assert.equal(day.sessionsPath, "M60 0V1H90V0ZM720 0V1H720V0Z");
    assert.equal(day.listenedPath, "M0 0V1H1440V0Z");
  });

  it("cuts off what was before midnight, and lets go of what was over by then", () => {
    const day = new Day();
    day.add({ sessions: [session("a", -2, -1), session("b", -1, 1)], listened: [span(-3, -2), span(-2, 0.5)] }, DAY);
    assert.deepEqual(ids(day), ["b"]);
    assert.equal(day.sessionsPath, "M0 0V1H60V0Z");
    assert.equal(day.listenedPath, "M0 0V1H30V0Z");
    day.add({ sessions: [], listened: [] }, { from: DAY.until, until: DAY.until + 24 * HOUR });
    assert.deepEqual([ids(day), day.sessionsPath, day.listenedPath], [[], "", ""]);
  });

  it("puts what is new beside what it has, and what has grown in the place of what was", () => {
    const day = new Day();
    day.add({ sessions: [session("b", 2, 3)], listened: [span(2, 3)] }, DAY);
    day.add({ sessions: [session("b", 2, 4), session("a", 1, 1.5)], listened: [span(2, 4)] }, DAY);
    assert.deepEqual(ids(day), ["a", "b"]);
    assert.equal(day.listenedPath, "M120 0V1H240V0Z");
  });

  it("is to scale on the days on which the clocks change", () => {
    const day = new Day();
    day.add({ sessions: [session("a", 0, 11.5)], listened: [] }, { from: DAY.from, until: DAY.from + 23 * HOUR });
    assert.equal(day.sessionsPath, "M0 0V1H720V0Z");
  });

  it("finds the session under the pointer, or the nearest one within reach", () => {
    const day = new Day();
    day.add({ sessions: [session("a", 6, 7), session("b", 12, 12.001)], listened: [] }, DAY);
    const at = (hour: number) => day.nearest(hour / 24, 0.01); // 14.4 minutes
    assert.deepEqual([at(6.5), at(5.8), at(5.7), at(12.2), at(12.3), at(7.2)], [0, 0, undefined, 1, undefined, 0]);
    day.add({ sessions: [session("c", 7.2, 7.3)], listened: [] }, DAY);
    assert.deepEqual([at(7.09), at(7.11)], [0, 1], "of two, the nearer one");
  });
});
