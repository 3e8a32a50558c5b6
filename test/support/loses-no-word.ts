import assert from "node:assert/strict";
import helper from "node-red-node-test-helper";
import type { SimulatorOptions } from "../../simulator";
import { LiveFlow } from "./live-flow";
import { silence, spoken } from "./spoken";

/** Four recordings with the room's noise between them. */
const SCRIPT = spoken();
const AWAY_MS = 30_000;

/**
 * Tests that each word comes out once, whatever goes wrong with the connection or the server.
 * @param properties of the streaming node
 * @param droppedWords in the middle of which the connection drops, one in each test
 */
export function losesNoWord(properties: Record<string, unknown>, droppedWords: readonly number[]): void {
  let flow: LiveFlow;

  before(() => helper.startServer());
  after(() => helper.stopServer());
  afterEach(async () => assert.equal(await flow.unload(), 0, "timers are left"));

  /** All recordings, live; then a quiet room until the last session is hung up. */
  async function speak(faults: NonNullable<SimulatorOptions["faults"]> = []): Promise<void> {
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

  it("without a fault", async () => {
    await speak();
    assertEachWordOnce();
    assert.equal(flow.simulator.sessions.length, 1);
  });

  for (const word of droppedWords) {
    it(`when the connection drops in the middle of word ${word}`, async () => {
      await speak([{ kind: "drop", at: { inWord: word } }]);
      assertEachWordOnce();
      assert.equal(flow.simulator.sessions.length, 2);
      assert.deepEqual(flow.errorCodes(), [], "a drop that heals is no error");
      assert.deepEqual(
        flow.terminations().map(({ reason }) => reason),
        ["error", "silence"],
      );
    });
  }

  it("when three connections drop in a row", async () => {
    const faults = [7, 3, 10].map((inWord) => ({ kind: "drop" as const, at: { inWord } }));
    await speak(faults);
    assertEachWordOnce();
    assert.equal(flow.simulator.sessions.length, 4);
  });

  it("when the connection drops in mid-handshake, first and again at the retry", async () => {
    await speak([{ kind: "close-before-begin" }, { kind: "close-before-begin" }]);
    assertEachWordOnce();
    assert.deepEqual(flow.errorCodes(), ["AAI_CONNECTION_LOST"], "told once");
  });

  it("when Begin is 3 s late", async () => {
    await speak([{ kind: "late-begin", ms: 3000 }]);
    assertEachWordOnce();
    assert.equal(flow.simulator.sessions.length, 1);
  });

  for (const code of [3005, 3008]) {
    it(`when the server ends the session with Error ${code} in mid-sentence`, async () => {
      await speak([{ kind: "error", code, at: { afterAudioMs: 7500 } }]);
      assertEachWordOnce();
      assert.equal(flow.simulator.sessions.length, 2);
    });
  }

  it("when the server hangs and answers nothing any more", async () => {
    await speak([{ kind: "stall", at: { afterAudioMs: 4000 } }]);
    assertEachWordOnce();
  });

  it("when the server is away for 30 s while people speak", async () => {
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
