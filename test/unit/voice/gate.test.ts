import { strict as assert } from "node:assert";
import { VoiceGate, type VoiceEvent } from "../../../nodes/lib/voice/gate";
import { FRAME_SAMPLES, type SpeechDetector } from "../../../nodes/lib/voice/silero";

/** A detector that gives one probability after the other, and 0 once they are used up. */
function scripted(probabilities: readonly number[]): SpeechDetector {
  let next = 0;
  return {
    process: () => probabilities[next++] ?? 0,
    reset() {
      next = 0;
    },
  };
}

function run(probabilities: readonly number[], sampleRate = 16_000): { gate: VoiceGate; events: VoiceEvent[]; closed: number[] } {
  const gate = new VoiceGate({ sampleRate, detector: scripted(probabilities), sparing: false });
  const frame = new Int16Array((FRAME_SAMPLES * sampleRate) / 16_000);
  const events: VoiceEvent[] = [];
  const closed: number[] = [];
  for (let i = 0; i < probabilities.length; i++) {
    for (const event of gate.push(frame)) {
      events.push(event);
      if (event.type === "end") closed.push(i);
    }
  }
  return { gate, events, closed };
}

const repeat = (probability: number, frames: number): number[] => Array.from({ length: frames }, () => probability);

describe("voice/gate", () => {
  it("opens on two frames of 0.5 or more in a row, with the position of the first", () => {
    assert.deepEqual(run([0, 0, 0.5, 0.5]).events, [{ type: "start", sample: 2 * FRAME_SAMPLES }]);
  });

  it("does not open on one frame, on two with a gap, or just below", () => {
    assert.deepEqual(run([0.9, 0.1, 0.9, 0.49, 0.9, 0.1, 0.49, 0.49]).events, []);
  });

  it("holds at 0.35 for as long as it takes", () => {
    const { gate, events } = run([0.6, 0.6, ...repeat(0.35, 500)]);
    assert.equal(events.length, 1);
    assert.equal(gate.speaking, true);
  });

  it("stays open over a pause of 24 frames (768 ms) below 0.35", () => {
    const { gate, events } = run([0.6, 0.6, ...repeat(0.34, 24), 0.35, ...repeat(0, 24)]);
    assert.equal(events.length, 1);
    assert.equal(gate.speaking, true);
  });

  it("closes with the 25th frame (800 ms) below 0.35, with the position where the voice ended", () => {
    const { gate, events, closed } = run([0.6, 0.6, 0.4, ...repeat(0.34, 25)]);
    assert.deepEqual(events, [
      { type: "start", sample: 0 },
      { type: "end", sample: 3 * FRAME_SAMPLES },
    ]);
    assert.deepEqual(closed, [3 + 24]);
    assert.equal(gate.speaking, false);
  });

  it("needs two voiced frames again for the next utterance", () => {
    const first = [0.6, 0.6, ...repeat(0, 25)];
    assert.equal(run([...first, 0.9, 0, 0]).events.length, 2);
    assert.equal(run([...first, 0.9, 0.9]).events.length, 3);
  });

  it("returns positions in samples of the input's own rate", () => {
    const { events } = run([0, 0, 0, 0.8, 0.8, ...repeat(0, 27)], 48_000);
    assert.deepEqual(events, [
      { type: "start", sample: 3 * FRAME_SAMPLES * 3 },
      { type: "end", sample: 5 * FRAME_SAMPLES * 3 },
    ]);
  });

  it("returns all events of a long chunk, in order", () => {
    const utterance = [0.9, 0.9, ...repeat(0, 30)];
    const gate = new VoiceGate({ sampleRate: 16_000, detector: scripted([...utterance, ...utterance]), sparing: false });
    assert.deepEqual(
      gate.push(new Int16Array(64 * FRAME_SAMPLES)).map(({ type }) => type),
      ["start", "end", "start", "end"],
    );
    assert.deepEqual(gate.push(new Int16Array(0)), []);
  });

  it("counts from 0 again after a reset, and forgets that it was open", () => {
    const gate = new VoiceGate({ sampleRate: 16_000, detector: scripted([0.9, 0.9]), sparing: false });
    const open = new Int16Array(2 * FRAME_SAMPLES + 100);
    assert.deepEqual(gate.push(open), [{ type: "start", sample: 0 }]);
    gate.reset();
    assert.equal(gate.speaking, false);
    assert.deepEqual(gate.push(open), [{ type: "start", sample: 0 }]);
  });

  it("refuses a rate that the detector does not support", () => {
    assert.throws(() => new VoiceGate({ sampleRate: 11_025 }), { code: "AAI_AUDIO_FORMAT" });
  });
});
