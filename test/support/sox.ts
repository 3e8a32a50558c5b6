import { spawnSync } from "node:child_process";

const RATE = 16_000;

/** Samples that a `sox … -` command line writes as raw signed 16-bit mono at 16 kHz. @throws Error that says what to install where sox is missing. */
export function sox(...effects: readonly string[]): Int16Array {
  return run(["-n", ...raw(RATE), ...effects]);
}

/** As sox, of a file. */
export function soxFile(file: string, ...effects: readonly string[]): Int16Array {
  return run([file, ...raw(RATE), ...effects]);
}

/** PCM at 16 kHz taken to another rate, by a resampler that is not the package's. */
export function soxRate(pcm: Int16Array, sampleRate: number): Int16Array {
  return run([...raw(RATE), ...raw(sampleRate)], Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength));
}

function raw(sampleRate: number): string[] {
  return ["-r", String(sampleRate), "-c", "1", "-b", "16", "-e", "signed-integer", "-t", "raw", "-"];
}

function run(args: readonly string[], input?: Buffer): Int16Array {
  const { error, status, stdout, stderr } = spawnSync("sox", ["-R", ...args], { maxBuffer: 2 ** 28, ...(input ? { input } : {}) });
  if (error) throw new Error("This test wants sox: apt-get install sox (Debian, Ubuntu), brew install sox (macOS)", { cause: error });
  if (status !== 0) throw new Error(`sox ended with ${String(status)}: ${stderr.toString()}`);
  return new Int16Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.length));
}
