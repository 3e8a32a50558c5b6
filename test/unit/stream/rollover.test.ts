import assert from "node:assert/strict";
import { StreamRig } from "../../support/stream-rig";

const MINUTE = 60_000;

/** A rig whose session has reached its cap of a minute, with a turn open. */
function atCap(properties: Record<string, unknown> = {}): StreamRig {
  const rig = new StreamRig({ maxSession: 1, ...properties });
  rig.speak(50);
  rig.service.last.begin("one");
  for (let second = 0; second < 58; second++) {
    rig.speak(1000);
    rig.service.last.turn(second, "word", true, second * 1000, second * 1000 + 500);
  }
  rig.speak(1950);
  rig.service.connections[0]?.turn(58, "in mid sentence", false, 58_500, 59_900);
  rig.speak(50);
  return rig;
}

/** Someone speaks on when the session reaches its maximum, so that the next one is opened beside it. */
function nearItsEnd(properties: Record<string, unknown> = {}): StreamRig {
  const rig = new StreamRig({ maxSession: 0.1, silenceTimeout: 0, ...properties });
  rig.speak(50);
  rig.service.last.begin("one");
  rig.speak(5950);
  rig.service.last.turn(0, "go", false, 5000, 5500);
  rig.speak(50);
  assert.equal(rig.service.connections.length, 2);
  return rig;
}

describe("rollover", () => {
  it("opens the next session beside the present one, and takes over at the turn's end", () => {
    const rig = atCap();
    assert.equal(rig.service.connections.length, 2);
    const [one, two] = rig.service.connections as [(typeof rig.service.connections)[0], (typeof rig.service.connections)[0]];
    two.begin("two");
    rig.speak(1000);
    assert.equal(one.sent("Terminate"), 0);
    assert.equal(two.audio.length, 0, "the old one still listens alone");
    one.turn(58, "In mid sentence.", true, 58_500, 60_500);
    assert.equal(one.sent("Terminate"), 1);
    assert.equal(two.audioBytes.readInt16LE(0), (60_500 * 16) % 32_768, "from the end of the last word");
    one.turn(59, "late and heard twice", true, 60_600, 61_000);
    one.terminate(61, 61);
    rig.speak(500);
    two.turn(0, "Late and heard once.", true, 100, 500);
    assert.equal(rig.finals.at(-2), "In mid sentence.");
    assert.equal(rig.finals.at(-1), "Late and heard once.");
    assert.deepEqual(rig.events, ["begin one", "begin two", "termination one max-duration"]);
    assert.equal(rig.terminations[0]?.turns, 59, "what the new session gives is not counted twice");
    assert.deepEqual(rig.replaced, [true], "a microphone goes on");
    rig.stream.end("stop");
    two.terminate();
    assert.deepEqual(rig.replaced, [true, false]);
  });

  it("takes over after 55 s at the latest, in mid-turn, from the turn's start", () => {
    const rig = atCap();
    const [one, two] = rig.service.connections as [(typeof rig.service.connections)[0], (typeof rig.service.connections)[0]];
    two.begin("two");
    for (let second = 0; second < 54; second++) {
      rig.speak(1000);
      one.turn(58, "in mid sentence", false, 58_500, 60_000 + second * 1000);
    }
    assert.equal(one.sent("Terminate"), 0);
    assert.ok(two.sent("KeepAlive") >= 13, "the waiting session is kept from the server's inactivity timeout");
    rig.speak(1000);
    assert.equal(one.sent("Terminate"), 1);
    assert.equal(two.audioBytes.readInt16LE(0), ((58_500 - 300) * 16) % 32_768);
  });

  it("counts silence from the newest text, whichever session gave it", () => {
    const rig = atCap({ silenceTimeout: 2 });
    const two = rig.service.last.begin("two");
    for (let second = 0; second < 5; second++) {
      rig.speak(1000);
      rig.service.connections[0]?.turn(58, "in mid sentence", false, 58_500, 60_000);
    }
    rig.service.connections[0]?.turn(58, "In mid sentence.", true, 58_500, 64_000);
    rig.speak(1950);
    assert.equal(two.sent("Terminate"), 0);
    rig.speak(50);
    assert.equal(two.sent("Terminate"), 1);
  });

  it("ends at the cap where nobody speaks", () => {
    const rig = new StreamRig({ maxSession: 1, silenceTimeout: 0 });
    rig.speak(50);
    rig.service.last.begin();
    rig.speak(MINUTE);
    assert.equal(rig.service.connections.length, 1);
    assert.equal(rig.service.last.sent("Terminate"), 1);
  });

  it("changes sessions before expires_at while audio flows, though nobody speaks", () => {
    const rig = new StreamRig({ maxSession: 0, silenceTimeout: 0 });
    rig.speak(50);
    rig.service.last.begin("one", { expires_at: Math.floor(rig.clock.date() / 1000) + 180 });
    rig.speak(91_000);
    assert.equal(rig.service.connections.length, 2);
    rig.service.last.begin("two");
    assert.equal(rig.service.connections[0]?.sent("Terminate"), 1, "no turn is open: at once");
    assert.ok(rig.service.last.audioBytes.length / 32 <= 5000, "and little is heard again");
  });

  it("keeps the cap where expires_at is missing, or in the past", () => {
    for (const expiresAt of [null, 0, 1_000_000_000]) {
      const rig = new StreamRig({ maxSession: 1, silenceTimeout: 0 });
      rig.speak(50);
      rig.service.last.begin("one", { expires_at: expiresAt });
      rig.speak(MINUTE);
      assert.equal(rig.service.last.sent("Terminate"), 1);
    }
  });

  it("emits a final that waits for its formatted twin before it takes over, and only then", () => {
    const rig = new StreamRig({ maxSession: 0, silenceTimeout: 0, model: "universal-streaming-english", formatTurns: true });
    rig.speak(50);
    rig.service.last.begin("one", { expires_at: Math.floor(rig.clock.date() / 1000) + 180 });
    rig.speak(90_000);
    const [one, two] = [rig.service.connections[0], rig.service.connections[1]?.open()];
    one?.turn(0, "lights on", true, 89_000, 89_900, { turn_is_formatted: false });
    two?.receive({ type: "Begin", id: "two" });
    assert.deepEqual(rig.finals, ["lights on"]);
    rig.speak(2000);
    assert.deepEqual(rig.finals, ["lights on"]);
    assert.ok((two?.audioBytes.readInt16LE(0) ?? 0) >= (89_900 * 16) % 32_768);
  });

  it("tries again where the next session does not begin, and the present one goes on", () => {
    const rig = atCap({ silenceTimeout: 0 });
    rig.service.last.error(3009, "Unauthorized Connection: Too many concurrent sessions");
    rig.speak(19_000);
    assert.equal(rig.service.connections.length, 2);
    rig.speak(2000);
    assert.equal(rig.service.connections.length, 3);
    assert.equal(rig.service.connections[0]?.sent("Terminate"), 0);
    assert.deepEqual(rig.errors, []);
  });

  it("goes on with the present session where the next one is lost while it waits", () => {
    const rig = atCap();
    rig.service.last.begin("two").destroy();
    assert.deepEqual(rig.events, ["begin one", "begin two", "termination two error"]);
    assert.deepEqual(rig.replaced, [true], "a microphone goes on");
  });

  it("emits nothing of a turn that dropped, and of which the replay's session, replaced since, has found no word", () => {
    const rig = new StreamRig({ maxSession: 0, silenceTimeout: 0 });
    rig.speak(2000);
    rig.service.last.begin("one").turn(0, "hum", false, 500, 900);
    rig.service.last.destroy();
    rig.clock.advance(250);
    const two = rig.service.last.begin("two", { expires_at: Math.floor(rig.clock.date() / 1000) + 20 });
    rig.speak(9000);
    two.pong();
    rig.speak(1500);
    const three = rig.service.last.begin("three");
    two.terminate();
    assert.equal(rig.service.connections.length, 3);
    rig.stream.end("stop");
    three.terminate();
    assert.deepEqual(rig.finals, []);
  });

  it("lets the next session step in where the present one breaks off", () => {
    const rig = atCap();
    const two = rig.service.last;
    rig.service.connections[0]?.destroy();
    two.begin("two");
    assert.equal(rig.service.connections.length, 2);
    assert.equal(two.audioBytes.readInt16LE(0), ((58_500 - 300) * 16) % 32_768);
    assert.deepEqual(rig.reconnects, []);
  });

  it("ends both sessions on a stop and on a redeploy", async () => {
    for (const finish of ["stop", "close"] as const) {
      const rig = atCap();
      rig.service.last.begin("two");
      const closed = finish === "stop" ? rig.stream.end("stop") : rig.stream.close("redeploy");
      for (const server of rig.service.connections) {
        assert.equal(server.sent("Terminate"), 1);
        server.terminate();
      }
      await closed;
      assert.equal(rig.terminations.length, 2);
      assert.equal(rig.clock.timers, 0);
    }
  });

  it("configures the next one, too, while that one waits for the turn's end", () => {
    const rig = nearItsEnd();
    const [one, two] = rig.service.connections;
    two?.begin("two");
    rig.stream.configure({ prompt: "kitchen" });
    assert.equal(one?.sent("UpdateConfiguration"), 1);
    assert.equal(two?.sent("UpdateConfiguration"), 1);
    rig.stream.configure({ prompt: "bath" });
    one?.turn(0, "go on", true, 5000, 5900);
    assert.deepEqual(two?.messages.at(-1), { type: "UpdateConfiguration", prompt: "bath" });
  });

  it("passes on what the service says of each, but nothing that the next one says again", () => {
    const rig = nearItsEnd();
    const [one, two] = rig.service.connections;
    two?.begin("two");
    one?.turn(0, "go on", true, 5000, 5900);
    two?.receive({ type: "SpeechStarted", timestamp: 0 });
    one?.receive({ type: "SpeechStarted", timestamp: 6000 });
    one?.receive({ type: "LLMGatewayResponse", turn_order: 1, data: {} });
    one?.receive({ type: "LLMGatewayResponse", turn_order: 0, data: {} });
    one?.receive({ type: "SpeakerRevision", revisions: [] });
    assert.deepEqual(rig.events.slice(2), ["SpeechStarted two", "LLMGatewayResponse one", "SpeakerRevision one"]);
  });

  it("emits once what one message ends of two turns, where another session takes over at the first of them", () => {
    const rig = nearItsEnd();
    const [one, two] = rig.service.connections;
    two?.begin("two");
    rig.speak(1000);
    one?.turn(1, "lights", false, 6100, 6500);
    one?.turn(1, "Lights.", true, 6100, 6500);
    rig.speak(1000);
    two?.turn(0, "Lights.", true, 300, 700);
    assert.deepEqual(rig.finals, ["go", "Lights."]);
  });

  it("reports a drop, and keeps no timer, where the last final arrives with it", () => {
    const rig = nearItsEnd({ model: "universal-streaming-english", formatTurns: true });
    const [one, two] = rig.service.connections;
    two?.begin("two");
    one?.turn(0, "go on", true, 5000, 5900, { turn_is_formatted: false });
    one?.destroy();
    assert.deepEqual(rig.finals, ["go on"]);
    assert.equal(rig.terminations[0]?.reason, "error");
    rig.stream.end("stop");
    two?.terminate();
    assert.equal(rig.clock.timers, 0);
  });

  it("loses no open turn where the flow stops it at the termination of a session that broke off", () => {
    const rig = new StreamRig();
    rig.speak(50);
    rig.service.last.begin("one");
    rig.speak(2950);
    rig.service.last.turn(0, "ten meters", false, 1000, 2000);
    rig.terminations.push = () => {
      rig.stream.end("stop");
      return 0;
    };
    rig.service.last.destroy();
    rig.clock.advance(250);
    rig.service.last.begin("two").turn(0, "Ten meters.", true, 300, 1300);
    rig.service.last.terminate();
    assert.deepEqual(rig.finals, ["Ten meters."]);
    assert.equal(rig.stream.status.phase, "idle");
    assert.equal(rig.clock.timers, 0);
  });

  it("emits the open turn of the next session that is lost, though the one before it, not listened to any more, ends in order after that", () => {
    const rig = nearItsEnd();
    const [one, two] = rig.service.connections;
    two?.begin("two");
    rig.speak(1000);
    one?.turn(0, "go on", true, 5000, 5900);
    two?.turn(0, "lights", false, 200, 600);
    two?.destroy();
    rig.clock.advance(250);
    rig.service.last.open().error(4000, "Bad request");
    one?.terminate();
    assert.deepEqual(rig.finals, ["go on", "lights"]);
  });

  it("ends both sessions where the final at the rollover makes the flow stop it, and none that follows", () => {
    const rig = nearItsEnd({ model: "universal-streaming-english", formatTurns: true });
    const [one, two] = rig.service.connections;
    one?.turn(0, "stop", true, 5000, 5900, { turn_is_formatted: false });
    rig.finals.push = () => {
      rig.stream.end("stop");
      return 0;
    };
    two?.begin("two");
    assert.deepEqual([one?.sent("Terminate"), two?.sent("Terminate")], [1, 1]);
    rig.stream.start();
    rig.service.last.begin("three");
    one?.terminate();
    two?.terminate();
    assert.equal(rig.stream.isListening, true);
    rig.stream.end("stop");
    rig.service.last.terminate();
    assert.equal(rig.terminations.length, 3);
    assert.equal(rig.clock.timers, 0);
  });
});
