import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** The program `assemblyai-simulator`, in a process of its own. */
export interface SimulatorProcess {
  child: ChildProcess;
  output: () => string;
  /** Resolves with the first match of a pattern in the output. */
  until: (pattern: RegExp) => Promise<RegExpExecArray>;
  exited: Promise<number | null>;
}

/** @param env is added to the environment of the test */
export function runSimulator(args: readonly string[], env: NodeJS.ProcessEnv = {}): SimulatorProcess {
  const child = spawn(process.execPath, [join(__dirname, "../../simulator/cli.js"), ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (data: Buffer) => (output += data.toString()));
  child.stderr.on("data", (data: Buffer) => (output += data.toString()));
  return {
    child,
    output: () => output,
    exited: once(child, "close").then(([code]) => code as number | null),
    async until(pattern) {
      for (let found = pattern.exec(output); ; found = pattern.exec(output)) {
        if (found) return found;
        if (child.exitCode !== null) throw new Error(`ended without ${String(pattern)}: ${output}`);
        await once(child.stdout, "data");
      }
    },
  };
}
