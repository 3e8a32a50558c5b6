import assert from "node:assert/strict";
import { until } from "../support/until";
import { PARTS, Site } from "./site";

describe("one room through a broker", () => {
  let site: Site;
  afterEach(() => site.close());

  /** NATS puts the rooms into parts, which the flow for two workers takes. */
  const flowFor = (kind: "mosquitto" | "nats-server"): Parameters<Site["start"]> =>
    kind === "mosquitto" ? [site.hub()] : [site.worker(PARTS), { worker: "workers/1" }];

  for (const kind of ["mosquitto", "nats-server"] as const) {
    it(`${kind}: every word comes out, and the service gets the samples bit by bit`, async () => {
      site = await Site.open(kind);
      await site.start(...flowFor(kind));
      const [kitchen] = await site.open(["ground/kitchen"]);
      await kitchen?.play(["librivox_0880", "librivox_0930"]);
      await site.untilQuiet();
      assert.equal(site.wordErrors, 0);
      const { listener } = site;
      const { heard } = site;
      assert.ok(heard.length > 0);
      const sent = Buffer.concat(kitchen?.sent ?? []);
      for (const audio of heard) assert.ok(sent.includes(audio), `${audio.length} bytes that nobody has sent`);
      assert.deepEqual(
        listener.of("termination").map(({ sessionId }) => sessionId),
        listener.of("begin").map(({ sessionId }) => sessionId),
      );
      for (const event of listener.events) assert.equal(event.topic, "rooms/ground/kitchen/audio");
    });
  }

  it("ends what is open at SIGTERM and after kill -9, and says so at the subscriber's end", async () => {
    site = await Site.open("mosquitto");
    const userDir = site.folder();
    let worker = await site.start(site.hub(), { userDir });
    const [kitchen] = await site.open(["ground/kitchen"]);
    const talk = kitchen?.play(["librivox_0870", "librivox_0880", "librivox_0930", "librivox_0870", "librivox_0880", "librivox_0930"]);
    const { listener, simulator } = site;
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      const begun = listener.of("begin").length;
      await until("a session", () => listener.of("begin").length > begun, 20_000);
      await worker.stop(signal);
      // After SIGKILL the service only finds out by the connection's end.
      await until(`the session's end after ${signal}`, () => simulator.ledger.state.open === 0, signal === "SIGTERM" ? 100 : 5_000);
      worker = await site.start([], { userDir });
    }
    await talk;
    await site.untilQuiet();
    const ended = listener.of("termination").map(({ sessionId, payload }) => [sessionId, payload["reason"]]);
    for (const { sessionId } of listener.of("begin"))
      assert.ok(
        ended.some(([id]) => id === sessionId),
        sessionId,
      );
    assert.equal(ended.filter(([, reason]) => reason === "redeploy").length, 1);
    assert.ok(ended.some(([, reason]) => reason === "crash"));
  });
});
