import { spawn } from "node:child_process";
import type { RecorderSystem } from "./lib/microphone/recorder";

/** This machine, as the recorder and the list of microphones use it. */
export const recorderSystem: RecorderSystem = {
  platform: process.platform,
  env: process.env,
  spawn: (command, args, env) => spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"], windowsHide: true }),
};
