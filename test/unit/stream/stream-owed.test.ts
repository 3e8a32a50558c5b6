import assert from "node:assert/strict";
import { SessionLine } from "../../../nodes/lib/assemblyai/session-line";
import { FakeVoiceDetector } from "../../support/fake-voice-detector";
import { StreamRig } from "../../support/stream-rig";

const TERMINATED = (rig: StreamRig, index = 0) => rig.service.connections[index]?.sent("Terminate") === 1;

/** The samples that a session was sent, as the ms of voice among them. */
function voiceMs(rig: StreamRig, index: number): number {
  const audio = rig.service.connections[index]?.audioBytes ?? Buffer.alloc(0);
  let samples = 0;
  for (let at = 0; at < audio.length; at += 2) if (Math.abs(audio.readInt16LE(at)) === 32_000) samples++;
  return samples / 16;
}

/** Someone has said "turn on", whose text has come, and the line is dead from then on. */
function onDeadLine() {
  const rig = new StreamRig({ silenceTimeout: 5 });
  rig.talk(50);
  const one = rig.service.last.begin("one");
  rig.talk(950);
  one.turn(0, "turn on", false, 0, 900);
  one.isStalled = true;
  return { rig, one };
}

/** Someone says "turn on the", of which a partial has come, and the session drops. */
function droppedInTurn(properties: Record<string, unknown> = {}): StreamRig {
  const rig = new StreamRig(properties);
  rig.talk(50);
  rig.service.last.begin("one");
  rig.talk(1950);
  rig.service.last.turn(0, "turn on the", false, 100, 1900);
  rig.service.last.destroy();
  return rig;
}

describe("a stream loses nothing, doubles nothing and leaves nothing open", () => {
  it("where the server ends the present session while the next one is connecting", () => {
    for (const end of ["termination", "error", "close"] as const) {
      const rig = new StreamRig({ maxSession: 0.1, silenceTimeout: 0, serverTimeout: 0 });
      rig.speak(50);
      const one = rig.service.last.begin("one");
      rig.speak(5950);
      one.turn(0, "go", false, 5000, 5500);
      rig.speak(50);
      assert.equal(rig.service.connections.length, 2);
      if (end === "termination") one.terminate();
      else if (end === "error") one.error(3005, "Session Cancelled: An error occurred");
      else one.closed({ code: 1000, reason: "" });
      rig.service.last.begin("two");
      rig.speak(1000);
      assert.ok(rig.service.last.audioBytes.length > 32_000, `${end}: the next one is fed`);
      rig.stream.end("stop");
      rig.service.last.terminate();
      assert.deepEqual(rig.events.filter((event) => event.startsWith("termination")).length, 2, end);
      assert.equal(rig.clock.timers, 0);
    }
  });

  it("where a session begins that is no longer needed", async () => {
    const rig = new StreamRig({ open: "command" });
    rig.stream.start();
    rig.speak(1000);
    const server = rig.service.last.open();
    const closed = rig.stream.close("redeploy");
    server.receive({ type: "Begin", id: "late" });
    assert.ok(TERMINATED(rig));
    server.terminate();
    await closed;
    assert.deepEqual(rig.events, ["begin late", "termination late redeploy"]);
  });

  it("where an Error is followed by a Begin, and by no close", () => {
    const rig = new StreamRig();
    rig.speak(50);
    const server = rig.service.last.open();
    server.receive({ type: "Error", error_code: 3006, error: "User Input Validation Error" });
    server.receive({ type: "Begin", id: "odd" });
    assert.equal(server.sent("Terminate"), 1);
    rig.clock.advance(1000);
    assert.ok(server.isClosed);
    assert.deepEqual(rig.events, ["begin odd", "termination odd error"]);
    assert.equal(rig.clock.timers, 0);
  });

  it("where an Error is followed by a Begin and a Termination: the next session is sent what this one never heard", () => {
    const rig = new StreamRig();
    rig.talk(500);
    const server = rig.service.last.open();
    server.receive({ type: "Error", error_code: 1013, error: "Try again later" });
    server.receive({ type: "Begin", id: "odd" });
    server.terminate();
    assert.deepEqual(rig.events, ["begin odd", "termination odd error", "reconnecting"]);
    rig.talk(300);
    rig.service.last.begin("two");
    assert.equal(voiceMs(rig, 1), 800);
  });

  it("where the service ends the session in order, and in the middle of a sentence", () => {
    const rig = new StreamRig();
    rig.talk(50);
    const one = rig.service.last.begin("one");
    rig.talk(1950);
    one.turn(0, "turn on", false, 500, 1900);
    one.terminate();
    rig.talk(500);
    const two = rig.service.last.begin("two");
    assert.equal(voiceMs(rig, 1), 2300, "from 300 ms before the open turn on");
    two.turn(0, "Turn on the light.", true, 300, 2200);
    assert.deepEqual([rig.finals, rig.errors], [["Turn on the light."], []]);
    assert.equal(rig.terminations[0]?.reason, "server");
  });

  it("where an Error frame has a null in the place of its text", () => {
    const rig = new StreamRig();
    rig.speak(50);
    rig.service.last.begin("one").receive('{"type":"Error","error_code":3005,"error":null}');
    rig.service.last.closed({ code: 3005, reason: "" });
    assert.deepEqual(rig.events, ["begin one", "termination one error", "reconnecting"]);
  });

  it("where a start is sent from within the termination", () => {
    const rig = new StreamRig({ open: "command" });
    rig.stream.start();
    rig.speak(50);
    const one = rig.service.last.begin("one");
    rig.terminations.push = () => {
      rig.stream.start();
      return 0;
    };
    rig.stream.end("silence");
    one.terminate();
    assert.equal(rig.service.connections.length, 2);
    assert.equal(rig.stream.isListening, true);
  });

  it("where the microphone is stopped on a half-open line, whose death is detected 20 s later", () => {
    const rig = new StreamRig({ silenceTimeout: 60 });
    rig.talk(50);
    const one = rig.service.last.begin("one");
    one.isStalled = true;
    rig.talk(3000);
    rig.clock.advance(19_000);
    one.closed({ code: 1006, reason: "", dead: true });
    rig.clock.advance(1000);
    assert.equal(rig.service.connections.length, 2);
    rig.service.last.begin("two");
    assert.equal(voiceMs(rig, 1), 3050, "all that was said is sent again");
    rig.service.last.turn(0, "All of it.", true, 0, 3000);
    assert.deepEqual(rig.finals, ["All of it."]);
  });

  it("where nobody spoke on such a line: no session is opened for it", () => {
    const rig = new StreamRig({ silenceTimeout: 60 });
    rig.speak(50);
    const one = rig.service.last.begin("one");
    one.isStalled = true;
    rig.speak(3000);
    rig.clock.advance(19_000);
    one.closed({ code: 1006, reason: "", dead: true });
    rig.clock.advance(60_000);
    assert.equal(rig.service.connections.length, 1);
    assert.equal(rig.stream.status.phase, "idle");
    assert.equal(rig.clock.timers, 0);
  });

  it("where the line drops again in the middle of the replay, with the microphone stopped", () => {
    const rig = new StreamRig({ silenceTimeout: 60 });
    rig.talk(50);
    rig.service.last.begin("one");
    rig.talk(3000);
    rig.service.last.destroy();
    rig.clock.advance(250);
    rig.service.last.begin("two");
    rig.clock.advance(1000);
    rig.service.last.destroy();
    rig.clock.advance(10_000);
    assert.equal(rig.service.connections.length, 3);
    rig.service.last.begin("three");
    assert.equal(voiceMs(rig, 2), 3050);
  });

  it("where a stop comes while Terminate for silence is not answered: what is owed is heard, and nothing after it", () => {
    const { rig } = onDeadLine();
    rig.talk(2000);
    rig.speak(7000);
    assert.ok(TERMINATED(rig));
    rig.stream.end("stop");
    rig.speak(5500);
    const two = rig.service.last.begin("two");
    assert.equal(rig.service.connections.length, 2);
    assert.ok(TERMINATED(rig, 1), "nobody is to listen any more");
    assert.equal(rig.stream.isListening, false);
    two.terminate();
    assert.equal(rig.clock.timers, 0);
  });

  it("where the service ends the session of a replay by itself: the turn's partial is not taken for heard", async () => {
    const rig = droppedInTurn();
    rig.clock.advance(250);
    rig.service.last.begin("two").terminate(0, 0);
    await rig.stream.close("redeploy");
    assert.deepEqual(rig.finals, ["turn on the"]);
  });

  it("where a replay's final is shorter than the turn was, and its session drops long after: no session is opened for that", () => {
    const rig = droppedInTurn({ silenceTimeout: 60 });
    rig.clock.advance(250);
    const two = rig.service.last.begin("two");
    two.turn(0, "Turn on.", true, 300, 1000);
    rig.clock.advance(30_000);
    two.pong();
    two.destroy();
    rig.clock.advance(60_000);
    assert.equal(rig.service.connections.length, 2);
    assert.deepEqual(rig.finals, ["Turn on."]);
  });

  it("where a turn's audio was lost in an outage, and a later session drops in silence: no session is opened for that", () => {
    const rig = droppedInTurn({ silenceTimeout: 0 });
    rig.speak(90_000);
    while (rig.service.last.isClosed) rig.speak(1000);
    const server = rig.service.last.begin("two");
    assert.deepEqual(rig.finals, ["turn on the"], "before the texts of the next session");
    rig.speak(5000);
    server.turn(0, "And off.", true, 64_000, 64_900);
    rig.clock.advance(30_000);
    server.pong();
    const { length } = rig.reconnects;
    server.destroy();
    rig.clock.advance(100);
    assert.equal(rig.reconnects.length, length);
    assert.deepEqual(rig.finals, ["turn on the", "And off."]);
  });

  it("where the replay of an open turn drops before its first text: another session hears the turn's last word", () => {
    const rig = new StreamRig({ silenceTimeout: 60 });
    rig.talk(50);
    const one = rig.service.last.begin("one");
    rig.talk(2950);
    one.turn(0, "turn on", false, 100, 2600);
    one.destroy();
    rig.clock.advance(6000);
    rig.service.last.begin("two").destroy();
    rig.clock.advance(10_000);
    rig.service.last.begin("three").turn(0, "Turn on the light.", true, 400, 3100);
    assert.deepEqual(rig.finals, ["Turn on the light."]);
  });

  it("where Terminate for silence is not answered: what was said on the dead line is sent again", () => {
    const { rig } = onDeadLine();
    rig.talk(1000);
    rig.speak(5000);
    assert.ok(TERMINATED(rig));
    rig.speak(5500);
    assert.equal(rig.service.connections.length, 2, "Terminate was not answered for 5 s");
    rig.talk(500);
    const two = rig.service.last.begin("two");
    assert.ok(voiceMs(rig, 1) >= 1500, "and who speaks now is heard as well: that was no silence");
    two.turn(0, "Turn on the light.", true, 0, 1900);
    assert.deepEqual(rig.finals, ["Turn on the light."]);
    rig.stream.end("stop");
    two.terminate();
    assert.deepEqual(rig.events, ["begin one", "termination one silence", "reconnecting", "begin two", "termination two stop"]);
    assert.deepEqual([rig.clock.timers, rig.stream.status.phase], [0, "idle"]);
  });

  it("where Terminate for silence is not answered: its termination says whether another session takes its place", () => {
    for (const someoneSpeaks of [true, false]) {
      const { rig } = onDeadLine();
      if (someoneSpeaks) rig.talk(1000);
      rig.speak(11_500);
      assert.deepEqual(rig.replaced, [someoneSpeaks]);
      assert.equal(rig.service.connections.length, someoneSpeaks ? 2 : 1);
    }
  });

  it("where it is closed while it looks for a voice that an unanswered session owes: the termination comes all the same", async () => {
    const rig = new StreamRig({ silenceTimeout: 5 });
    rig.speak(50);
    rig.service.last.begin("one").isStalled = true;
    rig.speak(5000);
    assert.ok(TERMINATED(rig));
    rig.clock.advance(5000);
    assert.deepEqual(rig.events, ["begin one"], "it looks");
    await rig.stream.close("redeploy");
    assert.deepEqual(rig.events, ["begin one", "termination one silence"]);
    assert.deepEqual([rig.replaced, rig.clock.timers], [[false], 0]);
  });

  it("where it is configured while Terminate for silence is not answered: the next session begins with that", () => {
    const { rig, one } = onDeadLine();
    rig.talk(1000);
    rig.speak(5000);
    assert.ok(TERMINATED(rig));
    rig.stream.configure({ prompt: "kitchen", speaker_labels: true });
    rig.speak(5500);
    assert.equal(rig.service.connections.length, 2);
    const two = rig.service.last.begin("two");
    assert.equal(two.url.searchParams.get("speaker_labels"), "true");
    assert.deepEqual(two.messages, [{ type: "UpdateConfiguration", prompt: "kitchen" }]);
    assert.equal(one.sent("UpdateConfiguration"), 0);
  });

  it("where another session has heard what came after an unanswered Terminate: it is not sent again", () => {
    const rig = new StreamRig({ open: "speech", silenceTimeout: 1, preRoll: 0 }, { voiceDetector: () => new FakeVoiceDetector() });
    rig.talk(300);
    rig.service.last.begin("one").isStalled = true;
    rig.talk(200);
    rig.speak(3500);
    assert.ok(TERMINATED(rig));
    rig.talk(1000);
    const two = rig.service.last.begin("two");
    two.turn(0, "Lights on.", true, 400, 1400);
    rig.speak(1100);
    two.terminate();
    rig.speak(5000);
    rig.service.last.begin("three");
    assert.equal(rig.service.connections.length, 3);
    assert.ok(voiceMs(rig, 2) < 501, "only what the first one was sent");
    assert.ok(TERMINATED(rig, 2));
  });

  it("where the flow stops it, and Terminate is not answered: what was said before is sent again, and nothing else", () => {
    const rig = new StreamRig({ silenceTimeout: 5 });
    rig.talk(50);
    rig.service.last.begin("one").isStalled = true;
    rig.talk(950);
    rig.stream.end("stop");
    rig.talk(5500);
    const two = rig.service.last.begin("two");
    assert.ok(TERMINATED(rig, 1), "nothing else is wanted of it");
    assert.equal(voiceMs(rig, 1), 1000);
    two.terminate();
    assert.deepEqual([rig.clock.timers, rig.stream.status.phase], [0, "idle"]);
  });

  it("where a stall ends while Termination is waited for: a pong says nothing of what the service has processed", () => {
    const rig = new StreamRig({ silenceTimeout: 5 });
    rig.talk(50);
    const one = rig.service.last.begin("one");
    one.isStalled = true;
    rig.talk(4950);
    rig.stream.end("stop");
    rig.speak(4900);
    one.pong(1600);
    rig.speak(600);
    rig.service.last.begin("two");
    assert.equal(voiceMs(rig, 1), 5000);
  });

  it("where no Terminate is ever answered: once more is enough", () => {
    const rig = new StreamRig({ silenceTimeout: 2 });
    rig.talk(50);
    rig.service.last.begin("one").isStalled = true;
    rig.talk(1000);
    for (let second = 0; second < 120; second++) {
      rig.speak(1000);
      const { last, connections } = rig.service;
      if (connections.length === 2 && last.messages.length === 0 && !last.isClosed) last.begin("two").isStalled = true;
    }
    assert.equal(rig.service.connections.length, 2);
    assert.equal(rig.stream.status.phase, "idle");
  });

  it("where the line drops in the middle of a long turn of which no partial came", () => {
    const rig = new StreamRig({ options: { redact_pii: true } });
    rig.talk(50);
    rig.service.last.begin("one");
    rig.talk(7950);
    rig.service.last.destroy();
    rig.talk(300);
    rig.service.last.begin("two");
    assert.equal(voiceMs(rig, 1), 8300);
  });

  it("where a session changes as a stall of the line ends", () => {
    const rig = new StreamRig({ maxSession: 0, silenceTimeout: 0 });
    rig.talk(50);
    const one = rig.service.last.begin("one", { expires_at: Math.ceil(rig.clock.date() / 1000) + 58 });
    rig.talk(19_950);
    one.turn(0, "all until now", true, 0, 20_000);
    one.isStalled = true;
    rig.talk(10_000);
    assert.equal(rig.service.connections.length, 2);
    rig.service.last.begin("two");
    assert.equal(voiceMs(rig, 1), 10_000, "nothing was heard from the first one since");
  });

  it("where a stop arrives while it waits to reconnect: the speech before it is still transcribed, and nothing after it is sent", () => {
    const rig = new StreamRig();
    rig.talk(50);
    rig.service.last.begin("one");
    rig.talk(950);
    rig.service.last.destroy();
    rig.stream.end("stop");
    rig.talk(300);
    const two = rig.service.last.begin("two");
    assert.ok(TERMINATED(rig, 1));
    assert.equal(voiceMs(rig, 1), 1000);
    two.turn(0, "Lights on.", true, 0, 900);
    two.terminate();
    assert.deepEqual(rig.finals, ["Lights on."]);
    assert.equal(rig.terminations.at(-1)?.reason, "stop");
  });

  it("where a start follows a stop while a session is on its way: what was said in between is not sent", () => {
    const rig = new StreamRig();
    rig.talk(950);
    rig.service.last.destroy();
    rig.stream.end("stop");
    rig.talk(5000);
    rig.stream.start();
    rig.talk(500);
    for (const [index, connection] of rig.service.connections.entries()) if (!connection.isClosed) connection.begin(`session ${index}`);
    const sent = rig.service.connections.map((_, index) => voiceMs(rig, index)).reduce((sum, ms) => sum + ms, 0);
    assert.ok(sent > 950 && sent <= 950 + 500, `${sent} ms`);
  });

  it("where the account's rate is exceeded after Begin: the next session waits for 5 s at least", () => {
    const rig = new StreamRig();
    rig.talk(50);
    for (let index = 0; index < 4; index++) {
      rig.service.last.begin(`session ${index}`).error(3009, "Too many concurrent sessions");
      assert.ok((rig.reconnects.at(-1)?.delaySeconds ?? 0) >= 5, `${rig.reconnects.at(-1)?.delaySeconds} s`);
      rig.speakUntilConnecting();
    }
  });

  it("where texts come late after a stall that no ping has met, and the line drops", () => {
    const rig = new StreamRig();
    rig.talk(50);
    const first = rig.service.last.begin("one");
    rig.talk(7950);
    first.turn(0, "one", true, 0, 1000);
    first.pong();
    first.destroy();
    rig.clock.advance(300);
    const second = rig.service.last.begin("two");
    assert.ok(second.audioBytes.length / 32 >= 6_900, `${second.audioBytes.length / 32} ms of 7 s that have no text`);
    rig.stream.end("stop");
  });

  it("where a voice begins in the last moment before a stop on a dead line", () => {
    const rig = new StreamRig();
    rig.speak(50);
    rig.service.last.begin("one").isStalled = true;
    rig.speak(950);
    rig.talk(100);
    rig.stream.end("stop");
    for (let ms = 0; ms < 6000; ms += 50) rig.clock.advance(50);
    assert.deepEqual([rig.service.connections.length, rig.reconnects.length], [2, 1]);
    rig.service.last.begin("two").terminate();
    assert.equal(rig.clock.timers, 0);
  });

  it("where the sample rate changes while Terminate for silence is not answered", () => {
    const rig = new StreamRig({ silenceTimeout: 1 });
    rig.talk(1000);
    rig.service.last.begin("one").isStalled = true;
    for (let ms = 0; !TERMINATED(rig); ms += 50) rig.speak(50);
    rig.audio(StreamRig.pcm(50), 8000);
    for (let ms = 0; ms < 6000; ms += 50) rig.clock.advance(50);
    const rates = rig.service.connections.map(({ url }) => url.searchParams.get("sample_rate"));
    assert.deepEqual(rates, ["16000", "8000", "16000"], "the new audio opens a session, and what is owed another");
  });

  it("where Error frames keep coming: close is done", async () => {
    const rig = new StreamRig();
    rig.talk(50);
    const server = rig.service.last.begin("one");
    const closed = rig.stream.close("redeploy");
    for (let ms = 0; ms < 5000; ms += 500) {
      if (!server.isClosed) server.receive({ type: "Error", error_code: 3005, error: "again" });
      rig.clock.advance(500);
    }
    await closed;
    assert.equal(rig.clock.timers, 0);
  });

  it("where a start comes more than a minute after the last audio, and its first connection drops", () => {
    const rig = new StreamRig({ open: "command" });
    rig.speak(50);
    rig.clock.advance(61_000);
    rig.stream.start();
    rig.service.last.destroy();
    rig.clock.advance(300);
    assert.equal(rig.service.connections.length, 2);
  });

  it("where a session changes after a stall of 9 s in which someone spoke", () => {
    const rig = new StreamRig({ maxSession: 0, silenceTimeout: 0 });
    rig.speak(50);
    const one = rig.service.last.begin("one", { expires_at: rig.clock.date() / 1000 + 60 });
    rig.speak(16_000);
    rig.talk(1000);
    rig.speak(9000);
    one.pong(9000);
    rig.talk(4000);
    assert.equal(rig.service.connections.length, 2, "before its end");
    rig.service.last.begin("two");
    assert.equal(Math.round(voiceMs(rig, 1) / 10), 500, "the first session cannot have processed what was said in the stall");
  });

  it("where a second drop follows the replay's partial", () => {
    for (const end of ["stop", "outage"] as const) {
      const rig = new StreamRig();
      rig.talk(50);
      rig.service.last.begin("one");
      rig.talk(2950);
      rig.service.last.turn(0, "turn on the light", false, 500, 2500);
      rig.service.last.destroy();
      rig.talk(300);
      rig.service.last.begin("two").turn(0, "turn on the light", false, 300, 2300);
      rig.service.last.destroy();
      if (end === "stop") rig.stream.end("stop");
      for (let second = 0; second < 300; second++) {
        rig.clock.advance(1000);
        if (!rig.service.last.isClosed) rig.service.last.destroy();
      }
      assert.deepEqual(rig.finals, ["turn on the light"], end);
      assert.equal(rig.clock.timers, 0);
    }
  });

  it("where a pre-roll reaches over words that the ending session still owes", () => {
    const rig = new StreamRig({ open: "speech", silenceTimeout: 1, preRoll: 1500 }, { voiceDetector: () => new FakeVoiceDetector() });
    rig.speak(2000);
    rig.talk(1000);
    const one = rig.service.last.begin("one");
    one.turn(0, "lights", false, 1900, 2850);
    rig.speak(1100);
    assert.ok(TERMINATED(rig));
    rig.talk(500);
    assert.equal(rig.service.connections.length, 2);
    assert.ok(voiceMs(rig, 0) >= 1000);
    rig.service.last.begin("two");
    rig.talk(100);
    assert.ok(voiceMs(rig, 1) <= 600, `${voiceMs(rig, 1)} ms: nothing of what the first one was sent`);
  });

  it("where a voice begins in the last moment before the hang-up: only the session that gets all of it emits it", () => {
    for (const isAnswered of [true, false]) {
      const rig = new StreamRig({ open: "speech", silenceTimeout: 1, preRoll: 300 }, { voiceDetector: () => new FakeVoiceDetector() });
      rig.speak(2000);
      rig.talk(1000);
      const one = rig.service.last.begin("one");
      one.turn(0, "Lights on.", isAnswered, 700, 1700);
      one.isStalled = !isAnswered;
      rig.speak(950);
      rig.audio(Buffer.concat([StreamRig.pcm(40), FakeVoiceDetector.voice(10)]));
      rig.clock.advance(50);
      assert.ok(TERMINATED(rig), "too short for a voice");
      rig.talk(950);
      const two = rig.service.last.begin("two");
      assert.equal(Math.round(voiceMs(rig, 1)), 960, "from its onset on");
      if (isAnswered) {
        one.turn(1, "And", true, 2700, 2720);
        one.terminate();
      }
      two.turn(0, "And the blinds.", true, 0, 950);
      rig.speak(1100);
      two.terminate();
      rig.speak(5000);
      if (!isAnswered) {
        const three = rig.service.last.begin("three");
        assert.equal(rig.service.connections.length, 3);
        assert.equal(Math.round(voiceMs(rig, 2)), 1000, "what the second session has heard is not sent again");
        three.turn(0, "Lights on.", true, 0, 1000);
        three.terminate();
      }
      assert.deepEqual(rig.finals.sort(), ["And the blinds.", "Lights on."]);
    }
  });

  it("where the first message of a recording is refused: the next one that can be taken is the first", () => {
    const rig = new StreamRig({ silenceTimeout: 1, sampleRate: 8000 });
    rig.stream.start();
    rig.service.last.begin("one");
    const microphone = () => rig.audio(StreamRig.pcm(50), 16_000);
    while (!TERMINATED(rig)) {
      assert.throws(microphone, { code: "AAI_AUDIO_FORMAT" });
      rig.clock.advance(50);
    }
    rig.service.last.terminate();
    microphone();
    assert.equal(rig.service.connections.length, 2);
  });

  it("where a pre-roll would reach back over a gap in the audio", () => {
    const rig = new StreamRig({ open: "speech", silenceTimeout: 1, preRoll: 3000 }, { voiceDetector: () => new FakeVoiceDetector() });
    rig.speak(1000);
    rig.talk(1000);
    rig.service.last.begin("one").turn(0, "Lights on.", true, 1000, 2000);
    rig.clock.advance(1100);
    rig.service.last.terminate();
    rig.clock.advance(20_000);
    rig.talk(500);
    rig.service.last.begin("two");
    assert.ok(voiceMs(rig, 1) <= 500, `${voiceMs(rig, 1)} ms`);
  });

  it("where a file of another rate arrives while the gate still looks for a voice in one", () => {
    const rig = new StreamRig({ open: "speech" }, { voiceDetector: () => new FakeVoiceDetector() });
    const file = Buffer.concat([Buffer.alloc(3000 * 32), FakeVoiceDetector.voice(1000), Buffer.alloc(32_000)]);
    rig.audio(file);
    assert.throws(() => rig.audio(Buffer.alloc(16_000), 8000), { code: "AAI_AUDIO_FORMAT" });
    rig.clock.advance(5000);
    assert.equal(rig.service.connections.length, 1, "the first one is listened to");
  });

  it("where twelve streams of one account are refused for its rate: each gets its turn, first come, first served", function () {
    this.timeout(10_000);
    const rigs: StreamRig[] = [];
    const first = new StreamRig();
    const line = new SessionLine(first.clock, () => 0);
    const order: number[] = [];
    for (let index = 0; index < 12; index++) {
      const rig = new StreamRig({}, { clock: first.clock, account: () => ({ url: "ws://127.0.0.1/v3/ws", apiKey: "key", line }) });
      rigs.push(rig);
    }
    const begunAt: number[] = [];
    for (let tick = 0; tick < 2400; tick++) {
      for (const [index, rig] of rigs.entries()) {
        rig.audio(StreamRig.pcm(100));
        const server = rig.service.connections.at(-1);
        if (!server || server.isClosed || order.includes(index)) continue;
        while (begunAt.length > 0 && (begunAt[0] as number) <= first.clock.now() - 60_000) begunAt.shift();
        if (begunAt.length >= 5) {
          server.open().error(3009, "Unauthorized Connection: Too many concurrent sessions");
        } else {
          begunAt.push(first.clock.now());
          order.push(index);
          server.begin(`session ${index}`);
          rig.stream.end("stop");
          server.terminate();
        }
      }
      first.clock.advance(100);
    }
    assert.deepEqual(
      order,
      Array.from({ length: 12 }, (_, index) => index),
    );
    const refusals = rigs.reduce((sum, rig) => sum + rig.reconnects.length, 0);
    assert.ok(refusals < 30, `${refusals} refusals`);
  });
});
