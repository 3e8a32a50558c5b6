import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { childEnvironment } from "../../nodes/lib/common/child-environment";

/**
 * Runs the user's npm client in a folder.
 * @param limit ms after which it is ended
 * @throws Error that says in a few words why it did not succeed
 */
export type Npm = (args: readonly string[], folder: string, limit: number, signal?: AbortSignal) => Promise<void>;

export function packCommand(wanted: { name: string; version: string }): string[] {
  return ["pack", `${wanted.name}@${wanted.version}`, "--ignore-scripts"];
}

export const runNpm: Npm = (args, folder, limit, signal) =>
  new Promise((resolve, reject) => {
    const { command, before, shell } = npmClient();
    const child = spawn(command, [...before, ...args, "--loglevel=error"], {
      cwd: folder,
      env: childEnvironment(process.env, "npm"),
      shell,
      stdio: ["ignore", "ignore", "pipe"],
      windowsHide: true,
    });
    let errors = "";
    let late = false;
    const stop = (): void => void child.kill();
    const timer = setTimeout(() => {
      late = true;
      stop();
    }, limit);
    signal?.addEventListener("abort", stop);
    if (signal?.aborted) stop();
    child.stderr.on("data", (data: Buffer) => (errors = (errors + data.toString()).slice(-4000)));
    child.on("error", (error) => settle(`npm cannot be started (${error.message})`));
    child.on("close", (code) =>
      settle(code === 0 ? undefined : late ? `npm's registry did not answer within ${limit / 1000} s` : failure(errors)),
    );

    function settle(problem: string | undefined): void {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      if (signal?.aborted) reject(new Error("it was given up"));
      else if (problem === undefined) resolve();
      else reject(new Error(problem));
    }
  });

/**
 * npm and npx pass their own path to the programs that they run; otherwise npm is looked up in the PATH. There, on Windows, it is a script,
 * which needs a shell; no argument comes from outside, so nothing needs quoting.
 */
function npmClient(): { command: string; before: string[]; shell: boolean } {
  const runner = process.env["npm_execpath"] ?? "";
  const script = join(dirname(runner), "npm-cli.js");
  if (/np[mx]-cli\.js$/.test(runner) && existsSync(script)) return { command: process.execPath, before: [script], shell: false };
  return { command: "npm", before: [], shell: process.platform === "win32" };
}

/** The code that npm names: "npm: ECONNREFUSED". */
function failure(errors: string): string {
  const code = /^npm (?:error|ERR!) code (\S+)/m.exec(errors)?.[1];
  return code === undefined ? "npm failed" : `npm: ${code}`;
}
