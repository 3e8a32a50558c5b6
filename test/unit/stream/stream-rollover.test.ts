import assert from "node:assert/strict";
import { StreamRig } from "../../support/stream-rig";

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

describe("stream that changes sessions", () => {
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

  it("reports a drop, and keeps no timer, where the last final arrives with it", () => {
    const rig = nearItsEnd({ model: "universal-streaming-english", formatTurns: true });
    const [one, two] = rig.service.connections;
    two?.begin("two");
    one?.turn(0, "go on", true, 5000, 5900, { turn_is_formatted: false });
    const timers = rig.clock.timers;
    one?.destroy();
    assert.deepEqual(rig.finals, ["go on"]);
    assert.equal(rig.terminations[0]?.reason, "error");
    rig.stream.end("stop");
    two?.terminate();
    assert.equal(rig.clock.timers, 0, `${timers} before`);
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
