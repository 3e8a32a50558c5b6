import assert from "node:assert/strict";
import { recording } from "../../support/audio";
import { StreamRig } from "../../support/stream-rig";
import { quietRoom } from "../../support/wake-word";

function bytes(pcm: Int16Array): Buffer {
  return Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength);
}

const room = (seconds: number, seed = 7): Buffer => bytes(quietRoom(seconds, seed));
const said = (name: string): Buffer => bytes(recording(`${name}.wav`));

/** Plays PCM to the stream as a microphone does, 50 ms at a time. */
function play(rig: StreamRig, pcm: Buffer, sampleRate?: number): void {
  for (let at = 0; at < pcm.length; at += 1600) {
    rig.audio(pcm.subarray(at, at + 1600), sampleRate);
    rig.clock.advance(50);
  }
}

/** A stream that waits for Okay Nabu. */
const waiting = (properties: Record<string, unknown> = {}): StreamRig =>
  new StreamRig({ open: "wake-word", silenceTimeout: 2, ...properties });

describe("stream with a wake word", function () {
  this.timeout(60_000);

  it("opens no session for talk, and one when it is called, heard from the pre-roll on to the end of the command, bit for bit", () => {
    const rig = waiting();
    const before = Buffer.concat([room(2), said("librivox_0880"), room(1)]);
    const audio = Buffer.concat([before, said("okay_nabu"), said("goforward"), room(1)]);
    play(rig, audio.subarray(0, before.length));
    assert.equal(rig.service.connections.length, 0);
    play(rig, audio.subarray(before.length));
    assert.deepEqual([rig.events[0], rig.service.connections.length], ["called okay_nabu", 1]);
    const heard = rig.service.last.begin("one").audioBytes;
    const from = audio.indexOf(heard.subarray(0, 3200));
    const detected = before.length / 32 + 1530;
    assert.ok(Math.abs(from / 32 - (detected - 500)) <= 30, `from ${from / 32 - detected} ms`);
    assert.deepEqual(heard, audio.subarray(from, from + heard.length));
    assert.ok(from + heard.length > audio.length - 1600);
    assert.deepEqual(rig.events, ["called okay_nabu", "begin one"]);
  });

  it("waits for its name again after the silence, though the audio never paused and people talk", () => {
    const rig = waiting();
    play(rig, Buffer.concat([room(2), said("okay_nabu")]));
    rig.service.last.begin("one").turn(0, "Okay Nabu.", true, 0, 1000);
    play(rig, room(3));
    rig.service.last.terminate();
    play(rig, Buffer.concat([said("librivox_0880"), room(2), said("goforward"), room(1)]));
    assert.equal(rig.service.connections.length, 1);
    play(rig, Buffer.concat([said("okay_nabu"), room(1)]));
    assert.equal(rig.service.connections.length, 2);
    rig.service.last.begin("two");
    assert.deepEqual(rig.events, ["called okay_nabu", "begin one", "termination one silence", "called okay_nabu", "begin two"]);
    assert.deepEqual([rig.errors, rig.warnings], [[], []]);
  });

  it("reports the word while a session is open, and opens nothing", () => {
    const rig = waiting({ silenceTimeout: 30 });
    play(rig, Buffer.concat([room(2), said("okay_nabu")]));
    rig.service.last.begin("one").turn(0, "Okay Nabu.", true, 0, 1000);
    play(rig, Buffer.concat([room(2), said("okay_nabu"), room(1)]));
    assert.deepEqual(rig.events, ["called okay_nabu", "begin one", "called okay_nabu"]);
    assert.equal(rig.service.connections.length, 1);
  });

  it("listens for several words", () => {
    const rig = waiting({ wakeWord: "hey_jarvis, hey_mycroft" });
    play(rig, Buffer.concat([room(2), said("okay_nabu"), room(2)]));
    assert.deepEqual(rig.calls, []);
    play(rig, Buffer.concat([said("hey_mycroft"), room(1)]));
    assert.deepEqual(rig.events, ["called hey_mycroft"]);
  });

  it("gives the next session no text again: a pre-roll does not reach into what the last one covered", () => {
    const rig = waiting({ preRoll: 10_000, silenceTimeout: 1 });
    play(rig, Buffer.concat([room(2), said("okay_nabu")]));
    const one = rig.service.last.begin("one");
    one.turn(0, "Okay Nabu.", true, 0, 3400);
    play(rig, room(2));
    one.terminate();
    play(rig, Buffer.concat([said("okay_nabu"), room(1)]));
    assert.equal(rig.service.connections.length, 2);
    assert.ok(rig.service.last.begin("two").audioBytes.length < 8 * 32_000);
  });

  it("hears no word that is half before and half after a gap", () => {
    const rig = waiting();
    const word = said("okay_nabu");
    play(rig, Buffer.concat([room(2), word.subarray(0, 34_000)]));
    rig.clock.advance(1500);
    play(rig, Buffer.concat([word.subarray(34_000), room(1)]));
    assert.deepEqual(rig.calls, []);
  });

  it("opens on the action start as well, and does not stop the microphone", () => {
    const rig = waiting();
    play(rig, room(1));
    rig.stream.start();
    assert.equal(rig.service.connections.length, 1);
  });

  it("opens nothing while its words are on trial, and tells how near they came", () => {
    let onTrial = true;
    const rig = new StreamRig({ open: "wake-word" }, { wakeWordsOnTrial: () => onTrial });
    play(rig, Buffer.concat([room(2), said("okay_nabu"), room(1)]));
    assert.deepEqual([rig.calls, rig.service.connections.length], [[{ name: "okay_nabu", onTrial: true }], 0]);
    assert.ok(rig.stream.takeHighestProbability() > 0.97);
    onTrial = false;
    play(rig, Buffer.concat([said("okay_nabu"), room(1)]));
    assert.equal(rig.service.connections.length, 1);
  });

  it("refuses a rate that it cannot listen at, and loses nothing of what comes at another", () => {
    const rig = waiting();
    assert.throws(() => rig.audio(Buffer.alloc(3200), 11_025), { code: "AAI_AUDIO_FORMAT" });
    play(rig, Buffer.concat([room(2), said("okay_nabu")]), 16_000);
    assert.equal(rig.service.connections.length, 1);
  });

  it("ends with nothing left behind", async () => {
    const rig = waiting();
    play(rig, Buffer.concat([room(2), said("okay_nabu")]));
    rig.service.last.begin("one");
    const closing = rig.stream.close("redeploy");
    rig.service.last.terminate();
    await closing;
    assert.equal(rig.clock.timers, 0);
  });
});
