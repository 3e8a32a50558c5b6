import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import helper from "node-red-node-test-helper";
import { BUNDLED_WAKE_WORDS } from "../../nodes/lib/wakeword/bundled";
import { startSimulator } from "../../simulator";
import { concat, mix, pinkNoise, recording, rmsOf } from "../support/audio";
import { startFakeMicrophone } from "../support/fake-mic";
import { account, microphone, outputs, speechToText, start, tab } from "../support/flow-parts";
import { isEvent, LiveFlow } from "../support/live-flow";
import { NodeRedProcess } from "../support/node-red-process";
import { soxRate } from "../support/sox";
import { until } from "../support/until";
import { quietRoom } from "../support/wake-word";
import { wavFile } from "../support/wav-file";

const RATE = 16_000;
const COMMAND = recording("goforward.wav");

function bytes(pcm: Int16Array): Buffer {
  return Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength);
}

describe("wake words at other sample rates, through the node", function () {
  this.timeout(60_000);
  let flow: LiveFlow;

  before(() => helper.startServer());
  after(() => helper.stopServer());
  afterEach(async () => assert.equal(await flow.unload(), 0, "timers are left"));

  for (const sampleRate of [44_100, 8_000]) {
    for (const word of BUNDLED_WAKE_WORDS) {
      it(`${word} at ${sampleRate} Hz, after pink noise at 20 dB`, async () => {
        const said = recording(`${word}.wav`);
        const noise = pinkNoise(rmsOf(said) / 10, 3);
        const room = mix(concat(new Int16Array(3 * RATE), said, COMMAND, new Int16Array(RATE)), noise);
        const pcm = soxRate(room, sampleRate);
        flow = await LiveFlow.load({ open: "wake-word", wakeWord: word, sampleRate });
        const piece = sampleRate / 20;
        for (let at = 0; at < pcm.length; at += piece) {
          flow.node.receive({ payload: bytes(pcm.slice(at, at + piece)) });
          await flow.time.advance(50);
        }
        await flow.time.advance(10_000);
        assert.equal(flow.events.messages[0]?.["event"], "wake");
        assert.equal(flow.events.messages.filter(isEvent("begin")).length, 1);
        const heard = flow.simulator.sessions[0]?.record.audioReceived() ?? Buffer.alloc(0);
        const from = bytes(pcm).indexOf(heard.subarray(0, 3200));
        const command = ((3 * RATE + said.length) * sampleRate) / RATE;
        assert.ok(from > 0 && from < 2 * command, "from before the command");
        assert.ok(from + heard.length >= 2 * (command + (COMMAND.length * sampleRate) / RATE), "to its end");
        flow.assertAccounted();
      });
    }
  }
});

describe("a call, through the real arecord and a real Node-RED", function () {
  this.timeout(60_000);

  it("opens a session from the pre-roll on, every sample as recorded, and leaves the microphone on for the next one", async () => {
    const folder = mkdtempSync(join(tmpdir(), "wake-word-"));
    const room = (seconds: number) => quietRoom(seconds);
    const played = concat(room(2), recording("librivox_0930.wav"), room(1), recording("okay_nabu.wav"), COMMAND, room(6));
    const again = concat(recording("okay_nabu.wav"), COMMAND);
    const wav = join(folder, "room.wav");
    writeFileSync(wav, wavFile({ audio: bytes(concat(played, again)) }));
    const simulator = await startSimulator({ keepAudio: true });
    const fake = await startFakeMicrophone({ wav });
    const nodeRed = await NodeRedProcess.start({ env: fake.env });
    try {
      const stt = speechToText({ open: "wake-word", wakeWord: "okay_nabu", silenceTimeout: 2 }, ["mic"]);
      await nodeRed.deploy([tab(), account(simulator.url), start("mic"), microphone(), stt, ...outputs()]);
      await nodeRed.inject("start");
      const events = () =>
        (nodeRed.shown("event") as { event: string }[]).map(({ event }) => event).filter((event) => event !== "speech-started");
      await until("the first end", () => events().includes("termination"), 30_000);
      assert.deepEqual(events(), ["wake", "begin", "termination"]);
      assert.match((nodeRed.shown("turn") as string[]).join(" "), /Go forward ten meters\.$/);
      const heard = (await simulator.session(0)).record.audioReceived();
      const from = fake.pcm.indexOf(heard.subarray(0, 3200));
      const detected = RATE * 1 + played.length - 6 * RATE - COMMAND.length - recording("okay_nabu.wav").length + 1.53 * RATE;
      assert.ok(Math.abs(from / 2 - (detected - 0.5 * RATE)) < 0.05 * RATE, `from ${from / 2 - detected} samples of the detection`);
      assert.deepEqual(heard, fake.pcm.subarray(from, from + heard.length));
      assert.equal(nodeRed.children.length, 1, "arecord goes on");
      await until("the second end", () => events().filter((event) => event === "termination").length === 2, 30_000);
      assert.deepEqual(events().slice(3), ["wake", "begin", "termination"]);
      assert.equal((await simulator.session(1)).record.audioReceived().length > 0, true);
      assert.deepEqual(nodeRed.shown("error"), []);
    } finally {
      await nodeRed.stop();
      await fake.stop();
      await simulator.close();
      rmSync(folder, { recursive: true });
    }
  });
});
