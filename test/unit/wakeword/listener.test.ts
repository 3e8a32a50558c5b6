import { strict as assert } from "node:assert";
import { BUNDLED_WAKE_WORDS } from "../../../nodes/lib/wakeword/bundled";
import { WakeWordListener } from "../../../nodes/lib/wakeword/listener";
import { concat, mix, pinkNoise, recording, RECORDINGS, rmsOf } from "../../support/audio";
import { hear, names, push, quietRoom, said, WAKE_WORDS } from "../../support/wake-word";

const RATE = 16_000;

describe("wakeword/listener", function () {
  this.timeout(60_000);

  for (const word of BUNDLED_WAKE_WORDS) {
    it(`hears ${word} once where someone says it, and no other word`, () => {
      const heard = hear(said(word));
      assert.deepEqual(names(heard), [word]);
      const [{ sample, probability } = { sample: NaN, probability: NaN }] = heard;
      assert.ok(sample > 2.5 * RATE && sample < 5 * RATE);
      assert.ok(probability > 0.95 && probability <= 1);
    });
  }

  it("places the end of what decided: 1530 ms into Okay Nabu's recording, as the reference does", () => {
    const [heard] = hear(said("okay_nabu"));
    assert.ok(heard);
    assert.ok(Math.abs(heard.sample / 16 - 2000 - 1530) <= 30);
  });

  it("hears the same however the audio is cut", () => {
    const pcm = said("hey_jarvis");
    const whole = hear(pcm, {}, pcm.length);
    assert.equal(whole.length, 1);
    for (const piece of [1, 160, 441, 4096]) assert.deepEqual(hear(pcm, {}, piece), whole);
  });

  for (const snr of [20, 10, 5]) {
    it(`hears the same at the same samples with the models at rest in a room with pink noise at ${snr} dB`, () => {
      const pcm = concat(quietRoom(3), ...BUNDLED_WAKE_WORDS.flatMap((word) => [recording(`${word}.wav`), quietRoom(4)]));
      const noisy = mix(pcm, pinkNoise(rmsOf(recording("hey_jarvis.wav")) * 10 ** (-snr / 20), 5));
      const judged = hear(noisy, { sparing: false });
      assert.ok(judged.length >= 2, names(judged).join());
      assert.deepEqual(hear(noisy), judged);
    });
  }

  it("rests a second after the last sound, and wakes at the next one", () => {
    const listener = new WakeWordListener({ sampleRate: RATE, words: WAKE_WORDS });
    push(listener, quietRoom(3));
    assert.equal(listener.rests, true);
    assert.equal(listener.probability, 0);
    push(listener, recording("okay_nabu.wav").subarray(0, 16_000));
    assert.equal(listener.rests, false);
    push(listener, quietRoom(4));
    assert.equal(listener.rests, true);
  });

  it("adapts to noise that stays: the models rest again", () => {
    const listener = new WakeWordListener({ sampleRate: RATE, words: WAKE_WORDS });
    push(listener, quietRoom(3));
    const fan = quietRoom(20).map((sample) => sample * 20);
    push(listener, fan);
    assert.equal(listener.rests, true);
  });

  it("hears the probability rise above the cutoff while the word is said", () => {
    const listener = new WakeWordListener({ sampleRate: RATE, words: WAKE_WORDS });
    const pcm = said("okay_nabu");
    let highest = 0;
    for (let from = 0; from < pcm.length; from += 1600) {
      listener.push(pcm.subarray(from, from + 1600));
      highest = Math.max(highest, listener.probability);
    }
    assert.ok(highest > 0.97);
    assert.equal(listener.probability < 0.1, true);
  });

  it("hears no word in people's talk, one recording after the other, nor in the noise between", () => {
    const talk = concat(...RECORDINGS.flatMap((name) => [recording(name), quietRoom(1)]));
    assert.deepEqual(hear(talk), []);
  });

  it("begins anew after a reset: positions count from 0, and nothing is heard in the first second", () => {
    const listener = new WakeWordListener({ sampleRate: RATE, words: WAKE_WORDS });
    const first = push(listener, said("hey_mycroft"));
    listener.reset();
    assert.deepEqual(push(listener, said("hey_mycroft")), first);
    listener.reset();
    assert.deepEqual(push(listener, recording("okay_nabu.wav").subarray(8000)), []);
  });

  it("refuses a rate that it cannot hear at", () => {
    assert.throws(() => new WakeWordListener({ sampleRate: 11_025, words: WAKE_WORDS }), { code: "AAI_AUDIO_FORMAT" });
  });

  it("tells a late detection's limit: two seconds and a slice at most", () => {
    const { longestDelayMs } = new WakeWordListener({ sampleRate: RATE, words: WAKE_WORDS });
    assert.ok(longestDelayMs > 1500 && longestDelayMs < 2500, String(longestDelayMs));
  });
});
