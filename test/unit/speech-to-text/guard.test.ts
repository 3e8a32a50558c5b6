import assert from "node:assert/strict";
import type { ConnectionHandlers } from "../../../nodes/lib/assemblyai/connection";
import { AaiError } from "../../../nodes/lib/common/errors";
import { guardClock, guardConnect } from "../../../nodes/lib/speech-to-text/guard";
import { FakeClock } from "../../support/fake-clock";

const broken = () => {
  throw new TypeError("x is undefined");
};

describe("guard", () => {
  it("reports what a timer throws, and lets the clock go on", () => {
    const clock = new FakeClock();
    const reported: AaiError[] = [];
    const guarded = guardClock(clock, (error) => reported.push(error));
    let fired = 0;
    guarded.setTimeout(broken, 10);
    guarded.setTimeout(() => fired++, 20);
    guarded.setTimeout(() => fired++, 30).cancel();
    clock.advance(100);
    assert.equal(fired, 1);
    assert.deepEqual(
      reported.map(({ code, message }) => [code, /x is undefined/.test(message)]),
      [["AAI_INTERNAL", true]],
    );
    assert.equal(guarded.now(), clock.now());
    assert.equal(guarded.date(), clock.date());
  });

  it("reports what a connection's handlers throw, and passes their arguments on", () => {
    const reported: AaiError[] = [];
    let socket: ConnectionHandlers | undefined;
    const calls: unknown[] = [];
    const connect = guardConnect(
      (url, apiKey, handlers) => {
        calls.push(url, apiKey);
        socket = handlers;
        return { send: () => undefined, ping: () => undefined, close: () => undefined, destroy: () => undefined };
      },
      (error) => reported.push(error),
    );
    connect("ws://host/v3/ws", "key", {
      opened: broken,
      text: (data) => {
        calls.push(data);
        broken();
      },
      alive: broken,
      closed: (closed) => {
        calls.push(closed);
        throw new AaiError("AAI_KEY_MISSING");
      },
    });
    socket?.opened();
    socket?.text("frame");
    socket?.alive();
    socket?.closed({ code: 1006, reason: "" });
    assert.deepEqual(calls, ["ws://host/v3/ws", "key", "frame", { code: 1006, reason: "" }]);
    assert.deepEqual(
      reported.map(({ code }) => code),
      ["AAI_INTERNAL", "AAI_INTERNAL", "AAI_INTERNAL", "AAI_KEY_MISSING"],
    );
  });
});
