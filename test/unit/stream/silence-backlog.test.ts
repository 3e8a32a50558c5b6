import assert from "node:assert/strict";
import { FakeVoiceDetector } from "../../support/fake-voice-detector";
import type { FakeServerConnection } from "../../support/fake-service";
import { StreamRig } from "../../support/stream-rig";

/** Where the detector runs all the time. */
const openedBySpeech = (silenceTimeout: number) =>
  new StreamRig({ open: "speech", silenceTimeout }, { voiceDetector: () => new FakeVoiceDetector() });

/** Someone speaks until the session drops; the next one has begun, and was sent all of it at once. @returns how much that was, in ms */
function backlog(seconds: number, properties: Record<string, unknown> = {}): { rig: StreamRig; server: FakeServerConnection; ms: number } {
  const rig = new StreamRig({ silenceTimeout: 2, ...properties });
  rig.talk(50);
  rig.service.last.begin("one");
  for (let second = 0; second < seconds; second++) {
    rig.talk(1000);
    rig.service.last.turn(0, "lights", false, 300, 600);
  }
  rig.service.last.destroy();
  rig.talk(250);
  const server = rig.service.last.begin("two");
  const ms = server.audioBytes.length / 32;
  assert.equal(ms, seconds * 1000 + 300);
  return { rig, server, ms };
}

/** ms without audio until Terminate is sent. */
function msUntilTerminate(rig: StreamRig, server: FakeServerConnection): number {
  for (let ms = 0; ms <= 100_000; ms += 10) {
    if (server.sent("Terminate") === 1) return ms;
    rig.clock.advance(10);
  }
  throw new Error("never");
}

function assertNear(ms: number, expected: number): void {
  assert.ok(ms >= expected - 50 && ms <= expected + 150, `${ms} ms instead of ${expected}`);
}

describe("silence, while a session has a backlog", () => {
  it("waits for what is still to be worked off, where the room is quiet", () => {
    const { rig, server, ms } = backlog(10);
    rig.speak(8000);
    assert.equal(server.sent("Terminate"), 0);
    server.turn(0, "Lights on.", true, 300, ms);
    rig.speak(2020);
    assert.equal(server.sent("Terminate"), 1);
  });

  it("waits for 3 s after the last word has been worked off, where the microphone is off", () => {
    const { rig, server, ms } = backlog(10);
    assertNear(msUntilTerminate(rig, server), ms + 3000);
  });

  it("is the timeout after the last word's text, where the microphone is off", () => {
    const { rig, server, ms } = backlog(10);
    rig.clock.advance(ms + 800);
    assert.equal(server.sent("Terminate"), 0);
    server.turn(0, "Lights on.", true, 300, ms);
    const passed = msUntilTerminate(rig, server);
    assert.ok(passed >= 2000 && passed <= 2020, `${passed} ms`);
  });

  it("goes on waiting where audio comes again before the last text had the time to arrive", () => {
    for (const againMs of [9000, 9400, 9800, 10_200]) {
      const { rig, server, ms } = backlog(10);
      rig.clock.advance(8500);
      server.turn(0, "Lights on", false, 300, 8000);
      rig.clock.advance(againMs - 8500);
      rig.audio(Buffer.alloc(3200), undefined, true);
      assertNear(msUntilTerminate(rig, server), ms - againMs + 3000);
    }
  });

  it("goes on waiting where a text comes just before all is worked off", () => {
    const { rig, server, ms } = backlog(10, { silenceTimeout: 1 });
    rig.clock.advance(ms - 500);
    server.turn(0, "Lights on", false, 300, ms - 1500);
    assertNear(msUntilTerminate(rig, server), 500 + 3000);
  });

  it("is not put off for ever by a piece of audio that is too short to be sent", () => {
    const { rig, server, ms } = backlog(10, { silenceTimeout: 5 });
    rig.clock.advance(9000);
    rig.audio(FakeVoiceDetector.voice(32));
    assertNear(msUntilTerminate(rig, server), ms - 9000 + 3000);
  });

  it("waits, too, where a text that is late shows the backlog", () => {
    for (const silenceTimeout of [2, 5]) {
      const rig = new StreamRig({ silenceTimeout, options: { redact_pii: true } });
      rig.talk(50);
      const server = rig.service.last.begin();
      rig.talk(9950);
      rig.clock.advance(1500);
      server.turn(0, "Lights on.", true, 0, 2000);
      // The text came up to 3 s after its last word had been worked off: 5 of 8 s are left, and the 2 s of silence that the feed has sent.
      assertNear(msUntilTerminate(rig, server), 5000 + 3000);
    }
  });

  it("counts in a backlog of 40 s in which no text comes, and 30 s beyond that at most", () => {
    const off = backlog(40);
    assertNear(msUntilTerminate(off.rig, off.server), off.ms + 3000);
    const { rig, server, ms } = backlog(10);
    rig.talk(2000 + ms + 30_000 - 200);
    assert.equal(server.sent("Terminate"), 0);
    rig.talk(300);
    assert.equal(server.sent("Terminate"), 1);
  });

  it("leaves out what was said before the audio that the session was sent", () => {
    const rig = openedBySpeech(1);
    rig.talk(2000);
    rig.service.last.begin("one");
    rig.clock.advance(4000);
    rig.service.last.terminate();
    rig.clock.advance(10_000);
    rig.stream.start();
    for (let ms = 0; ms < 5000; ms += 50) {
      rig.audio(Buffer.alloc(1600), undefined, ms === 0);
      rig.clock.advance(50);
    }
    const server = rig.service.last.begin("two");
    assert.equal(server.audioBytes.length / 32, 5000);
    const ms = msUntilTerminate(rig, server);
    assert.ok(ms >= 1000 && ms <= 1020, `${ms} ms`);
  });

  it("leaves out what was worked off before the backlog began, also where there was another one before", () => {
    const rig = openedBySpeech(9);
    rig.talk(1000);
    const server = rig.service.last.begin();
    rig.talk(1000);
    const textAndBacklog = () => {
      rig.clock.advance(500);
      server.turn(0, "lights", false, 0, 500);
      rig.clock.advance(8000);
      rig.audio(Buffer.alloc(4000 * 32));
    };
    textAndBacklog();
    rig.clock.advance(500);
    server.turn(0, "lights", false, 0, 500);
    rig.clock.advance(8000);
    rig.audio(FakeVoiceDetector.voice(1000));
    textAndBacklog();
    const ms = msUntilTerminate(rig, server);
    assert.ok(ms >= 1000 && ms <= 1020, `${ms} ms`);
  });

  it("waits, too, where a late answer to a ping shows that what has no text yet may only just have arrived", () => {
    for (const microphone of ["on", "off"]) {
      const rig = new StreamRig({ silenceTimeout: 2 });
      rig.talk(50);
      const server = rig.service.last.begin();
      rig.talk(9950);
      server.turn(0, "Lights on.", true, 0, 5500);
      if (microphone === "on") rig.speak(500);
      else rig.clock.advance(1500);
      server.pong(4000);
      if (microphone === "on") rig.speak(50);
      assertNear(msUntilTerminate(rig, server), 4500 + 3000);
    }
  });
});
