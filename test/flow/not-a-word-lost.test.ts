import assert from "node:assert/strict";
import helper from "node-red-node-test-helper";
import type { SimulatorOptions } from "../../simulator";
import { LiveFlow } from "../support/live-flow";
import { silence, spoken } from "../support/spoken";

const SCRIPT = spoken({ pauseMs: Number(process.env.PAUSE ?? 2500) });

describe("not a word lost", function () {
  this.timeout(60_000);
  let flow: LiveFlow;

  before(() => helper.startServer());
  after(() => helper.stopServer());
  afterEach(async () => assert.equal(await flow.unload(), 0, "timers are left"));

  /** All recordings, live; then silence until the session is over. */
  async function speak(options: SimulatorOptions = {}, properties: Record<string, unknown> = {}): Promise<void> {
    flow = await LiveFlow.load(properties, options);
    await flow.play(SCRIPT.pcm);
    await flow.untilHungUp();
  }

  function assertEachWordOnce(): void {
    assert.equal(flow.texts(), SCRIPT.words.join(" "));
    assert.deepEqual(
      flow.finals.messages.map((msg) => msg["turnNumber"]),
      flow.finals.messages.map((_, index) => index + 1),
    );
    flow.assertAccounted();
  }

  it("without a fault", async () => {
    await speak();
    assertEachWordOnce();
    assert.deepEqual(flow.errorCodes(), []);
    assert.equal(flow.simulator.sessions.length, 1);
  });

  for (const word of Array.from({ length: 42 }, (_, i) => i + 1)) {
    it(`a drop in the middle of word ${word}`, async () => {
      await speak({ faults: [{ kind: "drop", at: { inWord: word } }] });
      assertEachWordOnce();
      assert.deepEqual(flow.errorCodes(), []);
    });
    it(`three drops, the first in the middle of word ${word}`, async () => {
      await speak({
        faults: [
          { kind: "drop", at: { inWord: word } },
          { kind: "drop", at: { afterAudioMs: 1300 } },
          { kind: "drop", at: { inWord: 2 } },
        ],
      });
      assertEachWordOnce();
    });
    it(`handshake drops, the first in the middle of word ${word}`, async () => {
      await speak({ faults: [{ kind: "drop", at: { inWord: word } }, { kind: "close-before-begin" }, { kind: "close-before-begin" }] });
      assertEachWordOnce();
    });
  }
  for (let ms = 3000; ms < 28000; ms += 1500) {
    for (const kind of [3005, 3008, 1011])
      it(`Error ${kind} at ${ms}`, async () => {
        await speak({ faults: [{ kind: "error", code: kind, at: { afterAudioMs: ms } }] });
        assertEachWordOnce();
      });
    it(`close 1011 at ${ms}`, async () => {
      await speak({ faults: [{ kind: "close", code: 1011, at: { afterAudioMs: ms } }] });
      assertEachWordOnce();
    });
    it(`stall ${ms}`, async () => {
      await speak({ faults: [{ kind: "stall", at: { afterAudioMs: ms } }] });
      assertEachWordOnce();
    });
    it(`away at ${ms}`, async () => {
      flow = await LiveFlow.load();
      await flow.play(SCRIPT.pcm.subarray(0, ms * 16));
      await flow.serverGoesAway();
      await flow.play(SCRIPT.pcm.subarray(ms * 16));
      await flow.play(silence(Math.max(0, 30000 - SCRIPT.pcm.length / 16 + ms)));
      await flow.serverComesBack();
      await flow.untilHungUp();
      assertEachWordOnce();
    });
  }
  it("late begin", async () => {
    await speak({ faults: [{ kind: "late-begin", ms: 3000 }] });
    assertEachWordOnce();
  });
  it("in handshake", async () => {
    await speak({ faults: [{ kind: "close-before-begin" }] });
    assertEachWordOnce();
  });
});
