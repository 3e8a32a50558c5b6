import assert from "node:assert/strict";
import { SessionLine, type Place } from "../../../nodes/lib/assemblyai/session-line";
import { FakeClock } from "../../support/fake-clock";

/** A line, and a service that takes `allowed` sessions a minute. */
function line(allowed: number) {
  const clock = new FakeClock();
  const it = new SessionLine(clock, () => 0);
  const begun: { name: string; at: number }[] = [];
  const taken: number[] = [];
  const start = clock.now();
  const enter = (name: string) => {
    let place: Place | undefined;
    const connect = () => {
      // The answer comes a little later, as a real one does.
      clock.setTimeout(() => {
        const now = clock.now();
        while (taken.length > 0 && (taken[0] as number) <= now - 60_000) taken.shift();
        if (!place) throw new Error("no place");
        if (taken.length >= allowed) return void it.refused(place);
        taken.push(now);
        begun.push({ name, at: now - start });
        it.begun(place);
      }, 500);
    };
    place = it.enter(connect);
    return place;
  };
  return { clock, line: it, begun, enter };
}

describe("session line", () => {
  it("lets everyone through at once until the service refuses one for its rate", () => {
    const { clock, begun, enter, line: it } = line(100);
    for (let index = 0; index < 50; index++) enter(`${index}`);
    clock.advance(500);
    assert.equal(begun.length, 50);
    assert.equal(it.isCrowded, false);
    assert.equal(clock.timers, 0);
  });

  it("gives twelve streams their sessions at 5 a minute, first come, first served, and is free again", () => {
    const { clock, begun, enter, line: it } = line(5);
    const names = Array.from({ length: 12 }, (_, index) => `${index}`);
    for (const name of names) enter(name);
    clock.advance(240_000);
    assert.deepEqual(
      begun.map(({ name }) => name),
      names,
    );
    assert.ok((begun.at(-1)?.at ?? Infinity) < 200_000, `the last one after ${begun.at(-1)?.at} ms`);
    assert.equal(it.isCrowded, false);
    assert.equal(clock.timers, 0);
  });

  it("puts whoever comes later behind those who wait", () => {
    const { clock, begun, enter } = line(1);
    enter("a");
    enter("b");
    clock.advance(2000);
    enter("c");
    clock.advance(200_000);
    assert.deepEqual(
      begun.map(({ name }) => name),
      ["a", "b", "c"],
    );
  });

  it("waits 5, 10, 20, 40, 60 s after refusals in a row", () => {
    const clock = new FakeClock();
    const it = new SessionLine(clock, () => 0);
    const waits: number[] = [];
    let place: Place | undefined;
    const connect = () => {
      if (place) waits.push(it.refused(place));
    };
    place = it.enter(connect);
    waits.push(it.refused(place));
    clock.advance(5000 + 10_000 + 20_000 + 40_000 + 60_000);
    assert.deepEqual(waits, [5000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  });

  it("goes on with the next one where the one that tries leaves, and keeps no timer when all have left", () => {
    const { clock, begun, enter, line: it } = line(1);
    const [, b, c] = ["a", "b", "c"].map(enter);
    clock.advance(5000);
    if (!b || !c) throw new Error("no place");
    it.leave(b);
    clock.advance(200_000);
    assert.deepEqual(
      begun.map(({ name }) => name),
      ["a", "c"],
    );
    it.leave(c);
    enter("d");
    const e = enter("e");
    clock.advance(1000);
    it.leave(e);
    assert.equal(it.isCrowded, false);
  });
});
