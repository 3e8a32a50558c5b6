import type { Clock, Timer } from "../common/clock";
import { AaiError, toAaiError } from "../common/errors";
import { loadMic, type Mic, type RecorderProcess } from "./load-mic";
import { PcmReader } from "./recorder-output";
import { deviceError, grantedRate, quote } from "./recorder-stderr";
import {
  findProgram,
  recorderArgs,
  recorderEnv,
  recorderMissing,
  recorderProgram,
  type RecorderProgram,
  type RecorderSettings,
} from "./recorder-command";

export type { RecorderSettings } from "./recorder-command";

/**
 * The adapter of the package `mic`: one recording from a microphone, from the start of its process to its certain end.
 *
 *     start ──▶ recording ──stop() or a failure──▶ stopping (SIGTERM, after 1 s SIGKILL, after 1 s more let go) ──▶ ended
 *                   └──the process ends by itself: failed───────────────────────────────────────────────────────▶ ended
 *
 * `mic` and its children are used for one recording only, never paused, and never used to detect silence: a paused recorder survives
 * SIGTERM and even Node-RED itself. Starting again after a failure is not decided here (see capture.ts).
 */

/** Starts one recording. @throws AaiError AAI_RECORDER_MISSING, AAI_RECORDER_DIED/start where that is known before the process runs */
export type Recorder = (settings: RecorderSettings, events: RecordingEvents) => Recording;

export interface RecordingEvents {
  /** Signed 16-bit little-endian mono samples, in pieces of any length (also odd). None comes after stop() or failed(). */
  pcm(bytes: Buffer): void;
  /** At most once, before ended(), and not after stop(): why it ends although stop() was not called. */
  failed(error: AaiError): void;
  /** Exactly once, after everything else: the process has ended and the device is free. */
  ended(): void;
}

export interface Recording {
  /** Ends the recording; ended() follows within 2 s. */
  stop(): void;
}

export interface RecorderSystem {
  readonly platform: NodeJS.Platform;
  /** Read at each start. */
  readonly env: NodeJS.ProcessEnv;
  /** The same as in node:child_process, with stdin closed, stdout and stderr as pipes and no console window. */
  spawn(command: string, args: readonly string[], env: NodeJS.ProcessEnv): RecorderProcess;
}

/** A device that hangs causes no event at all; one that works delivers 4 to 30 times a second. */
const NO_AUDIO_MS = 5000;
/** arecord answers SIGTERM within 103 ms (measured); one that hangs in a read never does. */
const KILL_AFTER_MS = 1000;
/** Not even SIGKILL ends a process that a driver holds in the kernel. */
const LET_GO_AFTER_MS = 1000;
/** How much of the recorder's messages is kept, in characters: the last ones name the fault. */
const STDERR_KEPT = 4096;

export function createRecorder(system: RecorderSystem, clock: Clock): Recorder {
  return (settings, events) => new MicRecording(system, clock, settings, events);
}

class MicRecording implements Recording {
  private readonly program: RecorderProgram;
  private readonly path: string;
  private readonly reader: PcmReader;
  private readonly mic: Mic;
  private child: RecorderProcess | undefined;
  private state: "recording" | "stopping" | "ended" = "recording";
  private timer: Timer | undefined;
  private delivered = false;
  private stderr = "";

  constructor(
    private readonly system: RecorderSystem,
    private readonly clock: Clock,
    private readonly settings: RecorderSettings,
    private readonly events: RecordingEvents,
  ) {
    this.program = recorderProgram(system.platform);
    const path = findProgram(this.program, system.env, system.platform);
    if (path === undefined) throw this.missing();
    this.path = path;
    this.reader = new PcmReader(settings.sampleRate);
    this.mic = loadMic(
      (_command, args) => this.spawn(args),
      system.platform,
    )({
      device: settings.device || "default",
      rate: String(settings.sampleRate),
      channels: "1",
      bitwidth: "16",
      encoding: "signed-integer",
      endian: "little",
      fileType: "raw",
      exitOnSilence: 0,
      debug: false,
    });
    const audio = this.mic.getAudioStream();
    audio.on("data", (bytes: Buffer) => this.take(bytes));
    audio.on("error", () => undefined); // no more data follows, which the watch detects
    try {
      this.mic.start();
    } catch (thrown) {
      this.state = "ended";
      throw this.notStarted(toMessage(thrown));
    }
    this.watch();
  }

  stop(): void {
    if (this.state === "recording") this.terminate();
  }

  /** Replaces child_process.spawn for `mic`, which calls it within start(). */
  private spawn(args: readonly string[]): RecorderProcess {
    const { device } = this.settings;
    const child = this.system.spawn(
      this.path,
      recorderArgs(this.program, args, device),
      recorderEnv(this.program, this.system.env, device),
    );
    child.on("error", (error) => this.onChildError(error)); // attached at once: without a listener, the event would end Node-RED
    child.on("close", (code, signal) => this.onChildClose(code, signal));
    if (!child.stdout) throw new Error("spawn EMFILE");
    child.stdout.on("error", () => undefined);
    child.stderr?.on("error", () => undefined);
    child.stderr?.on("data", (text: Buffer) => this.readStderr(text.toString()));
    this.child = child;
    return child;
  }

  private onChildError(error: Error): void {
    if (this.child?.pid !== undefined) return; // the process runs, and only a signal could not be sent: the timers go on
    this.fail("code" in error && error.code === "ENOENT" ? this.missing() : this.notStarted(error.message));
    this.end();
  }

  private onChildClose(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.state === "recording") this.fail(this.died(code, signal));
    this.end();
  }

  private take(bytes: Buffer): void {
    if (this.state !== "recording") return;
    this.watch();
    try {
      const pcm = this.reader.push(bytes);
      if (pcm.length === 0) return;
      this.delivered = true;
      this.events.pcm(pcm);
    } catch (thrown) {
      this.fail(toAaiError(thrown));
    }
  }

  private readStderr(text: string): void {
    this.stderr = (this.stderr + text).slice(-STDERR_KEPT);
    const granted = grantedRate(this.stderr);
    if (granted !== undefined) this.fail(new AaiError("AAI_DEVICE/rate", { wanted: this.settings.sampleRate, granted }));
  }

  /** Starts the watch for the next piece of audio. */
  private watch(): void {
    const started = this.clock.now();
    this.timer?.cancel();
    this.timer = this.clock.setTimeout(() => {
      const late = this.clock.now() - started - NO_AUDIO_MS;
      if (late > NO_AUDIO_MS / 10)
        this.watch(); // the host itself was blocked: data of that time has not been read yet
      else this.fail(new AaiError("AAI_NO_AUDIO", { device: this.deviceName(), seconds: NO_AUDIO_MS / 1000 }));
    }, NO_AUDIO_MS);
  }

  private fail(error: AaiError): void {
    if (this.state !== "recording") return;
    this.terminate();
    this.events.failed(error);
  }

  private terminate(): void {
    this.state = "stopping";
    this.timer?.cancel();
    this.timer = this.clock.setTimeout(() => {
      this.child?.kill("SIGKILL");
      this.timer = this.clock.setTimeout(() => this.letGo(), LET_GO_AFTER_MS);
    }, KILL_AFTER_MS);
    this.mic.stop();
  }

  private letGo(): void {
    this.child?.stdout?.destroy();
    this.child?.stderr?.destroy();
    this.child?.unref();
    this.end();
  }

  private end(): void {
    if (this.state === "ended") return;
    this.state = "ended";
    this.timer?.cancel();
    this.events.ended();
  }

  private deviceName(): string {
    return this.settings.device || "default";
  }

  private missing(): AaiError {
    return new AaiError(recorderMissing(this.system.platform));
  }

  private notStarted(detail: string): AaiError {
    return new AaiError("AAI_RECORDER_DIED/start", { program: this.program, detail });
  }

  /** The failure that the end of the process stands for: without any audio, and with a reason given, it is the device. */
  private died(code: number | null, signal: NodeJS.Signals | null): AaiError {
    const detail = quote(this.stderr);
    if (signal !== null) return new AaiError("AAI_RECORDER_DIED/signal", { program: this.program, signal, detail });
    if (!this.delivered && detail !== "") return deviceError(this.deviceName(), detail);
    return new AaiError("AAI_RECORDER_DIED", { program: this.program, exit: code ?? "?", detail });
  }
}

function toMessage(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
