import assert from "node:assert/strict";
import { FakeVoiceDetector } from "../../support/fake-voice-detector";
import { StreamRig } from "../../support/stream-rig";

/** Someone has spoken for 2 s, and a session with that audio has begun. */
function spokenTo(properties: Record<string, unknown> = {}, beginAfterMs = 0): StreamRig {
  const rig = new StreamRig(properties);
  rig.talk(50);
  if (beginAfterMs > 0) rig.talk(beginAfterMs);
  rig.service.last.begin();
  return rig;
}

const isTerminated = (rig: StreamRig) => rig.service.connections[0]?.sent("Terminate") === 1;

/** ms of a room in which nobody speaks until Terminate is sent. */
function msUntilTerminate(rig: StreamRig, stepMs = 10): number {
  for (let ms = 0; ms <= 200_000; ms += stepMs) {
    if (isTerminated(rig)) return ms;
    rig.audio(Buffer.alloc(stepMs * 32));
    rig.clock.advance(stepMs);
  }
  throw new Error("never");
}

describe("silence", () => {
  it("is the silence timeout after a sentence whose text has arrived, to within 20 ms, for timeouts of 1 s, 2 s, 5 s", () => {
    for (const silenceTimeout of [1, 2, 5]) {
      const rig = spokenTo({ silenceTimeout });
      rig.talk(2000);
      rig.service.last.turn(0, "Lights on.", true, 0, 2000);
      const ms = msUntilTerminate(rig);
      assert.ok(ms >= silenceTimeout * 1000 && ms <= silenceTimeout * 1000 + 20, `${ms} ms`);
    }
  });

  it("counts from Begin where nobody has spoken", () => {
    const rig = new StreamRig({ silenceTimeout: 2 });
    rig.speak(50);
    rig.service.last.begin();
    const ms = msUntilTerminate(rig);
    assert.ok(ms >= 2000 && ms <= 2020, `${ms} ms`);
  });

  it("does not depend on whether the server answers pings", () => {
    const rig = spokenTo({ silenceTimeout: 5 });
    rig.service.last.isStalled = true;
    rig.talk(1000);
    rig.service.last.turn(0, "Lights on.", true, 0, 1000);
    const ms = msUntilTerminate(rig);
    assert.ok(ms >= 5000 && ms <= 5020, `${ms} ms`);
  });

  it("is no silence while someone speaks whose text is late, and counts anew from that text", () => {
    const rig = spokenTo({ silenceTimeout: 1 });
    rig.talk(1500);
    assert.ok(!isTerminated(rig), "the deadline was 0.5 s ago");
    rig.service.last.turn(0, "lights", false, 0, 1500);
    rig.talk(900);
    assert.ok(!isTerminated(rig));
    rig.service.last.turn(0, "Lights on.", true, 0, 2450);
    const ms = msUntilTerminate(rig);
    assert.ok(ms >= 1000 && ms <= 1020, `${ms} ms`);
  });

  it("waits for a text for 3 s from the voice's end, and no longer", () => {
    const rig = spokenTo({ silenceTimeout: 2 });
    rig.talk(1950);
    const ms = msUntilTerminate(rig);
    assert.ok(ms >= 2950 && ms <= 3100, `${ms} ms`);
  });

  it("keeps a 6.7 s sentence whole where texts arrive at the ends of turns only, with timeouts of 2 s and 5 s", () => {
    for (const options of [{ redact_pii: true }, { include_partial_turns: false }]) {
      for (const silenceTimeout of [2, 5]) {
        const rig = spokenTo({ silenceTimeout, options });
        rig.talk(6650);
        rig.speak(420);
        assert.ok(!isTerminated(rig));
        rig.service.last.turn(0, "A long sentence.", true, 0, 6700);
        const ms = msUntilTerminate(rig);
        assert.ok(ms >= silenceTimeout * 1000 && ms <= silenceTimeout * 1000 + 20, `${ms} ms`);
      }
    }
  });

  it("ends what sounds like a voice and never becomes a text, 30 s beyond the deadline; 65 s without partial turns", () => {
    for (const [options, longest] of [
      [{}, 30_000],
      [{ redact_pii: true }, 65_000],
      [{ redact_pii: true, include_partial_turns: true }, 30_000],
    ] as const) {
      const rig = spokenTo({ silenceTimeout: 2, options });
      rig.talk(2000 + longest - 100);
      assert.ok(!isTerminated(rig), JSON.stringify(options));
      rig.talk(200);
      assert.ok(isTerminated(rig), JSON.stringify(options));
    }
  });

  it("is none where a voice begins after a pause of the audio, though the newest text ended just before the pause", () => {
    const rig = spokenTo({ silenceTimeout: 2 });
    rig.talk(1950);
    rig.service.last.turn(0, "Lights on.", true, 0, 2000);
    rig.clock.advance(1700);
    rig.talk(300);
    rig.clock.advance(100);
    assert.ok(!isTerminated(rig), "its text is still to come");
  });

  it("goes by the time since a voice, not by the audio since then: a pause of the audio counts", () => {
    const rig = spokenTo({ silenceTimeout: 4 });
    rig.talk(1950);
    rig.clock.advance(2500);
    const ms = msUntilTerminate(rig);
    assert.ok(ms >= 400 && ms <= 700, `${ms} ms`);
  });

  it("goes by the end of the newest text's last word: a voice that trails it by half a second is covered", () => {
    for (const [textEnd, covered] of [
      [1600, true],
      [1300, false],
    ] as const) {
      const rig = spokenTo({ silenceTimeout: 2 });
      rig.talk(1950);
      rig.service.last.turn(0, "lights on", true, 0, textEnd);
      const ms = msUntilTerminate(rig);
      assert.equal(ms <= 2020, covered, `${ms} ms`);
    }
  });

  it("counts by texts alone, with one warning, at a rate that the detector does not support", () => {
    const rig = new StreamRig({ silenceTimeout: 2, sampleRate: 11_025 });
    for (const session of ["one", "two"]) {
      rig.audio(Buffer.alloc(1102));
      rig.service.last.begin(session);
      rig.clock.advance(1999);
      assert.equal(rig.service.last.sent("Terminate"), 0);
      rig.clock.advance(1);
      assert.equal(rig.service.last.sent("Terminate"), 1);
      rig.service.last.terminate();
    }
    assert.deepEqual(
      rig.warnings.map(({ code }) => code),
      ["AAI_AUDIO_FORMAT"],
    );
  });

  it("is not broken by texts of marks in brackets only, which are never emitted", () => {
    const rig = spokenTo({ silenceTimeout: 2 });
    rig.service.last.turn(0, "Yes.", true, 0, 100);
    rig.speak(1000);
    rig.service.last.turn(1, "[Silence]", false, 1000, 1100);
    rig.service.last.turn(1, "[Silence]", true, 1000, 1200);
    const ms = msUntilTerminate(rig);
    assert.ok(ms <= 1020, `${ms} ms`);
    assert.deepEqual([rig.finals, rig.partials], [["Yes."], []]);
  });

  it("is not found in mid-sentence after a two-way stall of the network", () => {
    for (const stallMs of [3500, 4500, 5250, 8000]) {
      const rig = spokenTo({ silenceTimeout: 5 });
      rig.talk(2000);
      rig.service.last.turn(0, "it is", false, 0, 1900);
      rig.service.last.isStalled = true;
      rig.talk(stallMs);
      rig.service.last.isStalled = false;
      assert.ok(!isTerminated(rig), `${stallMs} ms`);
      rig.service.last.turn(0, "it is a long", false, 0, 1900 + stallMs);
      rig.talk(3000);
      assert.ok(!isTerminated(rig), `${stallMs} ms`);
    }
  });

  it("waits for the text of a voice also where a gap in the audio, or a new recording, comes after it", () => {
    const rig = new StreamRig({ open: "speech", silenceTimeout: 1 }, { voiceDetector: () => new FakeVoiceDetector() });
    rig.talk(300);
    rig.service.last.begin();
    rig.talk(900);
    rig.audio(Buffer.alloc(1600), undefined, true);
    rig.speak(2800);
    assert.ok(!isTerminated(rig));
    rig.speak(300);
    assert.ok(isTerminated(rig));
  });

  it("takes the last sound of a recording, which reaches into a frame of the next one, for that recording's", () => {
    for (const extraMs of [0, 8, 16, 24]) {
      const rig = spokenTo({ silenceTimeout: 2 });
      rig.talk(950);
      rig.audio(FakeVoiceDetector.voice(extraMs));
      rig.audio(Buffer.alloc(1600), undefined, true);
      rig.service.last.turn(0, "Yes", false, 0, 990 + extraMs);
      const ms = msUntilTerminate(rig);
      assert.ok(ms <= 2020, `${ms} ms`);
    }
  });

  it("counts the pause since the last sound of a recording, though that reaches into a frame of the next one", () => {
    for (const extraMs of [0, 8, 16, 24]) {
      const rig = spokenTo({ silenceTimeout: 4 });
      rig.talk(950);
      rig.audio(FakeVoiceDetector.voice(extraMs));
      rig.clock.advance(1500);
      const ms = msUntilTerminate(rig);
      assert.ok(ms >= 1550 && ms <= 1570, `${ms} ms`);
    }
  });

  it("hangs up in a pause of a file, on a clock that moves on within a step", () => {
    const rig = new StreamRig({ silenceTimeout: 5 });
    const now = rig.clock.now.bind(rig.clock);
    let moved = 0;
    rig.clock.now = () => now() + (moved += 0.013);
    rig.audio(Buffer.concat([FakeVoiceDetector.voice(3000), Buffer.alloc(57_000 * 32)]));
    rig.service.last.begin();
    for (let ms = 0; ms < 3000; ms += 3) rig.clock.advance(3);
    rig.service.last.turn(0, "Lights on.", true, 0, 3000);
    for (let ms = 0; ms < 6000; ms += 3) rig.clock.advance(3);
    assert.ok(isTerminated(rig));
    assert.deepEqual(rig.errors, []);
  });

  it("judges no audio unless the deadline is near", () => {
    let frames = 0;
    const voiceDetector = () => ({ process: () => (frames++, 0), reset: () => undefined });
    const rig = new StreamRig({ silenceTimeout: 5 }, { voiceDetector });
    rig.speak(50);
    rig.service.last.begin();
    for (let second = 0; second < 60; second++) {
      rig.speak(1000);
      rig.service.last.turn(second, "word", true, second * 1000, second * 1000 + 900);
    }
    assert.equal(frames, 0);
    rig.speak(5000);
    assert.ok(frames >= 32 && frames < 140, `${frames} frames of 32 ms`);
  });
});
