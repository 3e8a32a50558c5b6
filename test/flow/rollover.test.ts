import assert from "node:assert/strict";
import helper from "node-red-node-test-helper";
import type { SimulatorOptions } from "../../simulator";
import { LiveFlow } from "../support/live-flow";
import { spoken } from "../support/spoken";

const SCRIPT = spoken();
const RECORDINGS = ["goforward", "librivox_0880", "librivox_0870", "librivox_0930"] as const;
const LONG_SCRIPT = spoken({ recordings: [...RECORDINGS, ...RECORDINGS, ...RECORDINGS] });

describe("rollover", function () {
  this.timeout(60_000);
  let flow: LiveFlow;

  before(() => helper.startServer());
  after(() => helper.stopServer());
  afterEach(async () => assert.equal(await flow.unload(), 0, "timers are left"));

  async function speak(properties: Record<string, unknown>, options: SimulatorOptions = {}, script = SCRIPT): Promise<void> {
    flow = await LiveFlow.load(properties, options);
    await flow.play(script.pcm);
    await flow.untilHungUp();
    assert.equal(flow.texts(), script.words.join(" "));
    flow.assertAccounted();
    for (const { record } of flow.simulator.sessions.filter(({ id }) => id !== "")) {
      assert.ok(record.terminateAt !== undefined, "a session was left to the server to end");
      assert.equal(record.closeCode, 1000);
    }
    for (const { estimated } of flow.terminations()) assert.equal(estimated, false);
    assert.deepEqual(flow.errorCodes(), []);
  }

  function assertRolledOver(): void {
    const reasons = flow.terminations().map(({ reason }) => reason);
    assert.equal(reasons[0], "max-duration");
    assert.ok(reasons.length > 1 && reasons.every((reason) => reason === "max-duration" || reason === "silence"), reasons.join());
  }

  for (const seconds of [16, 20, 24, 31]) {
    it(`comes before the server's own end of a session, here after ${seconds} s, and loses no word`, async () => {
      await speak({}, { maxSessionMs: seconds * 1000 });
      assertRolledOver();
      for (const { record } of flow.simulator.sessions) {
        const lasted = (record.terminateAt as number) - (record.begunAt as number);
        assert.ok(lasted < seconds * 1000, `${lasted} ms`);
      }
    });
  }

  for (const seconds of [8, 9, 13, 20, 25]) {
    it(`comes at maxSession, here ${seconds} s, while someone speaks, and loses no word`, async () => {
      await speak({ maxSession: seconds / 60 });
      assertRolledOver();
      const [first, second] = flow.simulator.sessions;
      assert.ok((second?.record.begunAt ?? 0) <= (first?.record.terminateAt ?? 0), "the next one opens first");
    });
  }

  it("goes on with the one session where the next one cannot be had, and tries again", async () => {
    await speak({}, { maxSessionMs: 58_000, faults: [undefined, { kind: "close-before-begin" }] }, LONG_SCRIPT);
    assert.ok(flow.simulator.sessions.length >= 3);
  });

  it("takes over at once where the session drops while the next one is opening", async () => {
    flow = await LiveFlow.load({ maxSession: 8 / 60 }, { faults: [{ kind: "drop", at: { afterAudioMs: 8_600 } }] });
    await flow.play(SCRIPT.pcm);
    await flow.untilHungUp();
    assert.equal(flow.texts(), SCRIPT.words.join(" "));
    flow.assertAccounted();
    assert.ok(!flow.events.messages.some((msg) => msg["event"] === "reconnecting"));
  });
});
