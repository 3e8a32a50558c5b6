import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { API_KEY } from "../support/flow-parts";
import { root } from "../support/node-red-process";
import { until } from "../support/until";

/** The whole of what `npm start` starts: npm, its shell, the script, Node-RED. They are a process group, as in a terminal. */
interface Run {
  npm: ChildProcess;
  pid: number;
  output(): string;
  /** Resolves with npm's exit code. */
  exited: Promise<unknown>;
}

/** Takes connections and never answers: the recogniser is not to be had, and the words are those of the recordings' scripts. */
async function muteRegistry(): Promise<{ url: string; close: () => void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on("error", () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { url: `http://127.0.0.1:${port}/`, close };
}

describe("npm start", () => {
  let folder: string;
  let clone: string;
  let temp: string;
  let cache: string;
  let registry: { url: string; close: () => void };
  let run: Run | undefined;

  // A clone of its own, as npm start builds anew what the tests are running from. It is built much sooner without the tests.
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "npm-start-test-"));
    clone = join(folder, "clone");
    temp = join(folder, "tmp");
    cache = join(folder, "cache");
    registry = await muteRegistry();
    const left = new Set(["dist", "node_modules", ".git", "test", "bench"]);
    cpSync(root, clone, { recursive: true, filter: (source) => source === root || !left.has(basename(source)) });
    symlinkSync(join(root, "node_modules"), join(clone, "node_modules"));
    mkdirSync(temp);
  });
  after(() => {
    registry.close();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => {
    if (run && isGroupAlive(run)) process.kill(-run.pid, "SIGKILL");
    run = undefined;
    rmSync(temp, { recursive: true, force: true });
    mkdirSync(temp);
  });

  function npmStart(args: string[] = [], env: NodeJS.ProcessEnv = { ASSEMBLYAI_API_KEY: API_KEY }): Run {
    const { ASSEMBLYAI_API_KEY: _, ...inherited } = process.env;
    const npm = spawn("npm", ["start", "--", ...args], {
      cwd: clone,
      env: { ...inherited, TMPDIR: temp, XDG_CACHE_HOME: cache, npm_config_registry: registry.url, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    let text = "";
    for (const stream of [npm.stdout, npm.stderr]) stream?.setEncoding("utf8").on("data", (data: string) => (text += data));
    return (run = { npm, pid: npm.pid ?? 0, output: () => text, exited: once(npm, "close").then(([code]: unknown[]) => code) });
  }

  function isGroupAlive({ pid }: Run): boolean {
    try {
      return process.kill(-pid, 0);
    } catch {
      return false;
    }
  }

  async function assertNothingLeft(ended: Run): Promise<void> {
    await until("the end of every process", () => !isGroupAlive(ended), 5000);
    assert.deepEqual(readdirSync(temp), []);
  }

  it("prints the editor's address, the turns and the session's cost, and leaves nothing behind on Ctrl-C", async () => {
    const started = npmStart();
    const said = (pattern: RegExp, ms: number) => until(String(pattern), () => pattern.exec(started.output())?.[1], ms);
    const editor = await said(/Editor +(http:\S+)/, 30_000);
    const up = performance.now();
    assert.match(await (await fetch(editor)).text(), /<title>Node-RED<\/title>/);
    const took = async (pattern: RegExp) => {
      await said(pattern, 20_000);
      return ((performance.now() - up) / 1000).toFixed(1);
    };
    const open = await took(/session +(open)/);
    const word = await took(/partial +(And.*)/);
    const turn = await took(/turn +(And Mister John Dashwood .* do for them\.)/);
    const end = await took(/session +(ended \(silence\) after 1\d s: 1 turn, \$0\.00\d\d)/);
    console.log(`      seconds after the editor's address: session ${open}, first word ${word}, turn ${turn}, its end ${end}`);
    assert.ok(Number(word) < 5 && Number(turn) < 13 && Number(end) < 20);
    await said(/turn, \$0\.00\d\d; so far .*\n +([·░]+█{8,})\n +this minute:/, 5000);
    await said(/(lamp +off: say "light on")/, 5000);

    const flow = (await (await fetch(new URL("flows", editor))).json()) as { id: string; name?: string }[];
    await fetch(new URL(`inject/${flow.find(({ name }) => name === "call it by name")?.id}`, editor), { method: "POST" });
    await said(/(called +okay_nabu \(0\.9\d\))/, 20_000);
    await said(/turn +(?:.* )?(Go forward ten meters\.)/, 20_000);
    const talk = await said(
      /session +(ended \(silence\) after \d+ s: \d turns?, \$0\.00\d\d; so far 1 session)[^]*session +ended \(silence\)/,
      40_000,
    );
    assert.ok(talk);
    assert.doesNotMatch(started.output(), /turn +.*ill disposed/, "what others say before the call opens nothing");

    process.kill(-started.pid, "SIGINT");
    await assertNothingLeft(started);
    assert.ok(!started.output().includes(API_KEY), "the key is in the output");
    assert.doesNotMatch(started.output(), /\[(warn|error)\]/);
  });

  it("is ready within 5 s without the recogniser and a registry that answers, and prints that the words are simulated", async () => {
    const started = npmStart();
    const line = (pattern: RegExp) => until(String(pattern), () => pattern.test(started.output()), 30_000);
    await line(/Speech recogniser: fetching Moonshine/); // the script's first line: npm and the build are done
    const began = performance.now();
    await line(/Editor +http/);
    const seconds = (performance.now() - began) / 1000;
    await line(/Moonshine cannot be had \(npm's registry did not answer within 3 s\)\. The words are simulated then/);
    await line(/turn +And Mister John Dashwood .* do for them\./);
    assert.ok(seconds <= 5, `${seconds} s`);
    process.kill(-started.pid, "SIGINT");
    await assertNothingLeft(started);
    assert.deepEqual(readdirSync(join(cache, "node-red-contrib-assemblyai")), []);
  });

  it("ends cleanly in the middle of a session by a SIGTERM to npm alone", async () => {
    const started = npmStart();
    await until("a session", () => /session +open/.test(started.output()), 30_000);
    started.npm.kill("SIGTERM");
    await assertNothingLeft(started);
  });

  it("leaves nothing behind when it is interrupted while it starts", async () => {
    for (const ms of [100, 500, 1000]) {
      const started = npmStart();
      await until("the script", () => /start\.mjs/.test(started.output()), 30_000);
      await pause(ms);
      process.kill(-started.pid, "SIGINT");
      await assertNothingLeft(started);
    }
  });

  it("asks for a key where it is to go live without one", async () => {
    const started = npmStart(["--live"], {});
    assert.equal(await started.exited, 1);
    assert.match(started.output(), /ASSEMBLYAI_API_KEY/);
    await assertNothingLeft(started);
  });
});
