import assert from "node:assert/strict";
import helper from "node-red-node-test-helper";
import type { SimulatorOptions } from "../../simulator";
import { LiveFlow } from "../support/live-flow";
import { silence, spoken } from "../support/spoken";

/** Four recordings with the room's noise between them. */
const SCRIPT = spoken();
const AWAY_MS = 30_000;

describe("not a word lost", function () {
  this.timeout(60_000);
  let flow: LiveFlow;

  before(() => helper.startServer());
  after(() => helper.stopServer());
  afterEach(async () => assert.equal(await flow.unload(), 0, "timers are left"));

  /** All recordings, live; then a quiet room until the last session is hung up. */
  async function speak(faults: SimulatorOptions["faults"] = [], properties: Record<string, unknown> = {}): Promise<void> {
    flow = await LiveFlow.load(properties, { faults });
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

  for (const [mode, properties, droppedWords] of [
    ["", {}, [2, 12, 20, 24, 33, 41]],
    [" (voice gate)", { open: "speech" }, [12, 33]],
    [" (formatted turns)", { model: "universal-streaming-english", formatTurns: true }, [12, 33]],
  ] as const) {
    it(`without a fault${mode}`, async () => {
      await speak([], properties);
      assertEachWordOnce();
      assert.equal(flow.simulator.sessions.length, 1);
    });

    for (const word of droppedWords) {
      it(`when the connection drops in the middle of word ${word}${mode}`, async () => {
        await speak([{ kind: "drop", at: { inWord: word } }], properties);
        assertEachWordOnce();
        assert.equal(flow.simulator.sessions.length, 2);
        assert.deepEqual(flow.errorCodes(), [], "a drop that heals is no error");
        assert.deepEqual(
          flow.terminations().map(({ reason }) => reason),
          ["error", "silence"],
        );
      });
    }

    it(`when three connections drop in a row${mode}`, async () => {
      const faults = [7, 3, 10].map((inWord) => ({ kind: "drop" as const, at: { inWord } }));
      await speak(faults, properties);
      assertEachWordOnce();
      assert.equal(flow.simulator.sessions.length, 4);
    });

    it(`when the connection drops in mid-handshake, first and again at the retry${mode}`, async () => {
      await speak([{ kind: "close-before-begin" }, { kind: "close-before-begin" }], properties);
      assertEachWordOnce();
      assert.deepEqual(flow.errorCodes(), ["AAI_CONNECTION_LOST"], "told once");
    });

    it(`when Begin is 3 s late${mode}`, async () => {
      await speak([{ kind: "late-begin", ms: 3000 }], properties);
      assertEachWordOnce();
      assert.equal(flow.simulator.sessions.length, 1);
    });

    for (const code of [3005, 3008]) {
      it(`when the server ends the session with Error ${code} in mid-sentence${mode}`, async () => {
        await speak([{ kind: "error", code, at: { afterAudioMs: 7500 } }], properties);
        assertEachWordOnce();
        assert.equal(flow.simulator.sessions.length, 2);
      });
    }

    it(`when the server hangs and answers nothing any more${mode}`, async () => {
      await speak([{ kind: "stall", at: { afterAudioMs: 4000 } }], properties);
      assertEachWordOnce();
    });

    it(`when the server is away for 30 s while people speak${mode}`, async () => {
      flow = await LiveFlow.load(properties);
      const before = 5000 * 16;
      await flow.play(SCRIPT.pcm.subarray(0, before));
      await flow.serverGoesAway();
      const meanwhile = SCRIPT.pcm.subarray(before);
      await flow.play(meanwhile);
      await flow.play(silence(AWAY_MS - meanwhile.length / 16));
      await flow.serverComesBack();
      await flow.untilHungUp();
      assertEachWordOnce();
      assert.ok(flow.events.messages.some((msg) => msg["event"] === "reconnecting"));
      assert.deepEqual(flow.errorCodes(), ["AAI_UNREACHABLE"], "told once");
    });
  }

  for (const afterAudioMs of [5200, 6400, 8000, 9200]) {
    it(`when a drop (at ${afterAudioMs} ms) makes a pause seem longer than it is`, async () => {
      const script = spoken({ leadMs: 1000, pauseMs: 3600 });
      flow = await LiveFlow.load({}, { faults: [{ kind: "drop", at: { afterAudioMs } }] });
      await flow.play(script.pcm);
      await flow.untilHungUp();
      assert.equal(flow.texts(), script.words.join(" "));
      flow.assertAccounted();
    });
  }

  it("unless it was said more than a minute before a session could be had: then a warning says how much", async () => {
    flow = await LiveFlow.load();
    await flow.play(SCRIPT.pcm.subarray(0, 16_000));
    await flow.serverGoesAway();
    await flow.play(SCRIPT.pcm);
    await flow.play(silence(80_000));
    await flow.serverComesBack();
    await flow.untilHungUp();
    flow.assertAccounted();
    assert.equal(flow.texts(), "");
    assert.match(flow.warnings().join("\n"), /\d+ s of audio/);
  });
});
