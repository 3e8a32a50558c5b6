import type { AaiError } from "../../nodes/lib/common/errors";
import type { SessionSummary } from "../../nodes/lib/session/session-summary";
import type { ListeningOptions, StreamEvent } from "../../nodes/lib/stream/stream-events";
import { Stream } from "../../nodes/lib/stream/stream";
import { readStreamingSettings } from "../../nodes/lib/speech-to-text/settings";
import type { Reconnecting } from "../../nodes/lib/stream/reconnection";
import { SessionLine } from "../../nodes/lib/assemblyai/session-line";
import { FakeClock } from "./fake-clock";
import { FakeVoiceDetector } from "./fake-voice-detector";
import { FakeService } from "./fake-service";

/** A stream on a fake clock and a fake network, with a record of everything that it emits. */
export class StreamRig {
  readonly clock = new FakeClock();
  readonly service = new FakeService();
  readonly events: string[] = [];
  readonly finals: string[] = [];
  readonly partials: string[] = [];
  readonly turnNumbers: number[] = [];
  readonly terminations: SessionSummary[] = [];
  /** of each termination: whether another session takes its place */
  readonly replaced: boolean[] = [];
  readonly reconnects: Reconnecting[] = [];
  readonly failures: AaiError[] = [];
  readonly errors: AaiError[] = [];
  readonly warnings: AaiError[] = [];
  readonly calls: { name: string; onTrial: boolean }[] = [];
  readonly stream: Stream;
  private position = 0;

  /**
   * @param properties of the node. With `open` = "speech" the package's own network detects voices; else nobody ever speaks, unless
   *   `options` has a detector
   */
  constructor(properties: Record<string, unknown> = {}, options: Partial<ListeningOptions> = {}) {
    this.stream = new Stream(
      {
        clock: this.clock,
        connect: this.service.connect,
        account: () => ({ url: "ws://127.0.0.1/v3/ws", apiKey: "key" }),
        line: new SessionLine(this.clock, () => 0),
        settings: readStreamingSettings(properties),
        configuration: () => ({}),
        voiceDetector: properties["open"] === "speech" ? undefined : () => new FakeVoiceDetector(),
        ...options,
      },
      (event) => this.note(event),
    );
  }

  private note(event: StreamEvent): void {
    switch (event.type) {
      case "called":
        this.calls.push({ name: event.word.name, onTrial: event.onTrial });
        return void this.events.push(`called ${event.word.name}`);
      case "begun":
        return void this.events.push(`begin ${event.begin.id}`);
      case "turn":
        (event.turn.final ? this.finals : this.partials).push(event.turn.text);
        if (event.turn.final) this.turnNumbers.push(event.number);
        return;
      case "message":
        return void this.events.push(`${event.message.type} ${event.sessionId}`);
      case "terminated":
        this.terminations.push(event.summary);
        this.replaced.push(event.replaced);
        return void this.events.push(`termination ${event.summary.sessionId} ${event.summary.reason}`);
      case "reconnecting":
        this.reconnects.push(event.info);
        return void this.events.push("reconnecting");
      case "failed":
        return void this.failures.push(event.error);
      case "error":
        return void this.errors.push(event.error);
      case "warning":
        return void this.warnings.push(event.error);
      case "changed":
        return;
    }
  }

  /** `ms` of audio at 16 kHz whose samples count up, so that each differs from its neighbours. */
  static pcm(ms: number, first = 0): Buffer {
    const samples = Int16Array.from({ length: ms * 16 }, (_, index) => (first + index) % 32_768);
    return Buffer.from(samples.buffer);
  }

  /** @param sampleRate Hz, where the audio itself says it */
  audio(pcm: Buffer, sampleRate?: number, first = false): void {
    this.stream.audio(pcm, sampleRate === undefined ? undefined : { sampleRate }, first);
  }

  /** Live audio in which someone speaks, by the measure of FakeVoiceDetector. */
  talk(ms: number): void {
    for (let passed = 0; passed < ms; passed += 50) {
      this.audio(FakeVoiceDetector.voice(50));
      this.clock.advance(50);
    }
  }

  /** Live audio: pieces of 50 ms, each at its own time. */
  speak(ms: number): void {
    for (let passed = 0; passed < ms; passed += 50) {
      this.audio(StreamRig.pcm(50, this.position));
      this.position += 800;
      this.clock.advance(50);
    }
  }

  /** Live audio until the next attempt to connect, at most two minutes. @returns how many ms that took */
  speakUntilConnecting(): number {
    const before = this.service.connections.length;
    for (let passed = 0; passed < 120_000; passed += 50) {
      if (this.service.connections.length > before) return passed;
      this.speak(50);
    }
    throw new Error("no attempt within two minutes");
  }
}
