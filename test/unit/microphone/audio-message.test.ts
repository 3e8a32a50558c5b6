import assert from "node:assert/strict";
import { PcmDecoder } from "../../../nodes/lib/audio/pcm-decoder";
import { audioMessage } from "../../../nodes/lib/microphone/audio-message";
import { readMicrophoneSettings } from "../../../nodes/lib/microphone/settings";

describe("microphone: messages", () => {
  const pcm = Buffer.from([1, 2, 3, 4]);

  it("have their format beside the samples", () => {
    const settings = readMicrophoneSettings({ topic: "kitchen", sampleRate: 8000 });
    const audio = { encoding: "pcm_s16le", sampleRate: 8000, channels: 1 };
    assert.deepEqual(audioMessage(settings, pcm, true), { payload: pcm, audio, topic: "kitchen", first: true });
    assert.deepEqual(audioMessage(settings, pcm, false), { payload: pcm, audio, topic: "kitchen" });
  });

  it("are WAV files that need nothing beside them", () => {
    const settings = readMicrophoneSettings({ topic: "kitchen", sampleRate: 44_100, format: "wav" });
    const { payload, ...rest } = audioMessage(settings, pcm, true);
    assert.deepEqual(rest, { topic: "kitchen", first: true });
    const { data, sampleRate } = new PcmDecoder().decode(payload, undefined);
    assert.deepEqual({ data, sampleRate }, { data: pcm, sampleRate: 44_100 });
  });
});
