import type { SpeechDetector } from "../../nodes/lib/voice/silero";

/** Takes one kind of sound for a voice: a square wave at full scale, which no other test audio holds. */
export class FakeVoiceDetector implements SpeechDetector {
  private static readonly SAMPLE = 32_000;

  process(frame: Float32Array): number {
    const loud = frame.filter((sample) => Math.abs(sample) * 32_768 === FakeVoiceDetector.SAMPLE).length;
    return loud > frame.length / 2 ? 1 : 0;
  }

  reset(): void {
    // The detector has no state.
  }

  /** `ms` of a voice at 16 kHz. */
  static voice(ms: number): Buffer {
    const samples = Int16Array.from({ length: ms * 16 }, (_, index) =>
      index % 2 === 0 ? FakeVoiceDetector.SAMPLE : -FakeVoiceDetector.SAMPLE,
    );
    return Buffer.from(samples.buffer);
  }
}
