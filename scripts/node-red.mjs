// A Node-RED of the demo's own: a child process in a temporary user directory that loads this package from the working tree.
import { spawn } from "node:child_process";
import { createCipheriv, createHash, randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const FIRST_PORT = 1880;
/** A session in the flow is given 5 s for its Termination, and Node-RED's own shutdown takes at most 15 s per node. */
const PATIENCE_MS = 20_000;
/** What Node-RED puts before each line: "20 Nov 12:33:01 - ". */
const TIMESTAMP = /^\d+ \S+ \d\d:\d\d:\d\d - /;

/** No questions, no tours, no search for updates; no request that leaves the machine. */
function settingsFor(root, userDir, port, credentialSecret) {
  return {
    flowFile: join(userDir, "flows.json"),
    credentialSecret,
    uiHost: "127.0.0.1",
    uiPort: port,
    nodesDir: [root],
    nodesExcludes: ["90-exec.js"], // no flow of a demo needs a shell, and there is no password before it
    editorTheme: { tours: false, palette: { catalogues: [] }, projects: {} }, // "enabled: false" would cause a warning
    telemetry: { enabled: false, updateNotification: false },
    externalModules: { autoInstall: false, palette: { allowInstall: false } },
    logging: { console: { level: "warn", metrics: false, audit: false } },
  };
}

/** A credentials file as Node-RED writes it: without one, Node-RED prints a warning in a new user directory. */
function encrypted(credentials, secret) {
  const start = randomBytes(16);
  const cipher = createCipheriv("aes-256-ctr", createHash("sha256").update(secret).digest(), start);
  return { $: start.toString("hex") + cipher.update(JSON.stringify(credentials), "utf8", "base64") + cipher.final("base64") };
}

/**
 * @param say prints a line: its warnings and errors
 * @returns the editor's `url`; `exited`: its exit code, once it has ended by itself or by `stop`, which also removes its files
 */
export async function startNodeRed({ root, flow, credentials, env, say }) {
  const red = process.env.NODE_RED ?? createRequire(import.meta.url).resolve("node-red/red.js");
  const port = await firstFreePort(FIRST_PORT);
  const userDir = mkdtempSync(join(tmpdir(), "assemblyai-demo-"));
  const remove = () => rmSync(userDir, { recursive: true, force: true, maxRetries: 3 });
  process.once("exit", remove); // also where something throws before
  writeFileSync(join(userDir, "flows.json"), JSON.stringify(flow, null, 2));
  const secret = randomUUID();
  writeFileSync(join(userDir, "flows_cred.json"), JSON.stringify(encrypted(credentials, secret)));
  const settings = settingsFor(root, userDir, port, secret);
  writeFileSync(join(userDir, "settings.js"), `module.exports = ${JSON.stringify(settings, null, 2)};\n`);

  const child = spawn(process.execPath, ["--require", join(root, "scripts/no-foreign-pages.cjs"), red, "--userDir", userDir], {
    cwd: userDir,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on("line", (line) => {
      const text = line.replace(TIMESTAMP, "");
      if (text.trim() !== "") say(text);
    });
  }
  const exited = once(child, "exit").then(([code]) => code ?? 1);
  return {
    url: `http://127.0.0.1:${port}/`,
    exited,
    async stop() {
      child.kill("SIGTERM");
      const patience = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
      await exited;
      clearTimeout(patience);
      remove();
    },
  };
}

/** The first port from `from` on that nobody listens on. */
export async function firstFreePort(from) {
  for (let port = from; ; port++) {
    const server = createServer();
    const free = await new Promise((resolve, reject) => {
      server.once("listening", () => resolve(true));
      server.once("error", (error) => (error.code === "EADDRINUSE" ? resolve(false) : reject(error)));
      server.listen(port, "127.0.0.1");
    });
    if (!free) continue;
    await new Promise((closed) => server.close(closed));
    return port;
  }
}
