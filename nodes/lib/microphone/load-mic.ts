import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Readable } from "node:stream";
import { compileFunction } from "node:vm";

/**
 * A private copy of the package `mic` whose child process is ours. `mic` hides its child: a missing recorder would be an unhandled
 * "error" event that ends Node-RED (github.com/ashishbajaj99/mic/issues/30), and neither its argument list, its stderr nor its
 * exit can be reached. Here the same source runs with our `spawn`; other copies of `mic`, and child_process itself, stay as they are.
 */

/** The options of `mic`; all numbers as strings, because it puts them straight onto a command line. */
export interface MicOptions {
  device: string;
  rate: string;
  channels: string;
  bitwidth: string;
  encoding: "signed-integer";
  endian: "little";
  fileType: "raw";
  exitOnSilence: 0;
  debug: false;
}

/** Single-use: a second start() on the same instance delivers nothing. */
export interface Mic {
  start(): void;
  /** Sends SIGTERM and drops its reference to the child, which goes on running for a while. */
  stop(): void;
  getAudioStream(): Readable;
}

export type MicFactory = (options: MicOptions) => Mic;

/** The part of a child process that `mic` and this package use. A `ChildProcess` of node:child_process has it. */
export interface RecorderProcess {
  /** Undefined where the process could not be started; then "error" follows. */
  readonly pid?: number | undefined;
  /** Undefined where the system had no file descriptors left. */
  readonly stdout?: Readable | null;
  readonly stderr?: Readable | null;
  kill(signal: NodeJS.Signals): boolean;
  unref(): void;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "exit" | "close", listener: (code: number | null, signal: NodeJS.Signals | null) => void): unknown;
}

export type MicSpawn = (command: string, args: readonly string[]) => RecorderProcess;

type LoadMic = (module: { exports: unknown }, require: (id: string) => unknown) => void;

let compiled: { load: LoadMic; require: NodeJS.Require } | undefined;

/** Compiled once, and run once per recording, because each has its own spawn. */
function micSource(): { load: LoadMic; require: NodeJS.Require } {
  if (!compiled) {
    const file = require.resolve("mic/lib/mic.js");
    const load = compileFunction(readFileSync(file, "utf8"), ["module", "require"], { filename: file }) as LoadMic;
    compiled = { load, require: createRequire(file) };
  }
  return compiled;
}

/** `mic` takes the platform from os.type(), and treats everything else as ALSA. */
function osType(platform: NodeJS.Platform): string {
  if (platform === "darwin") return "Darwin";
  return platform === "win32" ? "Windows_NT" : "Linux";
}

/** @returns the package's own function; what it spawns goes to `spawn`, with `mic`'s command and argument list */
export function loadMic(spawn: MicSpawn, platform: NodeJS.Platform): MicFactory {
  const source = micSource();
  const module: { exports: unknown } = { exports: {} };
  source.load(module, (id) => {
    if (id === "child_process") return { spawn };
    if (id === "os") return { type: () => osType(platform) };
    return source.require(id) as unknown;
  });
  return module.exports as MicFactory;
}
