import type { Clock } from "../common/clock";
import type { ErrorKey } from "../common/errors";
import { childEnvironment } from "../common/child-environment";
import { isDeviceName } from "./device-name";
import { findProgram, recorderMissing, recorderProgram } from "./recorder-command";
import type { RecorderSystem } from "./recorder";

/**
 * The microphones of this machine, for the editor's list.
 *
 * On Linux: the sources of the sound server (`pactl`, where ALSA reaches it as "pulse"), each card that records, by a name that stays the
 * same when other cards are added or removed (`arecord -l`), and the names in the system's own ALSA configuration (`arecord -L`). SoX has
 * no list of devices, so on macOS and Windows there is none.
 *
 * Programs run without a shell, with fixed arguments, for at most 2 s and 64 kB of output.
 */
export interface Device {
  /** The value for the node's property `device`. */
  readonly name: string;
  /** The system's own description: "USB PnP Sound Device, USB Audio". */
  readonly label: string;
}

export interface DeviceList {
  /** Without the system's default, which always exists. */
  readonly devices: readonly Device[];
  /** Why no device at all can be recorded from. */
  readonly problem?: ErrorKey;
}

const PATIENCE_MS = 2000;
const LONGEST_OUTPUT = 64 * 1024;
const MOST_DEVICES = 100;

export async function listDevices(system: RecorderSystem, clock: Clock): Promise<DeviceList> {
  const { env, platform } = system;
  const program = recorderProgram(platform);
  const path = findProgram(program, env, platform);
  if (path === undefined) return { devices: [], problem: recorderMissing(platform) };
  if (program !== "arecord") return { devices: [] };
  const pactl = findProgram("pactl", env, platform);
  const [cards, names, sources] = await Promise.all([
    outputOf(system, clock, path, ["-l"]),
    outputOf(system, clock, path, ["-L"]),
    pactl === undefined ? "" : outputOf(system, clock, pactl, ["list", "short", "sources"]),
  ]);
  const named = readNames(names);
  const served = named.some(({ name }) => name === "pulse") ? readSources(sources) : [];
  const usable = [...served, ...readCards(cards), ...named].filter(({ name }) => isDeviceName(name));
  return { devices: usable.slice(0, MOST_DEVICES) };
}

/** `arecord -l`: one line for each card and device that records. "plughw" converts to the requested sample rate. */
export function readCards(text: string): Device[] {
  const found = text.matchAll(/^card \d+: (\w+) \[(.*?)\], device (\d+): .*\[(.*?)\]$/gm);
  return Array.from(found, ([, card = "", cardName = "", device = "", deviceName = ""]) => ({
    name: `plughw:CARD=${card},DEV=${device}`,
    label: [cardName, deviceName].filter(Boolean).join(", "),
  }));
}

/** Names that `arecord -L` lists on every machine and that are not microphones: plugins that convert, and the default. */
const PLUGINS = new Set([
  "null",
  "default",
  "sysdefault",
  "samplerate",
  "speexrate",
  "lavrate",
  "speex",
  "jack",
  "oss",
  "upmix",
  "vdownmix",
]);

/** `arecord -L`: names at the start of a line, each followed by lines of description. Those of the cards come from `readCards`. */
export function readNames(text: string): Device[] {
  const found = text.matchAll(/^(\S.*)((?:\n[ \t]+.*)*)/gm);
  return Array.from(found, ([, name = "", description = ""]) => ({
    name: name.trim(),
    label: description.trim().split(/\n\s*/)[0] ?? "",
  })).filter(({ name }) => !PLUGINS.has(name) && !name.includes(":CARD="));
}

/** `pactl list short sources`: number, name, module, format, state. A monitor plays what the loudspeakers play. */
export function readSources(text: string): Device[] {
  const names = text.split("\n").map((line) => line.split("\t")[1]?.trim() ?? "");
  const microphones = names.filter((name) => /^[\w.:+-]+$/.test(name) && !name.endsWith(".monitor"));
  return microphones.map((name) => ({ name: `pulse:${name}`, label: "" }));
}

/** A program's output; "" where it cannot be run, or takes too long. Never rejects. */
function outputOf(system: RecorderSystem, clock: Clock, command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    let output = "";
    const timer = clock.setTimeout(() => giveUp(""), PATIENCE_MS);
    const finish = (result: string) => {
      timer.cancel();
      resolve(result);
    };
    const giveUp = (result: string) => {
      child?.kill("SIGKILL");
      finish(result);
    };
    const child = start(system, command, args);
    if (!child) return finish("");
    child.on("error", () => finish(""));
    child.on("close", () => finish(output));
    for (const stream of [child.stdout, child.stderr]) stream?.on("error", () => undefined);
    child.stderr?.on("data", () => undefined); // read, because a full pipe would stop the program
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (output.length > LONGEST_OUTPUT) giveUp(output.slice(0, LONGEST_OUTPUT));
    });
  });
}

/** @returns undefined where the system has no process or file descriptor left */
function start(system: RecorderSystem, command: string, args: readonly string[]) {
  try {
    return system.spawn(command, args, { ...childEnvironment(system.env, "recorder"), LC_ALL: "C" });
  } catch {
    return undefined;
  }
}
