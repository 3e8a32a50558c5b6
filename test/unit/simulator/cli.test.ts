import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import { NAMED_FAULTS } from "../../../simulator";
import { FILES } from "../../../simulator/recognisers/moonshine-files";
import { MoonshineThread, startThread } from "../../../simulator/recognisers/moonshine-thread";
import { runSimulator, type SimulatorProcess } from "../../support/simulator-process";
import { Client } from "./client";
import { WebSocket } from "ws";
import { join, sample, silence, text } from "./sounds";

const runIn = (env: NodeJS.ProcessEnv, ...args: string[]): SimulatorProcess => runSimulator(args, env);
const run = (...args: string[]): SimulatorProcess => runSimulator(args);

describe("assemblyai-simulator", () => {
  it("explains itself with --help", async () => {
    const help = run("--help");
    equal(await help.exited, 0);
    for (const { name } of NAMED_FAULTS) ok(help.output().includes(name));
    match(help.output(), /ws:\/\/127\.0\.0\.1:8765\/v3\/ws/);
  });

  for (const args of [
    ["--fault", "explode"],
    ["--deviate", "politely"],
    ["--nonsense"],
    ["stray"],
    ["--port", "high"],
    ["--recogniser", "parrot"],
    ["--script", "/none.json"],
    ["--tls", "cert.pem"],
    ["--port", "65536"],
    ["--token-fault", "99"],
    ["--max-session", "0"],
    ["--early-start", "soon"],
    ["--begin-delay", "99999999999"],
    ["--allow-origin", "localhost:1880"],
    ["--fault", "refuse:99"],
    ["--fault", "close:99"],
    ["--fault", "error:1006"],
    ["--fault", "late-begin:99999999999"],
  ]) {
    it(`refuses ${args.join(" ")} with a line that says why`, async () => {
      const refused = run(...args);
      equal(await refused.exited, 1);
      match(refused.output(), /^assemblyai-simulator: .+\nTry --help\.\n$/);
    });
  }

  it("serves a session, prints what it cost, and exits with 0 @posix", async () => {
    const simulator = run("--port", "0", "--key", "right", "--ledger", "--fault", "refuse:429@1");
    try {
      const [, url = ""] = await simulator.until(/listening on (\S+)/);
      const connect = (): Client => new Client(new WebSocket(url, { headers: { authorization: "right" } }));
      const refused = connect();
      await refused.closed;
      equal(refused.refused, 429);
      const sentence = sample("librivox_0930");
      const client = await connect().opened();
      await client.pcm(join(silence(500), sentence.pcm)).finish();
      equal(client.finals().join(), text(sentence.words));
      await simulator.until(
        new RegExp(`session 1 ${String((await client.message("Begin"))["id"])}: billed \\d+ s, 3\\.8 s of audio, closed with 1000`),
      );
      await simulator.until(/ledger: 1 open, \d+ s billed/);
      await simulator.until(/ledger: 0 open, \d+ s billed/);
      await connect().message("Begin");
    } finally {
      simulator.child.kill("SIGTERM");
    }
    equal(await simulator.exited, 0);
    match(simulator.output(), /session 2 .*closed with 1006/);
  });

  it("says plainly that the recogniser cannot be fetched, and simulates the words then", async () => {
    const cache = mkdtempSync(path(tmpdir(), "simulator-cache-"));
    const env = { XDG_CACHE_HOME: cache, LOCALAPPDATA: cache, npm_config_registry: "http://127.0.0.1:9/" };
    const simulator = runIn(env, "--port", "0", "--recogniser", "moonshine");
    try {
      const [, url = ""] = await simulator.until(/listening on (\S+)/);
      match(simulator.output(), /^Speech recogniser: fetching Moonshine .* 56 MB, into .*moonshine-/);
      match(simulator.output(), /Speech recogniser: Moonshine cannot be had \(npm: ECONNREFUSED\)\. The words are simulated then/);
      const sentence = sample("goforward");
      const client = await new Client(new WebSocket(url, { headers: { authorization: "any" } })).opened();
      await client.pcm(join(silence(500), sentence.pcm)).finish();
      equal(client.finals().join(), text(sentence.words));
    } finally {
      simulator.child.kill("SIGTERM");
      await simulator.exited;
      rmSync(cache, { recursive: true });
    }
  });

  it("tells npm, and the recogniser's code, no key @posix", async () => {
    const folder = mkdtempSync(path(tmpdir(), "simulator-npm-"));
    writeFileSync(path(folder, "npm"), `#!/bin/sh\nenv >${folder}/environment\nexit 1\n`, { mode: 0o755 });
    const env = {
      ASSEMBLYAI_API_KEY: "a-secret",
      OTHER: "a-secret",
      XDG_CACHE_HOME: folder,
      npm_execpath: "",
      npm_config_registry: "http://127.0.0.1:9/",
    };
    const simulator = runIn({ ...env, PATH: `${folder}:${process.env["PATH"] ?? ""}` }, "--port", "0", "--recogniser", "moonshine");
    try {
      await simulator.until(/listening on/);
      const environment = readFileSync(path(folder, "environment"), "utf8");
      match(environment, /^npm_config_registry=http:\/\/127\.0\.0\.1:9\/$/m);
      ok(!environment.includes("a-secret"), environment);
    } finally {
      simulator.child.kill("SIGTERM");
      await simulator.exited;
    }
    process.env["ASSEMBLYAI_API_KEY"] = "a-secret";
    const code = "throw new Error(JSON.stringify(process.env))";
    const cache = mkdtempSync(path(folder, "cache-"));
    writeFileSync(path(cache, FILES.runtime), code);
    const hashes = { [FILES.runtime]: createHash("sha256").update(code).digest("hex") };
    const thread = new MoonshineThread(cache, startThread, hashes);
    delete process.env["ASSEMBLYAI_API_KEY"];
    await rejects(thread.ready, { message: "{}" });
    await thread.close();
    rmSync(folder, { recursive: true });
  });

  it("stops while it fetches the recogniser, and leaves nothing of it @posix", async () => {
    const cache = mkdtempSync(path(tmpdir(), "simulator-cache-"));
    const mute = createServer();
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    const { port } = mute.address() as AddressInfo;
    const env = { XDG_CACHE_HOME: cache, LOCALAPPDATA: cache, npm_config_registry: `http://127.0.0.1:${port}/` };
    const simulator = runIn(env, "--port", "0", "--recogniser", "moonshine");
    await once(mute, "connection");
    simulator.child.kill("SIGTERM");
    equal(await simulator.exited, 0);
    deepEqual(readdirSync(path(cache, "node-red-contrib-assemblyai")), []);
    mute.close();
    rmSync(cache, { recursive: true });
  });
});
