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

/** 16-bit samples in another encoding: "mu-law" or "a-law" of 8 bits, "floating-point" of 32. */
export function soxEncode(pcm: Int16Array, encoding: string, bits: number): Buffer {
  return runRaw([...raw(RATE), ...encoded(encoding, bits)], Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength));
}

/** The reverse of soxEncode. */
export function soxDecode(data: Buffer, encoding: string, bits: number): Int16Array {
  return run([...encoded(encoding, bits), ...raw(RATE)], data);
}

function encoded(encoding: string, bits: number): string[] {
  return ["-r", String(RATE), "-c", "1", "-b", String(bits), "-e", encoding, "-t", "raw", "-"];
}

function raw(sampleRate: number): string[] {
  return ["-r", String(sampleRate), "-c", "1", "-b", "16", "-e", "signed-integer", "-t", "raw", "-"];
}

function run(args: readonly string[], input?: Buffer): Int16Array {
  const stdout = runRaw(args, input);
  return new Int16Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.length));
}

function runRaw(args: readonly string[], input?: Buffer): Buffer {
  const { error, status, stdout, stderr } = spawnSync("sox", ["-R", ...args], { maxBuffer: 2 ** 28, ...(input ? { input } : {}) });
  if (error) throw new Error("This test wants sox: apt-get install sox (Debian, Ubuntu), brew install sox (macOS)", { cause: error });
  if (status !== 0) throw new Error(`sox ended with ${String(status)}: ${stderr.toString()}`);
  return stdout;
}
