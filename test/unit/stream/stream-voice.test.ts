import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readWavFile } from "../../../nodes/lib/audio/wav";
import { FakeVoiceDetector } from "../../support/fake-voice-detector";
import { memoryInUse } from "../../support/memory";
import { StreamRig } from "../../support/stream-rig";

/** PCM of a sample recording; its first sound is `onsetMs` in. */
function recording(name: string): Buffer {
  return readWavFile(readFileSync(join(__dirname, "..", "..", "..", "simulator", "samples", `${name}.wav`))).samples;
}

/** A quiet room: noise of ±`peak`, from a seed so that each run has the same. */
function room(ms: number, peak = 12): Buffer {
  let state = 7;
  const samples = Int16Array.from({ length: ms * 16 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state / 2 ** 31) * peak;
  });
  return Buffer.from(samples.buffer);
}

/** PCM at half the rate: every second sample. */
function halved(pcm: Buffer): Buffer {
  const samples = Int16Array.from({ length: pcm.length >> 2 }, (_, index) => pcm.readInt16LE(index * 4));
  return Buffer.from(samples.buffer);
}

/** Plays PCM to the stream as a microphone does, 50 ms at a time. */
function play(rig: StreamRig, pcm: Buffer, until: () => boolean = () => false): void {
  for (let at = 0; at < pcm.length && !until(); at += 1600) {
    rig.audio(pcm.subarray(at, at + 1600));
    rig.clock.advance(50);
  }
}

describe("stream with a voice gate", () => {
  it("emits the last word of a session though the service places its end just behind the audio, where the next session begins", () => {
    const rig = new StreamRig({ open: "speech" }, { voiceDetector: () => new FakeVoiceDetector() });
    rig.talk(1000);
    const first = rig.service.last.begin();
    const sentMs = first.audioBytes.length / 32;
    rig.stream.end("stop");
    rig.clock.advance(1500);
    rig.talk(500);
    assert.equal(rig.service.connections.length, 2);
    first.turn(0, "lights on", true, 0, sentMs + 40);
    assert.deepEqual(rig.finals, ["lights on"]);
    first.turn(1, "off", true, sentMs - 400, sentMs + 40);
    assert.deepEqual(rig.finals, ["lights on", "off"]);
  });

  it("opens no session for a quiet room, and one when someone speaks, with audio from before the first sound", () => {
    const rig = new StreamRig({ open: "speech" });
    const audio = Buffer.concat([room(3000), recording("goforward"), room(1000)]);
    play(rig, audio.subarray(0, 3000 * 32));
    assert.equal(rig.service.connections.length, 0);
    play(rig, audio.subarray(3000 * 32));
    assert.equal(rig.service.connections.length, 1);
    const heard = rig.service.last.begin().audioBytes;
    const from = audio.indexOf(heard.subarray(0, 3200));
    const onset = 3000 + 470; // goforward's first word
    assert.equal(from % 2, 0);
    assert.ok(from / 32 <= onset - 300, `heard from ${from / 32} ms, the first sound is at ${onset} ms`);
    assert.ok(from / 32 > onset - 1500, "and not from long before");
    assert.deepEqual(heard, audio.subarray(from, from + heard.length), "in order, without a hole");
    assert.ok(from + heard.length > audio.length - 1600);
  });

  it("opens again for the next voice, though the audio never paused", () => {
    const rig = new StreamRig({ open: "speech", silenceTimeout: 2 });
    play(rig, Buffer.concat([room(2000), recording("goforward")]));
    rig.service.last.begin("one").turn(0, "Go forward ten meters.", true, 0, 2500);
    play(rig, room(4000));
    assert.equal(rig.service.last.sent("Terminate"), 1);
    rig.service.last.terminate();
    play(rig, room(4000));
    assert.equal(rig.service.connections.length, 1);
    play(rig, recording("librivox_0880"));
    assert.equal(rig.service.connections.length, 2);
  });

  it("defers the hang-up for a voice that begins as the silence timeout passes, until its text has arrived", () => {
    const rig = new StreamRig({ open: "speech", silenceTimeout: 2 });
    play(rig, Buffer.concat([room(2000), recording("goforward")]));
    const one = rig.service.last.begin("one");
    one.turn(0, "Go forward ten meters.", true, 0, 2500);
    play(rig, room(1200));
    play(rig, recording("librivox_0880"));
    assert.equal(one.sent("Terminate"), 0);
    one.turn(1, "He was not an ill disposed young man.", true, 3000, 6900);
    play(rig, room(1950));
    assert.equal(one.sent("Terminate"), 0);
    play(rig, room(100));
    assert.equal(one.sent("Terminate"), 1);
    one.terminate();
    assert.deepEqual([rig.service.connections.length, rig.finals.length], [1, 2]);
  });

  it("sends the whole pre-roll of a voice at another rate, whatever a session at the rate before has emitted", () => {
    const heard = (overAtMs: number) => {
      const rig = new StreamRig({ open: "speech", silenceTimeout: 2, preRoll: 1000 });
      play(rig, Buffer.concat([room(9000), recording("goforward")]));
      const one = rig.service.last.begin("one");
      one.turn(0, "Go forward ten meters.", true, 0, 3000);
      play(rig, room(3000));
      assert.equal(one.sent("Terminate"), 1);
      const slow = halved(Buffer.concat([room(1500), recording("goforward")]));
      for (let at = 0; at < slow.length; at += 800) {
        if (at === overAtMs * 16) one.terminate();
        rig.audio(slow.subarray(at, at + 800), 8000);
        rig.clock.advance(50);
      }
      assert.equal(rig.service.connections.length, 2);
      return rig.service.last.begin("two").audioBytes.length / 16;
    };
    const whole = heard(0);
    assert.deepEqual([heard(1000), heard(Infinity)], [whole, whole]);
  });

  it("listens to a file in its own time, and opens for each voice in it", () => {
    const rig = new StreamRig({ open: "speech", silenceTimeout: 2 });
    rig.audio(Buffer.concat([room(2000), recording("goforward"), room(6000), recording("librivox_0880"), room(2000)]), undefined);
    rig.clock.advance(4000);
    assert.equal(rig.service.connections.length, 1);
    rig.service.last.begin("one").turn(0, "Go forward ten meters.", true);
    rig.clock.advance(4000);
    rig.service.last.terminate();
    rig.clock.advance(5000);
    assert.equal(rig.service.connections.length, 2);
    assert.deepEqual(rig.warnings, [], "nothing of the file is dropped");
  });

  it("ends once for a file that ends in the middle of a voice, and emits its turn once", () => {
    for (const silenceTimeout of [0.3, 1, 5]) {
      const rig = new StreamRig({ open: "speech", silenceTimeout });
      rig.audio(recording("librivox_0880").subarray(0, 2400 * 32), undefined);
      rig.clock.advance(2500);
      rig.service.last.begin("one").turn(0, "He was not an ill disposed.", true, 0, 2400);
      rig.clock.advance(3000);
      assert.equal(rig.service.last.sent("Terminate"), silenceTimeout < 3 ? 1 : 0);
      rig.clock.advance(3000);
      rig.service.last.terminate();
      rig.clock.advance(60_000);
      assert.deepEqual([rig.service.connections.length, rig.finals.length], [1, 1], `${silenceTimeout} s`);
      assert.equal(rig.terminations[0]?.reason, "silence");
    }
  });

  it("opens no second session for a voice whose audio stopped before a text came", () => {
    const rig = new StreamRig({ open: "speech", silenceTimeout: 2 });
    play(rig, Buffer.concat([room(1000), recording("librivox_0880").subarray(0, 1500 * 32)]));
    rig.service.last.begin("one");
    rig.clock.advance(5000);
    assert.equal(rig.service.last.sent("Terminate"), 1, "2 s after Begin, and 3 s after the voice");
    rig.service.last.terminate();
    rig.clock.advance(60_000);
    assert.equal(rig.service.connections.length, 1);
  });

  it("finds the voice of the next file, though the one before ended in the middle of a voice", () => {
    const rig = new StreamRig({ open: "speech", silenceTimeout: 2 });
    const speech = recording("librivox_0880").subarray(500 * 32, 2400 * 32);
    for (const sessions of [1, 2, 3]) {
      rig.audio(speech, undefined);
      rig.clock.advance(2000);
      assert.equal(rig.service.connections.length, sessions);
      rig.service.last.begin(`session ${sessions}`).turn(0, "He was not an ill disposed.", true);
      rig.clock.advance(5000);
      rig.service.last.terminate();
    }
  });

  it("opens at a start without a voice", () => {
    const rig = new StreamRig({ open: "speech" });
    play(rig, room(1000));
    rig.stream.start();
    assert.equal(rig.service.connections.length, 1);
  });

  it("refuses a rate at which the gate cannot listen", () => {
    const rig = new StreamRig({ open: "speech" });
    assert.throws(() => rig.audio(Buffer.alloc(3200), 11_025), { code: "AAI_AUDIO_FORMAT" });
    rig.audio(Buffer.alloc(3200), 16_000);
    play(rig, Buffer.concat([room(1000), recording("goforward")]));
    assert.equal(rig.service.connections.length, 1);
  });

  it("keeps no more than a few seconds of a room where nobody speaks", () => {
    const rig = new StreamRig({ open: "speech" });
    const audio = room(60_000);
    const before = memoryInUse().buffers;
    play(rig, audio);
    assert.ok(memoryInUse().buffers - before < 10 * 32_000);
  });

  it("leaves no timer behind", async () => {
    const rig = new StreamRig({ open: "speech" });
    rig.audio(Buffer.concat([room(5000)]), undefined);
    await rig.stream.close("redeploy");
    assert.equal(rig.clock.timers, 0);
  });
});
