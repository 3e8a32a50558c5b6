import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { childEnvironment } from "../common/child-environment";
import type { ErrorKey } from "../common/errors";

/** The recording programs' command lines, per platform: those of `mic`, with corrections. */

export interface RecorderSettings {
  /** The device's name in the platform's audio system; "" is the system's default. */
  device: string;
  /** Hz */
  sampleRate: number;
}

export type RecorderProgram = "arecord" | "rec" | "sox";

/** By default sox reads 8192 bytes at once: half a second of speech. 1024 gives 128 ms (measured). */
const SOX_OPTIONS = ["-q", "--buffer", "1024"];

export function recorderProgram(platform: NodeJS.Platform): RecorderProgram {
  if (platform === "darwin") return "rec";
  return platform === "win32" ? "sox" : "arecord";
}

/** The error that says what to install on this platform. */
export function recorderMissing(platform: NodeJS.Platform): ErrorKey {
  return `AAI_RECORDER_MISSING/${platform === "darwin" || platform === "win32" ? platform : "linux"}`;
}

/**
 * The argument list of `mic`, with its defects corrected:
 * - arecord writes a WAV header by default, and stops after 2 GiB because of it (18.6 h);
 * - on Windows `-p` writes sox's own 32-bit format, and the device is fixed;
 * - sox prints its progress on stderr and delivers twice a second.
 *
 * arecord keeps its messages (no `-q`), because only then it warns that the device runs at another sample rate.
 */
export function recorderArgs(program: RecorderProgram, args: readonly string[], device: string): string[] {
  return CORRECTIONS[program](args, device);
}

const CORRECTIONS: Record<RecorderProgram, (args: readonly string[], device: string) => string[]> = {
  arecord: (args) => [...args, "-t", "raw"],
  rec: (args) => [...SOX_OPTIONS, ...args],
  sox(args, device) {
    const input = args.filter((arg) => arg !== "-p").map((arg) => (arg === "default" ? device || arg : arg));
    return [...SOX_OPTIONS, ...input, "-b", "16", "-e", "signed-integer", "-t", "raw", "-"];
  },
};

/** The recorder's environment: the variables that it needs, messages in English, and the device where the command line cannot name it. */
export function recorderEnv(program: RecorderProgram, env: NodeJS.ProcessEnv, device: string): NodeJS.ProcessEnv {
  return { ...childEnvironment(env, "recorder"), LC_ALL: "C", ...(program === "rec" && device !== "" && { AUDIODEV: device }) };
}

/**
 * The path of a program that is on the PATH of `env`: known before a process is started. The program is started by that path, because
 * Windows looks for a bare name in the current folder first. Elsewhere, without a PATH, the system decides.
 */
export function findProgram(program: string, env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string | undefined {
  const pathKey = Object.keys(env).find((key) => key.toUpperCase() === "PATH");
  if (pathKey === undefined) return platform === "win32" ? undefined : program;
  const name = platform === "win32" ? `${program}.exe` : program;
  const folders = (env[pathKey] ?? "").split(delimiter).filter((folder) => isAbsolute(folder));
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
