import assert from "node:assert/strict";
import { AaiError } from "../../../nodes/lib/common/errors";
import { RunToCompletion } from "../../../nodes/lib/stream/run-to-completion";
import type { StreamEvent } from "../../../nodes/lib/stream/stream-events";
import { FakeClock } from "../../support/fake-clock";
import { FakeService } from "../../support/fake-service";

function steps(deliver: (event: StreamEvent) => void = () => undefined) {
  const clock = new FakeClock();
  const service = new FakeService();
  const delivered: StreamEvent[] = [];
  const it = new RunToCompletion(clock, service.connect, (event) => {
    delivered.push(event);
    deliver(event);
  });
  return { clock, service, delivered, steps: it };
}

const warning = (): StreamEvent => ({ type: "warning", error: new AaiError("AAI_SERVER_WARNING", { code: "1", text: "" }) });

describe("run to completion", () => {
  it("delivers what a step emits when the step is over, in order", () => {
    const { steps: it, delivered } = steps();
    const result = it.run(() => {
      it.emit({ type: "changed" });
      it.run(() => it.emit(warning()));
      assert.deepEqual(delivered, []);
      return 7;
    });
    assert.equal(result, 7);
    assert.deepEqual(
      delivered.map(({ type }) => type),
      ["changed", "warning"],
    );
  });

  it("runs a step that a delivery asks for at once, and delivers what it emits behind what waits", () => {
    const order: string[] = [];
    const rig = steps(({ type }) => {
      order.push(type);
      if (order.length > 1) return;
      rig.steps.run(() => rig.steps.emit({ type: "failed", error: new AaiError("AAI_INPUT", { kind: "" }) }));
      order.push("the step has run");
    });
    rig.steps.run(() => {
      rig.steps.emit({ type: "changed" });
      rig.steps.emit(warning());
    });
    assert.deepEqual(order, ["changed", "the step has run", "warning", "failed"]);
  });

  it("throws a step's error to its caller, after delivering what was emitted before", () => {
    const { steps: it, delivered } = steps();
    assert.throws(
      () =>
        it.run(() => {
          it.emit({ type: "changed" });
          throw new Error("refused");
        }),
      /refused/,
    );
    assert.equal(delivered.length, 1);
  });

  it("emits what a timer or a connection's callback throws as an error, and throws nothing", () => {
    const { steps: it, clock, service, delivered } = steps();
    const fail = () => {
      throw new TypeError("a defect");
    };
    it.clock.setTimeout(fail, 10);
    clock.advance(10);
    it.connect("ws://127.0.0.1/v3/ws", "key", { opened: fail, text: fail, alive: fail, closed: fail });
    service.last.open().receive("{}");
    service.last.pong();
    service.last.destroy();
    assert.deepEqual(
      delivered.map((event) => event.type === "error" && event.error.code),
      Array.from({ length: 5 }, () => "AAI_INTERNAL"),
    );
  });

  it("reports a delivery that throws once, and delivers the others", () => {
    const { steps: it, delivered } = steps(() => {
      throw new Error("a node downstream");
    });
    it.run(() => {
      it.emit({ type: "changed" });
      it.emit(warning());
    });
    assert.deepEqual(
      delivered.map(({ type }) => type),
      ["changed", "error", "warning", "error"],
    );
  });
});
