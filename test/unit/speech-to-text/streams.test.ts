import assert from "node:assert/strict";
import { AaiError } from "../../../nodes/lib/common/errors";
import { Streams } from "../../../nodes/lib/speech-to-text/streams";
import { readStreamingSettings } from "../../../nodes/lib/speech-to-text/settings";
import { FakeClock } from "../../support/fake-clock";
import { FakeService } from "../../support/fake-service";
import { memoryInUse } from "../../support/memory";

const PIECE = Buffer.alloc(1600);

function streams(properties: Record<string, unknown>): { clock: FakeClock; service: FakeService; streams: Streams } {
  const [clock, service] = [new FakeClock(), new FakeService()];
  const account = () => ({ url: "ws://127.0.0.1/v3/ws", apiKey: "key" });
  const settings = readStreamingSettings({ perTopic: true, ...properties });
  return { clock, service, streams: new Streams({ clock, connect: service.connect, account, settings }, () => undefined) };
}

describe("streams", () => {
  it("refuse more topics than maxStreams, and keep nothing of those", () => {
    const { streams: it, service } = streams({ maxStreams: 3 });
    let refused = 0;
    const send = (from: number, to: number) => {
      for (let index = from; index < to; index++) {
        try {
          it.stream(`${index} ${"x".repeat(1000)}`)?.audio(PIECE);
        } catch (error) {
          assert.equal((error as AaiError).code, "AAI_TOO_MANY_STREAMS");
          refused++;
        }
      }
    };
    send(0, 1000);
    const before = memoryInUse().heap;
    send(1000, 10_000);
    const grown = memoryInUse().heap - before;
    assert.ok(grown < 1_000_000, `the heap has grown by ${grown} bytes`);
    assert.equal(refused, 9997);
    assert.equal(service.connections.length, 3);
    assert.equal(it.statuses.length, 3);
  });

  it("forget topics that are idle: 10,000 of them may be used one after another", () => {
    const { streams: it, clock } = streams({ maxStreams: 5, open: "command" });
    for (let index = 0; index < 10_000; index++) {
      it.stream(`topic ${index}`)?.audio(PIECE);
      clock.advance(3000);
      assert.ok(it.statuses.length <= 5);
    }
  });

  it("count messages without a topic as one of them, and refuse topics that are no strings", () => {
    const { streams: it, service } = streams({});
    for (const topic of [undefined, null, ""]) it.stream(topic)?.audio(PIECE);
    assert.equal(service.connections.length, 1);
    for (const topic of [7, true, {}, ["kitchen"], Symbol("kitchen")]) {
      assert.throws(() => it.stream(topic), { code: "AAI_TOPIC" });
      assert.throws(() => it.stop(topic), { code: "AAI_TOPIC" });
    }
  });

  it("take nothing once they are closed: a late message opens no session", async () => {
    const { streams: it, service } = streams({});
    await it.close("redeploy");
    assert.equal(it.stream("kitchen"), undefined);
    assert.equal(service.connections.length, 0);
  });
});
