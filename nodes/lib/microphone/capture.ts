import { Chunker } from "../audio/chunker";
import type { Clock, Timer } from "../common/clock";
import { toAaiError, type AaiError, type ErrorKey } from "../common/errors";
import type { MicrophoneSettings } from "./settings";
import type { Recorder, Recording } from "./recorder";

/**
 * A microphone that stays on: one recording after another, until it is stopped.
 *
 *     stopped ──start()──▶ starting ──first audio──▶ listening
 *        ▲                    ▲  │                      │
 *        │                    │  └──────failure─────────┴──▶ waiting (1, 2, 4 … 30 s) ──▶ starting
 *        └──stop()── any      │
 *                             └──start()── failed ◀── recorder not installed: trying again cannot help
 *
 * Two recordings never overlap: the next one waits until the last one's process has ended, because many devices allow one recorder only.
 */
export type CaptureState =
  | { readonly name: "stopped" }
  | { readonly name: "starting" }
  | { readonly name: "listening" }
  /** Starts again in `seconds`; reported every second. */
  | { readonly name: "waiting"; readonly seconds: number; readonly error: AaiError }
  /** Final until the next start(). */
  | { readonly name: "failed"; readonly error: AaiError };

export interface CaptureEvents {
  /**
   * Exactly `chunkMs` of samples in a Buffer of its own. All audio passes here, so a level meter can be attached.
   * @param first whether it is the first since a start
   */
  chunk(pcm: Buffer, first: boolean): void;
  state(state: CaptureState): void;
  /** Once per kind and streak: a device that is away for a night is one error, not one every 30 s. */
  error(error: AaiError): void;
}

/**
 * The longest wait before a restart, in seconds: a USB microphone may be plugged in at any time. The first wait is 1 s, each further one
 * twice as long.
 */
const LONGEST_WAIT_S = 30;
/** Milliseconds of audio after which a recording counts as a success; a later failure then begins a new streak. */
const HEALTHY_MS = 10_000;

export class Capture {
  private started = false;
  private isFirst = false;
  private recording: Recording | undefined;
  private listeningSince: number | undefined;
  private timer: Timer | undefined;
  private failures = 0;
  private readonly reported = new Set<ErrorKey>();
  private closed: (() => void) | undefined;

  constructor(
    private readonly recorder: Recorder,
    private readonly settings: MicrophoneSettings,
    private readonly clock: Clock,
    private readonly events: CaptureEvents,
  ) {}

  /** Whether it records or is about to: false when stopped, and after a failure that only the user can mend. */
  get isStarted(): boolean {
    return this.started;
  }

  /** Where it is started already, only the next chunk becomes the first: each start is a new occasion to listen. */
  start(): void {
    this.isFirst = true;
    if (this.started) return;
    this.started = true;
    this.newStreak();
    this.open();
  }

  /** Clears a standing error; does nothing else when it is already stopped. */
  stop(): void {
    this.started = false;
    this.timer?.cancel();
    this.timer = undefined;
    this.recording?.stop();
    this.events.state({ name: "stopped" });
  }

  /** Stops for good. `done` is called when the recorder's process has ended: at once, or within 2 s. */
  close(done: () => void): void {
    this.stop();
    if (this.recording) this.closed = done;
    else done();
  }

  /** Starts the next recording, or lets the one whose process is still running start it at its end. */
  private open(): void {
    if (!this.recording) this.record();
    if (this.recording) this.events.state({ name: "starting" });
  }

  private record(): void {
    const chunker = new Chunker(this.settings.sampleRate, this.settings.chunkMs, (chunk) => {
      if (!this.started) return; // stop() may be called between two chunks of one piece
      const first = this.isFirst;
      this.isFirst = false;
      this.events.chunk(chunk, first);
    });
    this.listeningSince = undefined;
    try {
      this.recording = this.recorder(this.settings, {
        pcm: (bytes) => {
          this.onAudio();
          chunker.push(bytes);
        },
        failed: (error) => this.onFailure(error),
        ended: () => this.onEnd(),
      });
    } catch (thrown) {
      this.onFailure(toAaiError(thrown));
    }
  }

  private onAudio(): void {
    const now = this.clock.now();
    if (this.listeningSince === undefined) {
      this.listeningSince = now;
      this.events.state({ name: "listening" });
    } else if (now - this.listeningSince >= HEALTHY_MS) {
      this.newStreak();
    }
  }

  private onFailure(error: AaiError): void {
    if (error.code === "AAI_RECORDER_MISSING") {
      this.started = false;
      this.events.state({ name: "failed", error });
    } else {
      this.wait(Math.min(2 ** this.failures, LONGEST_WAIT_S), error);
      this.failures++;
    }
    if (this.reported.has(error.key)) return;
    this.reported.add(error.key);
    this.events.error(error);
  }

  private wait(seconds: number, error: AaiError): void {
    this.events.state({ name: "waiting", seconds, error });
    this.timer = this.clock.setTimeout(() => {
      this.timer = undefined;
      if (seconds > 1) {
        this.wait(seconds - 1, error);
        return;
      }
      this.open();
    }, 1000);
  }

  private onEnd(): void {
    this.recording = undefined;
    this.closed?.();
    if (this.started && !this.timer) this.record();
  }

  private newStreak(): void {
    this.failures = 0;
    this.reported.clear();
  }
}
