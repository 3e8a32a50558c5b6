import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import helper from "node-red-node-test-helper";
import configNode from "../../nodes/assemblyai-config";
import streamingNode from "../../nodes/assemblyai-streaming";
import { BUNDLED_WAKE_WORDS } from "../../nodes/lib/wakeword/bundled";
import { concat, recording } from "../support/audio";
import { Inbox, loadFlow, statusTexts } from "../support/flow";
import { isEvent, LiveFlow } from "../support/live-flow";
import { MODELS, quietRoom } from "../support/wake-word";

const COMMAND = recording("goforward.wav");
const TALK = recording("librivox_0880.wav");
const call = (word: string): Int16Array => concat(quietRoom(2), recording(`${word}.wav`), COMMAND);

/** What the service was sent lies in what was played: in order, without a hole, the whole command. */
function assertWhole(flow: LiveFlow, played: Int16Array, session: number, command: number): void {
  const heard = flow.simulator.sessions[session]?.record.audioReceived() ?? Buffer.alloc(0);
  const whole = Buffer.from(played.buffer, played.byteOffset, played.byteLength);
  const from = whole.indexOf(heard.subarray(0, 3200));
  assert.ok(from >= 0 && from < 2 * command, `from ${from / 32} ms, the command begins at ${command / 16} ms`);
  const length = Math.min(heard.length, whole.length - from);
  assert.ok(from + length >= 2 * (command + COMMAND.length), "to the command's end");
  assert.deepEqual(heard.subarray(0, length), whole.subarray(from, from + length));
}

async function wakeOf(flow: LiveFlow): Promise<{ wakeWord: string; probability: number }> {
  return (await flow.events.next(isEvent("wake"))).payload as { wakeWord: string; probability: number };
}

describe("a wake word in a flow", function () {
  this.timeout(60_000);

  before(() => helper.startServer());
  after(() => helper.stopServer());

  describe("of a live node", () => {
    let flow: LiveFlow;
    afterEach(async () => assert.equal(await flow.unload(), 0, "timers are left"));

    for (const word of BUNDLED_WAKE_WORDS) {
      it(`${word} opens a session, the command in the same breath arrives whole, and a second call opens a second one`, async () => {
        flow = await LiveFlow.load({ open: "wake-word", wakeWord: word });
        const talk = concat(quietRoom(2), TALK, quietRoom(2));
        const played = concat(talk, call(word), quietRoom(8));
        await flow.play(talk);
        assert.deepEqual([flow.simulator.sessions.length, flow.events.messages.length], [0, 0], "people may talk");
        await flow.play(played.subarray(talk.length));
        assert.equal(flow.simulator.sessions.length, 1);
        assertWhole(flow, played, 0, played.length - 8 * 16_000 - COMMAND.length);
        await flow.play(concat(TALK, quietRoom(2)));
        assert.equal(flow.simulator.sessions.length, 1);
        await flow.play(concat(call(word), quietRoom(8)));
        assert.deepEqual(
          flow.events.messages.map((msg) => msg["event"]).filter((event) => event !== "speech-started"),
          ["wake", "begin", "termination", "wake", "begin", "termination"],
        );
        assert.equal(flow.texts().match(/Go forward ten meters\./g)?.length, 2);
        flow.assertAccounted();
      });
    }

    it("says which word it was and how sure it is, and shows whom it waits for", async () => {
      flow = await LiveFlow.load({ open: "wake-word", wakeWord: "okay_nabu, hey_jarvis" });
      await flow.play(quietRoom(2));
      assert.equal(statusTexts(flow.node).at(-1), "waiting for Okay Nabu, Hey Jarvis");
      await flow.play(concat(recording("hey_jarvis.wav"), quietRoom(1)));
      assert.ok(statusTexts(flow.node).includes("heard: Hey Jarvis"), statusTexts(flow.node).join());
      const { wakeWord, probability } = await wakeOf(flow);
      assert.equal(wakeWord, "hey_jarvis");
      assert.ok(probability > 0.96 && probability <= 1); // the cutoff is in steps of 1/255
      await flow.untilHungUp();
      assert.equal(statusTexts(flow.node).at(-1), "waiting for Okay Nabu, Hey Jarvis");
      const termination = flow.events.messages.find(isEvent("termination"));
      assert.ok(termination && !("action" in termination), "the microphone stays on");
    });

    it("has an ear of its own for each topic", async () => {
      flow = await LiveFlow.load({ open: "wake-word", perTopic: true });
      await flow.playTogether([
        { pcm: call("okay_nabu"), topic: "kitchen" },
        { pcm: concat(quietRoom(2), TALK, TALK), topic: "hall" },
      ]);
      await flow.play(quietRoom(8), "kitchen");
      assert.deepEqual(
        flow.events.messages.filter((msg) => msg["event"] !== "speech-started").map((msg) => [msg["event"], msg.topic]),
        [
          ["wake", "kitchen"],
          ["begin", "kitchen"],
          ["termination", "kitchen"],
        ],
      );
    });

    it("listens for a model of one's own by its path", async () => {
      const folder = mkdtempSync(join(tmpdir(), "wake-word-"));
      cpSync(join(MODELS, "hey_mycroft.json"), join(folder, "mine.json"));
      cpSync(join(MODELS, "hey_mycroft.tflite"), join(folder, "hey_mycroft.tflite"));
      flow = await LiveFlow.load({ open: "wake-word", wakeWord: join(folder, "mine.json") });
      rmSync(folder, { recursive: true });
      await flow.play(concat(call("hey_mycroft"), quietRoom(8)));
      assert.equal((await wakeOf(flow)).wakeWord, "mine");
      flow.assertAccounted();
    });

    it("opens nothing while someone tries it in the dialog, and tells what it would have heard", async () => {
      flow = await LiveFlow.load({ open: "wake-word" });
      const path = `/assemblyai-streaming/${flow.node.id}/wake-word-trial`;
      const state = async () => (await helper.request().get(path).expect(200)).body as Record<string, unknown>;
      await helper.request().post(path).type("form").send("x=1").expect(415);
      assert.equal((await state())["remainingMs"], 0);
      const begun = (await helper.request().post(path).send({}).expect(200)).body as Record<string, unknown>;
      assert.deepEqual([begun["remainingMs"], begun["isFed"], begun["cutoff"]], [15_000, false, 0.97]);
      await flow.play(call("okay_nabu"));
      const heard = await state();
      assert.equal(heard["isFed"], true);
      assert.ok(Number(heard["probability"]) > 0.97);
      assert.deepEqual(
        (heard["heard"] as { phrase: string }[]).map(({ phrase }) => phrase),
        ["Okay Nabu"],
      );
      assert.deepEqual([flow.simulator.sessions.length, flow.events.messages.length], [0, 0]);
      await flow.play(quietRoom(10));
      assert.equal((await state())["remainingMs"], 0);
      await flow.play(concat(call("okay_nabu"), quietRoom(8)));
      assert.equal(flow.simulator.sessions.length, 1);
    });
  });

  describe("of a node that cannot be", () => {
    afterEach(() => helper.unload());

    const load = async (properties: Record<string, unknown>): Promise<Inbox> => {
      const z = "tab";
      await loadFlow(
        [configNode, streamingNode],
        [
          { id: z, type: "tab", label: "test" },
          { id: "account", type: "assemblyai-config", endpoint: "simulator" },
          { id: "stt", z, type: "assemblyai-streaming", config: "account", ...properties, wires: [[], [], []] },
          { id: "caught", z, type: "helper" },
          { id: "catcher", z, type: "catch", scope: null, wires: [["caught"]] },
        ],
      );
      return new Inbox(helper.getNode("caught"));
    };

    it("is told at deploy with the file's name, once, and has nothing to try", async () => {
      const caught = await load({ open: "wake-word", wakeWord: "/none/there.json" });
      const error = (await caught.next())["error"] as { code: string; message: string };
      assert.equal(error.code, "AAI_WAKE_WORD");
      assert.match(error.message, /\/none\/there\.json cannot be read \(ENOENT\)/);
      await helper.request().post("/assemblyai-streaming/stt/wake-word-trial").send({}).expect(200, "null");
      assert.equal(caught.messages.length, 1);
    });

    it("has nothing to try where it does not wait for a word", async () => {
      await load({ open: "speech" });
      await helper.request().post("/assemblyai-streaming/stt/wake-word-trial").send({}).expect(200, "null");
      await helper.request().get("/assemblyai-streaming/stt/wake-word-trial").expect(200, "null");
    });
  });
});
