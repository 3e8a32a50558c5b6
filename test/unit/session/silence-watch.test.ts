import assert from "node:assert/strict";
import { SilenceWatch } from "../../../nodes/lib/session/silence-watch";
import { FakeClock } from "../../support/fake-clock";

/** A watch of 5 s that has been started, on a server that answers, or does not. */
function watch({ answers }: { answers: boolean }) {
  const clock = new FakeClock();
  const begin = clock.now();
  const told: string[] = [];
  const watched: SilenceWatch = new SilenceWatch(clock, 5000, {
    ask: () => {
      told.push(`asked ${clock.now() - begin}`);
      if (answers) watched.answered();
    },
    silent: () => told.push(`silent ${clock.now() - begin}`),
  });
  watched.start();
  return { clock, told, watch: watched };
}

describe("silence-watch", () => {
  it("asks half a second before the timeout, and is silent at the timeout where the server has answered", () => {
    const { clock, told, watch: it } = watch({ answers: true });
    clock.advance(60_000);
    assert.deepEqual(told, ["asked 4500", "silent 5000"]);
    assert.equal(it.remainingMs, undefined);
    assert.equal(clock.timers, 0);
  });

  it("takes any message for a sign of life, and only a text for speech", () => {
    const { clock, told, watch: it } = watch({ answers: false });
    clock.advance(4600);
    it.messageCame();
    clock.advance(400);
    assert.deepEqual(told, ["asked 4500", "silent 5000"]);
    it.start();
    clock.advance(4600);
    it.messageCame();
    it.textCame();
    assert.equal(it.remainingMs, 5000);
    clock.advance(400);
    assert.deepEqual(told.slice(2), ["asked 9500"]);
  });

  it("waits without an answer, and is silent once one comes within a second", () => {
    const { clock, told, watch: it } = watch({ answers: false });
    clock.advance(5999);
    assert.deepEqual(told, ["asked 4500"]);
    it.answered();
    assert.deepEqual(told, ["asked 4500", "silent 5999"]);
    assert.equal(clock.timers, 0);
  });

  it("counts anew after an answer that is later: what was said meanwhile is still to come", () => {
    const { clock, told, watch: it } = watch({ answers: false });
    clock.advance(6000);
    it.answered();
    assert.equal(it.remainingMs, 5000);
    clock.advance(4500);
    it.answered();
    clock.advance(500);
    assert.deepEqual(told, ["asked 4500", "asked 10500", "silent 11000"]);
  });

  it("counts anew from a text that comes while it waits for an answer, and takes the answer for nothing more", () => {
    const { clock, told, watch: it } = watch({ answers: false });
    clock.advance(5100);
    it.messageCame();
    it.textCame();
    clock.advance(100);
    it.answered();
    assert.equal(it.remainingMs, 4900);
    assert.deepEqual(told, ["asked 4500"]);
  });

  it("is not silent by an answer that comes after it was stopped or started anew", () => {
    for (const end of ["stop", "start"] as const) {
      const { clock, told, watch: it } = watch({ answers: false });
      clock.advance(5100);
      it[end]();
      it.answered();
      clock.advance(1000);
      assert.deepEqual(told, ["asked 4500"]);
      assert.equal(it.remainingMs, end === "stop" ? undefined : 4000);
    }
  });

  it("does not begin to count by what it is told while it is stopped", () => {
    const { clock, told, watch: it } = watch({ answers: true });
    it.stop();
    it.messageCame();
    it.textCame();
    it.answered();
    it.elapseIn(100);
    clock.advance(10_000);
    assert.deepEqual(told, []);
    assert.equal(clock.timers, 0);
  });

  it("knows when the server was last heard from", () => {
    const { clock, watch: it } = watch({ answers: false });
    clock.advance(100);
    it.messageCame();
    const messageAt = clock.now();
    clock.advance(100);
    assert.equal(it.lastHeardAt, messageAt);
    it.answered();
    assert.equal(it.lastHeardAt, clock.now());
  });
});
