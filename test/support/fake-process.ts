import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import type { RecorderProcess } from "../../nodes/lib/microphone/load-mic";

/** A fake recorder process: the test decides what it writes, and when and how it ends. */
export class FakeProcess extends EventEmitter implements RecorderProcess {
  readonly stdout: PassThrough | null;
  readonly stderr = new PassThrough();
  readonly signals: NodeJS.Signals[] = [];
  pid: number | undefined = 4711;
  unreferenced = false;

  constructor(
    readonly command: string,
    readonly args: readonly string[],
    readonly env: NodeJS.ProcessEnv,
    options: { withoutStdout?: boolean } = {},
  ) {
    super();
    this.stdout = options.withoutStdout ? null : new PassThrough();
  }

  kill(signal: NodeJS.Signals): boolean {
    this.signals.push(signal);
    return true;
  }

  unref(): void {
    this.unreferenced = true;
  }

  /** Writes audio, and waits until it has gone through mic's streams. */
  async writes(bytes: Buffer): Promise<void> {
    this.stdout?.write(bytes);
    await settled();
  }

  async says(text: string): Promise<void> {
    this.stderr.write(text);
    await settled();
  }

  async closes(code: number | null, signal: NodeJS.Signals | null = null): Promise<void> {
    this.emit("exit", code, signal);
    this.emit("close", code, signal);
    await settled();
  }

  async cannotStart(code: string): Promise<void> {
    this.pid = undefined;
    this.emit("error", Object.assign(new Error(`spawn ${this.command} ${code}`), { code }));
    this.emit("close", -2, null);
    await settled();
  }
}

/** Streams pass data on in microtasks and ticks: a few turns of the event loop are enough for all of them. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 4; i++) await turn();
}
