import assert from "node:assert/strict";
import { memoryInUse } from "../../support/memory";
import { StreamRig } from "../../support/stream-rig";
import { wavFile } from "../../support/wav-file";

const FIRST_SAMPLE = (frame: Buffer) => frame.readInt16LE(0);

/** Closes the stream, which is done only when `end` has ended its session. */
async function closes(rig: StreamRig, end: () => void): Promise<void> {
  let done = false;
  const closed = rig.stream.close("redeploy").then(() => (done = true));
  await Promise.resolve();
  assert.equal(done, false);
  end();
  await closed;
}

describe("stream", () => {
  describe("opening", () => {
    it("opens a session at the first audio, and sends what came before Begin first, in order", () => {
      const rig = new StreamRig();
      rig.speak(1000);
      assert.equal(rig.service.connections.length, 1);
      const server = rig.service.last;
      assert.equal(server.audio.length, 0, "nothing is sent before Begin");
      server.begin();
      assert.deepEqual(server.audioBytes, StreamRig.pcm(1000));
      rig.speak(100);
      assert.deepEqual(server.audioBytes, StreamRig.pcm(1100));
      for (const frame of server.audio) assert.ok(frame.length >= 1600 && frame.length <= 3200, `${frame.length} bytes`);
    });

    it("has the model and the rate in the address, and the key nowhere in it", () => {
      const rig = new StreamRig({ sampleRate: 8000 });
      rig.audio(StreamRig.pcm(50), 44_100);
      const { url, apiKey } = rig.service.last;
      assert.equal(url.searchParams.get("speech_model"), "universal-3-6-pro");
      assert.equal(url.searchParams.get("sample_rate"), "44100");
      assert.equal(apiKey, "key");
      assert.ok(!url.href.includes("key="));
    });

    it("with open = command, audio opens nothing and start does", () => {
      const rig = new StreamRig({ open: "command" });
      rig.speak(500);
      assert.equal(rig.service.connections.length, 0);
      rig.stream.start();
      rig.stream.start();
      assert.equal(rig.service.connections.length, 1);
      rig.service.last.begin();
      rig.speak(500);
      assert.equal(rig.service.last.audioBytes.length, 16_000, "only what came after the start is heard");
    });

    it("keeps a minute of audio at most while no session can be opened, and reports what is lost", () => {
      const rig = new StreamRig();
      rig.speak(50);
      while (rig.clock.now() < 100_000) {
        rig.service.last.closed({ code: 1006, reason: "", error: Object.assign(new Error(), { code: "ECONNREFUSED" }) });
        rig.speakUntilConnecting();
      }
      rig.service.last.begin();
      assert.equal(rig.service.last.audioBytes.length, 60 * 32_000);
      assert.deepEqual(
        rig.warnings.map(({ code }) => code),
        ["AAI_AUDIO_LOST"],
      );
      assert.deepEqual(
        rig.errors.map(({ code }) => code),
        ["AAI_UNREACHABLE"],
        "told once that no session can be had",
      );
    });

    it("refuses audio of another rate while a session runs, and takes it afterwards", () => {
      const rig = new StreamRig();
      rig.speak(50);
      rig.service.last.begin();
      assert.throws(() => rig.audio(StreamRig.pcm(50), 8000), { code: "AAI_AUDIO_FORMAT" });
      rig.clock.advance(5000);
      rig.service.last.terminate();
      rig.audio(StreamRig.pcm(50), 8000);
      assert.equal(rig.service.last.url.searchParams.get("sample_rate"), "8000");
    });

    it("opens nothing for a file that it cannot use, in however many messages that comes", () => {
      const wav = wavFile({ audio: StreamRig.pcm(1000), bits: 24 });
      for (const file of [Buffer.concat([Buffer.from("fLaC\0\0\0\x22"), StreamRig.pcm(1000)]), wav]) {
        const rig = new StreamRig();
        assert.throws(() => rig.audio(file.subarray(0, 4000)), { code: "AAI_AUDIO_FORMAT" });
        for (let at = 4000; at < file.length; at += 4000) {
          rig.clock.advance(900);
          rig.audio(file.subarray(at, at + 4000));
        }
        assert.equal(rig.service.connections.length, 0);
        rig.clock.advance(1000);
        rig.audio(StreamRig.pcm(50));
        assert.equal(rig.service.connections.length, 1, "a pause ends the file");
      }
    });

    it("goes on hearing live audio after a message with a file went astray in it", () => {
      const rig = new StreamRig();
      rig.audio(StreamRig.pcm(50));
      rig.service.last.begin();
      assert.throws(() => rig.audio(Buffer.from("fLaC\0\0\0\x22")), { code: "AAI_AUDIO_FORMAT" });
      rig.audio(StreamRig.pcm(50, 800));
      assert.deepEqual(rig.service.last.audioBytes, StreamRig.pcm(100));
    });

    it("abandons a session that does not begin within 10 s, and tries again", () => {
      const rig = new StreamRig();
      rig.speak(50);
      rig.service.last.open();
      rig.clock.advance(9949);
      assert.ok(!rig.service.last.isClosed);
      rig.clock.advance(1);
      assert.ok(rig.service.last.isClosed);
      assert.equal(rig.errors[0]?.code, "AAI_TIMEOUT");
      rig.clock.advance(250);
      assert.equal(rig.service.connections.length, 2);
      assert.deepEqual(rig.terminations, [], "what never began has no termination");
    });
  });

  describe("hanging up", () => {
    it("sends Terminate when nobody spoke for the silence timeout, without any message from the server", () => {
      const rig = new StreamRig({ silenceTimeout: 2.5 });
      rig.speak(50);
      rig.service.last.begin();
      rig.speak(2450);
      rig.clock.advance(49);
      assert.equal(rig.service.last.sent("Terminate"), 0);
      rig.clock.advance(1);
      assert.equal(rig.service.last.sent("Terminate"), 1);
    });

    it("counts anew at each text, partial or final, and not at an empty one", () => {
      const rig = new StreamRig();
      rig.speak(50);
      rig.service.last.begin();
      rig.clock.advance(4000);
      rig.service.last.turn(0, "hello", false);
      rig.clock.advance(4000);
      rig.service.last.turn(0, "Hello.", true);
      rig.clock.advance(4000);
      rig.service.last.turn(1, "", true);
      rig.clock.advance(999);
      assert.equal(rig.service.last.sent("Terminate"), 0);
      rig.clock.advance(1);
      assert.equal(rig.service.last.sent("Terminate"), 1);
    });

    it("passes on messages that it does not use, and takes none of them for a text", () => {
      const rig = new StreamRig();
      rig.speak(50);
      rig.service.last.receive({ type: "Heartbeat" });
      rig.service.last.begin("one");
      for (const type of ["SpeechStarted", "Heartbeat", "Silence", "NextYear"]) {
        rig.speak(1250);
        rig.service.last.receive({ type });
      }
      assert.equal(rig.service.last.sent("Terminate"), 1, "5 s after Begin");
      rig.service.last.receive({ type: "SpeakerRevision", revisions: [] });
      assert.deepEqual(rig.events, [
        "begin one",
        "SpeechStarted one",
        "Heartbeat one",
        "Silence one",
        "NextYear one",
        "SpeakerRevision one",
      ]);
    });

    it("sends no audio after Terminate, lets late turns out, and accounts with the server's seconds", () => {
      const rig = new StreamRig();
      rig.speak(50);
      const server = rig.service.last.begin();
      rig.speak(6000);
      const sent = server.audio.length;
      rig.speak(500);
      assert.equal(server.audio.length, sent);
      server.turn(0, "A late word.", true);
      server.terminate(5, 6);
      assert.deepEqual(rig.finals, ["A late word."]);
      const [account] = rig.terminations;
      assert.deepEqual(
        { ...account, startedAt: "", endedAt: "" },
        {
          sessionId: "session",
          reason: "silence",
          audioSeconds: 5,
          sessionSeconds: 6,
          turns: 1,
          words: 3,
          model: "universal-3-6-pro",
          startedAt: "",
          endedAt: "",
          estimated: false,
        },
      );
      assert.ok(server.isClosed);
    });

    it("waits 5 s for the Termination, then accounts with its own clock", () => {
      const rig = new StreamRig();
      rig.speak(1000);
      rig.service.last.begin();
      rig.stream.end("stop");
      rig.clock.advance(4999);
      assert.equal(rig.terminations.length, 0);
      rig.clock.advance(1);
      assert.equal(rig.terminations[0]?.estimated, true);
      assert.equal(rig.terminations[0]?.reason, "stop");
      assert.equal(rig.terminations[0]?.sessionSeconds, 5);
      assert.equal(rig.terminations[0]?.audioSeconds, 1);
    });

    it("does not open again for audio that keeps flowing, but does after a gap of a second", () => {
      const rig = new StreamRig();
      rig.speak(6000);
      rig.service.last.begin();
      rig.clock.advance(0);
      rig.speak(30_000);
      rig.service.last.terminate();
      assert.equal(rig.service.connections.length, 1);
      rig.clock.advance(950);
      rig.speak(50);
      assert.equal(rig.service.connections.length, 2);
    });

    it("opens again for a recording that begins just before the deadline: it had no whole timeout to speak in", () => {
      const rig = new StreamRig({ silenceTimeout: 2 });
      rig.speak(50);
      rig.service.last.begin();
      rig.clock.advance(1800);
      rig.speak(400);
      const [first, second] = rig.service.connections;
      assert.equal(first?.sent("Terminate"), 1, "the deadline stands");
      assert.ok(second, "what is said next is heard");
      first?.terminate();
      assert.deepEqual(rig.replaced, [true], "a microphone that stops with its session goes on");
      second.begin();
      rig.speak(2200);
      assert.equal(second.sent("Terminate"), 1);
      rig.speak(3000);
      assert.equal(rig.service.connections.length, 2, "audio that keeps flowing opens no third one");
      second.terminate();
      assert.deepEqual(rig.replaced, [true, false]);
    });

    it("opens again for audio of another rate: it is another recording, though it was refused while the session ran", () => {
      const rig = new StreamRig({ silenceTimeout: 2 });
      rig.speak(50);
      rig.service.last.begin();
      for (let ms = 0; ms < 1950; ms += 50) {
        rig.audio(StreamRig.pcm(50), 16_000);
        rig.clock.advance(50);
        assert.throws(() => rig.audio(StreamRig.pcm(50), 8_000), { code: "AAI_AUDIO_FORMAT" });
      }
      rig.clock.advance(100);
      assert.equal(rig.service.last.sent("Terminate"), 1);
      rig.audio(StreamRig.pcm(50), 8_000);
      assert.equal(rig.service.connections.length, 2);
    });

    it("opens again at once for a recording that begins, as a microphone that was started again marks it", () => {
      const rig = new StreamRig();
      rig.speak(50);
      rig.service.last.begin();
      rig.speak(5200);
      rig.service.last.terminate();
      rig.audio(StreamRig.pcm(50), undefined, true);
      assert.equal(rig.service.connections.length, 2);
    });

    it("opens again at a start though audio never paused, also while the old session is still on its way out", () => {
      const rig = new StreamRig();
      rig.speak(50);
      rig.service.last.begin("one");
      rig.speak(5000);
      assert.equal(rig.service.last.sent("Terminate"), 1);
      rig.stream.start();
      assert.equal(rig.service.connections.length, 2);
      rig.service.connections[1]?.begin("two");
      rig.service.connections[0]?.terminate();
      assert.deepEqual(rig.events, ["begin one", "begin two", "termination one silence"]);
    });

    it("with a timeout of 0 never hangs up for silence", () => {
      const rig = new StreamRig({ silenceTimeout: 0, maxSession: 0 });
      rig.speak(50);
      rig.service.last.begin();
      rig.clock.advance(3 * 3600 * 1000);
      assert.equal(rig.service.last.sent("Terminate"), 0);
    });

    it("ends at maxSession", () => {
      const rig = new StreamRig({ silenceTimeout: 0, maxSession: 1 });
      rig.speak(50);
      rig.service.last.begin();
      rig.clock.advance(59_999);
      assert.equal(rig.service.last.sent("Terminate"), 0);
      rig.clock.advance(1);
      assert.equal(rig.service.last.sent("Terminate"), 1);
      rig.service.last.terminate();
      assert.equal(rig.terminations[0]?.reason, "max-duration");
    });

    it("a stop before Begin waits for it, so that the speech until then is transcribed", () => {
      const rig = new StreamRig();
      rig.speak(700);
      rig.stream.end("stop");
      const server = rig.service.last;
      assert.ok(!server.isClosed);
      server.begin();
      assert.deepEqual(server.audioBytes, StreamRig.pcm(700));
      assert.equal(server.sent("Terminate"), 1);
      server.turn(0, "Lights on.", true);
      server.terminate();
      assert.deepEqual(rig.finals, ["Lights on."]);
      assert.equal(rig.terminations[0]?.reason, "stop");
    });

    it("a stop before Begin with nothing to send opens nothing", () => {
      const rig = new StreamRig({ open: "command" });
      rig.stream.start();
      rig.stream.end("stop");
      assert.ok(rig.service.last.isClosed);
      assert.deepEqual(rig.events, []);
      assert.deepEqual(rig.errors, []);
    });

    it("a last partial of Universal-Streaming is emitted with its newest word", () => {
      const rig = new StreamRig({ model: "universal-streaming-english" });
      rig.speak(1000);
      rig.service.last.begin();
      rig.service.last.turn(0, "open the blinds", false, 0, 900, { transcript: "open the" });
      rig.stream.end("stop");
      rig.clock.advance(5000);
      assert.deepEqual(rig.finals, ["open the blinds"]);
    });

    it("a partial that never got its final becomes one when the session ends", () => {
      const rig = new StreamRig();
      rig.speak(1000);
      rig.service.last.begin();
      rig.service.last.turn(0, "open the blinds", false);
      rig.stream.end("stop");
      rig.clock.advance(5000);
      assert.deepEqual(rig.finals, ["open the blinds"]);
      assert.equal(rig.terminations[0]?.turns, 1);
    });
  });

  describe("close", () => {
    it("terminates an open session as redeploy, and is done when it has ended", async () => {
      const rig = new StreamRig();
      rig.speak(1000);
      rig.service.last.begin();
      await closes(rig, () => rig.service.last.terminate());
      assert.equal(rig.terminations[0]?.reason, "redeploy");
      rig.speak(2000);
      rig.stream.start();
      assert.equal(rig.service.connections.length, 1, "nothing opens after the end");
      assert.equal(rig.clock.timers, 0);
    });

    it("is done when the session of the newest recording has ended, not when one before it gives up", async () => {
      const rig = new StreamRig();
      rig.talk(1000);
      rig.service.last.begin();
      rig.service.last.destroy();
      rig.stream.end("stop");
      rig.audio(StreamRig.pcm(50), 16_000, true);
      rig.service.last.begin("second");
      await closes(rig, () => rig.service.last.terminate());
      assert.equal(rig.clock.timers, 0);
    });

    it("is done at once where nothing is open", async () => {
      const rig = new StreamRig();
      await rig.stream.close("redeploy");
      assert.equal(rig.clock.timers, 0);
    });

    it("ends a connection attempt, and a wait for the next one", async () => {
      const rig = new StreamRig();
      rig.speak(50);
      await rig.stream.close("redeploy");
      assert.ok(rig.service.last.isClosed);
      const other = new StreamRig();
      other.speak(50);
      other.service.last.begin();
      other.service.last.destroy();
      await other.stream.close("redeploy");
      assert.equal(other.clock.timers, 0);
      other.clock.advance(60_000);
      assert.equal(other.service.connections.length, 1);
    });
  });

  describe("failures", () => {
    it("a refused key is an error, is not tried again, and not with each piece of audio either", () => {
      const rig = new StreamRig();
      rig.speak(50);
      rig.service.last.open().error(1008, "Unauthorized Connection: Invalid API key");
      rig.speak(20_000);
      assert.equal(rig.service.connections.length, 1);
      assert.deepEqual(
        rig.errors.map(({ code }) => code),
        ["AAI_UNAUTHORIZED"],
      );
    });

    it("an account that is not set up is reported to the sender of the audio, once", () => {
      const rig = new StreamRig();
      const options = Reflect.get(rig.stream, "options") as { account: () => never };
      options.account = () => {
        throw new Error("no account");
      };
      assert.throws(() => rig.speak(50), /no account/);
      assert.equal(rig.stream.status.phase, "idle");
      rig.speak(500);
      assert.equal(rig.service.connections.length, 0, "not tried with each piece of audio");
    });

    it("a drop between turns is reconnected within 0.25 s and continues where the last turn ended", () => {
      const rig = new StreamRig();
      rig.speak(50);
      rig.service.last.begin("one");
      rig.speak(2950);
      rig.service.last.turn(0, "Go forward.", true, 200, 1500);
      rig.service.last.destroy();
      assert.deepEqual(rig.events, ["begin one", "termination one error", "reconnecting"]);
      assert.equal(rig.terminations[0]?.estimated, true);
      assert.equal(rig.terminations[0]?.code, "AAI_CONNECTION_LOST");
      rig.clock.advance(250);
      const server = rig.service.last.begin("two");
      assert.equal(FIRST_SAMPLE(server.audioBytes), (1500 * 16) % 32_768);
      assert.deepEqual(rig.errors, [], "a drop that heals is no error");
    });

    it("a drop in mid-turn replays from before its first word; the partial is not made a final", () => {
      const rig = new StreamRig();
      rig.speak(50);
      rig.service.last.begin("one");
      rig.speak(2950);
      rig.service.last.turn(0, "ten meters", false, 1000, 2000);
      rig.service.last.destroy();
      rig.speak(300);
      const server = rig.service.last.begin("two");
      assert.equal(FIRST_SAMPLE(server.audioBytes), 700 * 16);
      assert.equal(server.audioBytes.length / 2, (3300 - 700) * 16, "up to now, without a hole");
      server.turn(0, "Ten meters.", true, 300, 1300);
      assert.deepEqual(rig.finals, ["Ten meters."]);
    });

    it("a turn without word times is replayed from the end of the turn before", () => {
      const rig = new StreamRig();
      rig.speak(50);
      rig.service.last.begin("one");
      rig.speak(950);
      rig.service.last.turn(0, "One.", true, 0, 0, { words: undefined });
      rig.speak(1000);
      rig.service.last.turn(1, "two thr", false, 0, 0, { words: undefined });
      rig.service.last.destroy();
      rig.speak(300);
      assert.equal(FIRST_SAMPLE(rig.service.last.begin("two").audioBytes), 16_000);
    });

    it("turns keep counting over sessions", () => {
      const rig = new StreamRig();
      rig.speak(50);
      rig.service.last.begin("one").turn(0, "One.", true);
      rig.service.last.destroy();
      rig.speak(300);
      rig.service.last.begin("two").turn(0, "Two.", true);
      assert.deepEqual(rig.turnNumbers, [1, 2]);
    });

    it("waits at least 5 s after the quick retry, and longer each time", () => {
      const rig = new StreamRig();
      rig.speak(50);
      rig.service.last.begin();
      const waits: number[] = [];
      for (let index = 0; index < 5; index++) {
        rig.service.last.destroy();
        waits.push(rig.reconnects.at(-1)?.delaySeconds ?? 0);
        rig.speakUntilConnecting();
      }
      assert.equal(waits[0], 0.25);
      [5, 10, 20, 40].forEach((least, index) => {
        const wait = waits[index + 1] ?? 0;
        assert.ok(wait >= least && wait <= least * 1.2, `${wait} s`);
      });
      assert.deepEqual(
        rig.errors.map(({ code }) => code),
        ["AAI_CONNECTION_LOST"],
        "told once that no session can be had",
      );
    });

    it("without reconnect a drop is an error, and the open turn is emitted", () => {
      const rig = new StreamRig({ reconnect: false });
      rig.speak(50);
      rig.service.last.begin();
      rig.service.last.turn(0, "half a sentence", false);
      rig.service.last.destroy();
      rig.clock.advance(60_000);
      assert.equal(rig.service.connections.length, 1);
      assert.deepEqual(rig.finals, ["half a sentence"]);
      assert.equal(rig.errors[0]?.code, "AAI_CONNECTION_LOST");
    });

    it("stops retrying with a server that ends each session with an error, and emits the open turn", () => {
      const rig = new StreamRig();
      rig.speak(50);
      for (let index = 0; index < 6; index++) {
        rig.service.last.begin(`session ${index}`);
        if (index === 0) rig.service.last.turn(0, "only heard once", false);
        rig.service.last.error(3005, "Session Cancelled: An error occurred");
        if (index < 5) rig.speakUntilConnecting();
      }
      rig.speak(120_000);
      assert.equal(rig.service.connections.length, 6);
      assert.equal(rig.errors.at(-1)?.code, "AAI_SERVER");
      assert.deepEqual(rig.finals, ["only heard once"]);
      assert.equal(rig.terminations.length, 6);
    });

    it("the server's inactivity timeout is an end, not an error", () => {
      const rig = new StreamRig({ silenceTimeout: 0 });
      rig.speak(50);
      rig.service.last.begin();
      rig.service.last.error(3006, "Session terminated due to inactivity: No messages received for 30 seconds");
      assert.deepEqual(rig.errors, []);
      assert.equal(rig.terminations[0]?.reason, "server");
      assert.equal(rig.terminations[0]?.code, "AAI_INACTIVITY");
      rig.clock.advance(60_000);
      assert.equal(rig.service.connections.length, 1);
    });

    it("the server's session limit goes on in a new session", () => {
      const rig = new StreamRig({ silenceTimeout: 0, maxSession: 0 });
      rig.speak(50);
      rig.service.last.begin();
      rig.service.last.error(3008, "Session Expired: Maximum session duration exceeded");
      assert.equal(rig.terminations[0]?.reason, "server");
      rig.speak(250);
      assert.equal(rig.service.connections.length, 2);
      assert.deepEqual(rig.errors, []);
    });

    it("does not retry for audio that ended a minute ago", () => {
      const rig = new StreamRig();
      rig.speak(50);
      for (let index = 0; index < 20; index++) {
        rig.service.last.destroy();
        rig.clock.advance(61_000);
      }
      const attempts = rig.service.connections.length;
      assert.ok(attempts < 8, `${attempts} attempts`);
      assert.equal(rig.clock.timers, 0);
    });

    it("an Error frame ends the session as an error, though the silence timeout passes before the socket closes", () => {
      const rig = new StreamRig();
      rig.speak(50);
      rig.service.last.begin();
      rig.clock.advance(4500);
      rig.service.last.receive({ type: "Error", error_code: 3007, error: "Audio too fast" });
      rig.clock.advance(1000);
      assert.deepEqual(rig.events, ["begin session", "termination session error"]);
      assert.equal(rig.terminations[0]?.code, "AAI_REJECTED");
    });

    it("after a stop, the speech before it still gets its session, and audio after it does not", () => {
      const rig = new StreamRig();
      rig.speak(700);
      rig.stream.end("stop");
      rig.service.last.destroy();
      rig.speak(300);
      const server = rig.service.last.begin();
      assert.deepEqual(server.audioBytes, StreamRig.pcm(700));
      assert.equal(server.sent("Terminate"), 1);
      server.terminate();
      assert.deepEqual([rig.terminations[0]?.reason, rig.stream.status.phase], ["stop", "idle"]);
      assert.equal(rig.clock.timers, 0);
    });

    it("tries again for a file that came at once, for as long as its own time lasts", () => {
      const rig = new StreamRig({ silenceTimeout: 0 });
      rig.audio(StreamRig.pcm(180_000), undefined);
      rig.service.last.begin("one");
      rig.clock.advance(90_000);
      rig.service.last.turn(0, "One.", true, 80_000, 85_000);
      rig.service.last.destroy();
      rig.clock.advance(250);
      assert.equal(rig.service.connections.length, 2);
      assert.deepEqual(rig.warnings, [], "nothing of it is lost");
    });

    it("tries again for the end of a file that was sent just before", () => {
      const rig = new StreamRig({ silenceTimeout: 0 });
      rig.audio(StreamRig.pcm(20_000), undefined);
      rig.service.last.begin("one");
      rig.clock.advance(19_500);
      rig.service.last.turn(0, "One.", true, 15_000, 17_000);
      rig.service.last.destroy();
      rig.clock.advance(250);
      assert.equal(rig.service.connections.length, 2);
      assert.equal(rig.service.last.begin("two").audioBytes.length / 32, 3000, "all that is not finalised");
    });

    it("a malformed frame is dropped and warned of once", () => {
      const rig = new StreamRig();
      rig.speak(50);
      rig.service.last.begin();
      rig.service.last.receive("{");
      rig.service.last.receive("[]");
      rig.service.last.receive({ type: "Turn", turn_order: "one" });
      rig.service.last.receive({ type: "Heartbeat" });
      rig.service.last.turn(0, "Still here.", true);
      assert.deepEqual(rig.finals, ["Still here."]);
      assert.deepEqual(
        rig.warnings.map(({ code }) => code),
        ["AAI_FRAME_MALFORMED"],
      );
    });
  });

  describe("a running session", () => {
    it("gets ForceEndpoint for an open turn when the audio runs dry", () => {
      const rig = new StreamRig();
      rig.audio(StreamRig.pcm(800), undefined);
      rig.service.last.begin();
      rig.audio(StreamRig.pcm(20), undefined);
      rig.service.last.turn(0, "short", false);
      rig.clock.advance(999);
      assert.equal(rig.service.last.sent("ForceEndpoint"), 0);
      rig.clock.advance(1);
      assert.equal(rig.service.last.sent("ForceEndpoint"), 1);
      assert.equal(rig.service.last.audioBytes.length, 820 * 32 + 30 * 32, "the tail of 20 ms is filled up to 50");
      rig.clock.advance(2000);
      assert.equal(rig.service.last.sent("ForceEndpoint"), 1);
    });

    it("is configured, and so is the one that follows after a drop", () => {
      const rig = new StreamRig();
      rig.speak(50);
      rig.service.last.begin();
      rig.stream.configure({ prompt: "kitchen" });
      assert.deepEqual(rig.service.last.messages, [{ type: "UpdateConfiguration", prompt: "kitchen" }]);
      rig.service.last.destroy();
      rig.speak(250);
      rig.service.last.begin();
      assert.deepEqual(rig.service.last.messages, [{ type: "UpdateConfiguration", prompt: "kitchen" }]);
    });

    it("begins with what was configured before it, and the next one without what was taken back meanwhile", () => {
      let configuration: Record<string, unknown> = { prompt: "kitchen" };
      const rig = new StreamRig({}, { configuration: () => configuration });
      rig.speak(50);
      configuration = { prompt: "of the next occasion" };
      rig.service.last.begin();
      assert.deepEqual(rig.service.last.messages, [{ type: "UpdateConfiguration", prompt: "kitchen" }]);
      rig.stream.configure({ mode: "balanced" });
      rig.stream.configure({});
      assert.deepEqual(rig.service.last.messages.slice(1), [{ type: "UpdateConfiguration", mode: "balanced" }]);
      rig.service.last.destroy();
      rig.speak(250);
      rig.service.last.begin();
      assert.deepEqual(rig.service.last.messages, []);
    });

    it("waits for no formatted twin once the session is configured without formatting", () => {
      const rig = new StreamRig({ model: "universal-streaming-english", formatTurns: true });
      rig.speak(50);
      rig.service.last.begin();
      rig.service.last.turn(0, "lights on", true, 0, 500, { turn_is_formatted: false });
      assert.deepEqual(rig.finals, []);
      rig.stream.configure({ format_turns: false });
      rig.service.last.turn(1, "lights off", true, 600, 900, { turn_is_formatted: false });
      assert.deepEqual(rig.finals, ["lights on", "lights off"]);
    });

    it("is flushed", () => {
      const rig = new StreamRig();
      rig.stream.flush();
      rig.speak(50);
      rig.service.last.begin();
      rig.stream.flush();
      assert.deepEqual(rig.service.last.messages, [{ type: "ForceEndpoint" }]);
    });
  });

  it("keeps no more than it needs, also after the remainder of a file was dropped", () => {
    const rig = new StreamRig({ silenceTimeout: 0 });
    const before = memoryInUse().buffers;
    for (let second = 0; second < 200; second++) rig.audio(StreamRig.pcm(1000));
    rig.stream.end("stop");
    rig.service.last.begin("one");
    rig.stream.start();
    rig.service.last.begin("two");
    for (let second = 0; second < 30; second++) {
      rig.speak(1000);
      rig.service.last.pong();
      rig.service.last.audio.length = 0;
    }
    rig.service.connections[0]!.audio.length = 0;
    const grown = memoryInUse().buffers - before;
    assert.ok(grown < 4_000_000, `${grown} bytes, of a file of 6.4 MB`);
  });

  it("leaves no timer behind after a hundred occasions", () => {
    const rig = new StreamRig();
    for (let index = 0; index < 100; index++) {
      rig.speak(500);
      rig.service.last.begin(`session ${index}`);
      rig.service.last.turn(0, "Yes.", true);
      rig.clock.advance(5000);
      rig.service.last.terminate();
    }
    assert.equal(rig.terminations.length, 100);
    assert.equal(rig.finals.length, 100);
    assert.equal(rig.clock.timers, 0);
  });

  it("refuses a file that is too long without converting it", () => {
    const rig = new StreamRig();
    const [payload, audio] = [Buffer.alloc(60_000_000, 0x33), { encoding: "pcm_mulaw", sampleRate: 8000 }];
    const before = memoryInUse().buffers;
    assert.throws(() => rig.stream.audio(payload, audio), { code: "AAI_AUDIO_OVERFLOW" });
    const taken = process.memoryUsage().arrayBuffers - before;
    assert.ok(taken < 60_000_000, `${taken} bytes were taken; converted it has 120 MB`);
  });
});
