import { spawnSync } from "node:child_process";

const RAW_OUTPUT = ["-r", "16000", "-c", "1", "-b", "16", "-e", "signed-integer", "-t", "raw", "-"];

/** Samples that a `sox … -` command line writes as raw signed 16-bit mono. @throws Error that says what to install where sox is missing. */
export function sox(...effects: readonly string[]): Int16Array {
  return soxFile("-n", ...effects);
}

/** As sox, of a file. */
export function soxFile(file: string, ...effects: readonly string[]): Int16Array {
  const { error, status, stdout, stderr } = spawnSync("sox", ["-R", file, ...RAW_OUTPUT, ...effects], { maxBuffer: 2 ** 28 });
  if (error) throw new Error("This test wants sox: apt-get install sox (Debian, Ubuntu), brew install sox (macOS)", { cause: error });
  if (status !== 0) throw new Error(`sox ended with ${String(status)}: ${stderr.toString()}`);
  return new Int16Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.length));
}
