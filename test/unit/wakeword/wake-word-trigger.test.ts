import { strict as assert } from "node:assert";
import { Timeline } from "../../../nodes/lib/audio/timeline";
import { WakeWordTrigger, type Call } from "../../../nodes/lib/wakeword/wake-word-trigger";
import { concat, recording } from "../../support/audio";
import { FakeClock } from "../../support/fake-clock";
import { quietRoom, said, WAKE_WORDS } from "../../support/wake-word";

const RATE = 16_000;
const PIECE = RATE / 20;

class Rig {
  readonly clock = new FakeClock();
  readonly timeline = new Timeline(this.clock, RATE);
  readonly calls: (Call & { known: number })[] = [];
  readonly trigger: WakeWordTrigger;

  constructor(preRollMs = 500) {
    this.append(quietRoom(1));
    this.clock.advance(1000);
    this.trigger = new WakeWordTrigger({
      clock: this.clock,
      timeline: this.timeline,
      words: WAKE_WORDS,
      preRollMs,
      called: (call) => this.calls.push({ ...call, known: this.timeline.released() }),
    });
  }

  append(pcm: Int16Array): void {
    this.timeline.append(new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength));
  }

  /** As a microphone delivers it. */
  play(pcm: Int16Array): void {
    for (let from = 0; from < pcm.length; from += PIECE) {
      this.append(pcm.subarray(from, from + PIECE));
      this.trigger.pump();
      this.clock.advance(50);
    }
  }

  get names(): string[] {
    return this.calls.map(({ word }) => word.name);
  }
}

describe("wakeword/wake-word-trigger", function () {
  this.timeout(20_000);

  it("hears a word in live audio, within 250 ms of its end, and says from where it is to be sent", () => {
    const rig = new Rig();
    rig.play(said("okay_nabu"));
    assert.deepEqual(rig.names, ["okay_nabu"]);
    const [call] = rig.calls;
    assert.ok(call);
    const end = (1 + 2 + 1.39) * RATE;
    assert.ok(call.at > end && call.known < end + 0.25 * RATE, `${call.at - end} and ${call.known - end} samples after the word`);
    assert.equal(call.from, call.at - 0.5 * RATE);
  });

  it("listens to a file in its own time", () => {
    const rig = new Rig();
    rig.append(concat(said("hey_jarvis"), quietRoom(3), said("hey_mycroft")));
    rig.trigger.pump();
    rig.clock.advance(2000);
    assert.deepEqual(rig.names, []);
    rig.clock.advance(4000);
    assert.deepEqual(rig.names, ["hey_jarvis"]);
    rig.clock.advance(20_000);
    assert.deepEqual(rig.names, ["hey_jarvis", "hey_mycroft"]);
    assert.equal(rig.clock.timers, 0);
  });

  it("needs what a word that is not heard yet may need, also where its models rest", () => {
    const rig = new Rig(2000);
    const pcm = said("okay_nabu");
    for (let from = 0; from < pcm.length; from += PIECE) {
      rig.play(pcm.subarray(from, from + PIECE));
      rig.timeline.discardBefore(rig.trigger.needsFrom);
    }
    const [call] = rig.calls;
    assert.ok(call && rig.timeline.start <= call.from);
    assert.ok(rig.timeline.end - rig.timeline.start < 6 * RATE, "and no more than a few seconds");
  });

  it("begins anew after a gap: half a word before it and half a word after it are none", () => {
    const word = recording("okay_nabu.wav");
    const halves = [concat(quietRoom(2), word.subarray(0, 17_000)), concat(word.subarray(17_000), quietRoom(2))] as const;
    const heard = (gap: boolean): string[] => {
      const rig = new Rig();
      rig.play(halves[0]);
      if (gap) rig.trigger.breakOff();
      rig.play(halves[1]);
      return rig.names;
    };
    assert.deepEqual([heard(false), heard(true)], [["okay_nabu"], []]);
  });

  it("begins anew where the gap was, though it has not listened that far", () => {
    const rig = new Rig();
    const word = recording("okay_nabu.wav");
    rig.append(concat(quietRoom(4), word.subarray(0, 17_000)));
    rig.trigger.breakOff();
    rig.append(word.subarray(17_000));
    rig.append(said("hey_jarvis"));
    rig.trigger.pump();
    rig.clock.advance(20_000);
    assert.deepEqual(rig.names, ["hey_jarvis"]);
  });

  it("goes on where audio that it has not judged is gone", () => {
    const rig = new Rig();
    rig.append(concat(quietRoom(5)));
    rig.trigger.pump();
    rig.clock.advance(10_000);
    rig.append(quietRoom(1));
    rig.timeline.discardBefore(rig.timeline.end);
    rig.play(said("okay_nabu"));
    assert.deepEqual(rig.names, ["okay_nabu"]);
    assert.ok((rig.calls[0]?.at ?? 0) > rig.timeline.end - 3 * RATE);
  });

  it("tells how near it came to hearing a word, once", () => {
    const rig = new Rig();
    rig.play(quietRoom(2));
    assert.ok(rig.trigger.takeHighest() < 0.05);
    rig.play(said("okay_nabu"));
    const highest = rig.trigger.takeHighest();
    assert.ok(highest > 0.97 && highest <= 1);
    assert.ok(rig.trigger.takeHighest() < highest);
  });

  it("leaves no timer behind when it is closed", () => {
    const rig = new Rig();
    rig.append(quietRoom(20));
    rig.trigger.pump();
    assert.equal(rig.clock.timers, 1);
    rig.trigger.close();
    assert.equal(rig.clock.timers, 0);
  });

  it("refuses a rate that it cannot listen at", () => {
    const clock = new FakeClock();
    const options = { clock, words: WAKE_WORDS, preRollMs: 0, called: () => assert.fail() };
    assert.throws(() => new WakeWordTrigger({ ...options, timeline: new Timeline(clock, 11_025) }), { code: "AAI_AUDIO_FORMAT" });
  });
});
