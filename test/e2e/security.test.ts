/** Attacks on real processes, each refused, and beside it the ordinary use that must go on. docs/security.md names the promises. */
import assert from "node:assert/strict";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect as connectSocket, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { WebSocket, WebSocketServer } from "ws";
import { startSimulator, type Simulator } from "../../simulator";
import { FILE_HASHES, FILES } from "../../simulator/recognisers/moonshine-files";
import { moonshineFolder } from "../../simulator/recognisers/moonshine-install";
import { example, idOf, player } from "../support/examples";
import { assertInstalled } from "../support/fake-mic";
import { account, API_KEY, debug, keyFor, microphone, outputs, speechToText, start, tab } from "../support/flow-parts";
import { NodeRedProcess, root, type FlowNode } from "../support/node-red-process";
import { statusOf, UPGRADE } from "../support/raw-request";
import { runSimulator, type SimulatorProcess } from "../support/simulator-process";
import { until } from "../support/until";
import { headersOf, PASSWORD_HASH, readerAndWriter } from "../support/users";
import { Client } from "../unit/simulator/client";
import { join as joined, sample, silence, text as textOf } from "../unit/simulator/sounds";
import lists from "../vectors/arecord-lists.json";

const PAGE = "https://a-page.example";
describe("npm start", () => {
  let temp: string;
  let demo: ChildProcess;
  let editor: string;

  before(async () => {
    temp = mkdtempSync(join(tmpdir(), "security-test-"));
    const { ASSEMBLYAI_API_KEY: _, ...inherited } = process.env;
    const env = { ...inherited, TMPDIR: temp, XDG_CACHE_HOME: temp, npm_config_registry: "http://127.0.0.1:9/" };
    demo = spawn(process.execPath, ["scripts/start.mjs"], { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [demo.stdout, demo.stderr]) stream?.on("data", (data: Buffer) => (output += data.toString()));
    editor = await until("the editor", () => /Editor +(http:\S+)\//.exec(output)?.[1], 30_000);
  });
  after(async () => {
    demo.kill("SIGTERM");
    if (demo.exitCode === null) await once(demo, "exit");
    rmSync(temp, { recursive: true, force: true });
  });

  const flows = async (): Promise<string> => (await fetch(`${editor}/flows`)).text();
  /** A form that any page can send without asking: no JSON, no header of its own. */
  const form = new URLSearchParams({ label: "attack", "nodes[0][id]": "attack", "nodes[0][type]": "inject" }).toString();
  const formType = { "content-type": "application/x-www-form-urlencoded", "content-length": String(form.length) };
  const foreign = (): Record<string, string>[] => [
    { origin: PAGE },
    { origin: "null" },
    { origin: "http://127.0.0.1:1" },
    { "sec-fetch-site": "cross-site" },
    { host: `rebound.example:${new URL(editor).port}` },
  ];

  it("deploys nothing that a page of another origin sends", async () => {
    const before = await flows();
    for (const headers of foreign()) {
      assert.equal(
        await statusOf(`${editor}/flow`, { ...formType, ...headers }, { method: "POST", body: form }),
        403,
        JSON.stringify(headers),
      );
    }
    assert.equal(await flows(), before);
  });

  it("answers no page of another origin, on no path and on no WebSocket", async () => {
    for (const headers of foreign()) {
      for (const path of ["/", "/flows", "/settings", "/nodes", "/a-path-of-a-flow"]) {
        assert.equal(await statusOf(editor + path, headers), 403, `${path} ${JSON.stringify(headers)}`);
      }
      assert.equal(await statusOf(`${editor}/comms`, { ...UPGRADE, ...headers }), 403, JSON.stringify(headers));
    }
  });

  it("has no exec node", async () => {
    const nodes = await (await fetch(`${editor}/nodes`, { headers: { accept: "application/json" } })).text();
    assert.match(nodes, /"inject"/);
    assert.match(nodes, /"assemblyai-streaming"/);
    assert.doesNotMatch(nodes, /"exec"/);
  });

  it("serves its own editor: the page, its deploy and its WebSocket", async () => {
    const own = { origin: editor, "sec-fetch-site": "same-origin" };
    assert.equal(await statusOf(`${editor}/`, { "sec-fetch-site": "none", "sec-fetch-mode": "navigate" }), 200);
    assert.equal(await statusOf(`${editor.replace("127.0.0.1", "localhost")}/`, {}), 200);
    assert.equal(await statusOf(`${editor}/comms`, { ...UPGRADE, ...own }), 101);
    const body = await flows();
    const json = { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)), ...own };
    assert.equal(await statusOf(`${editor}/flows`, json, { method: "POST", body }), 204);
  });
});

describe("the microphone's device", () => {
  let folder: string;
  let nodeRed: NodeRedProcess;

  before(async () => {
    assertInstalled("arecord");
    folder = mkdtempSync(join(tmpdir(), "security-test-"));
    // Replaces arecord: records its arguments, then runs the real one.
    const real = execFileSync("which", ["arecord"], { encoding: "utf8" }).trim();
    const script = `#!/bin/sh\nenv >${folder}/env\necho "$@" >>${folder}/arguments\nexec ${real} "$@"\n`;
    writeFileSync(join(folder, "arecord"), script, { mode: 0o755 });
    const env = { PATH: `${folder}:${process.env["PATH"] ?? ""}`, ASSEMBLYAI_API_KEY: API_KEY, MY_SECRET: API_KEY };
    nodeRed = await NodeRedProcess.start({ env });
  });
  after(async () => {
    await nodeRed.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function listenTo(device: string): Promise<void> {
    const mic = microphone({ device, wires: [[]] });
    const caught = [
      { id: "catch", type: "catch", z: "tab", x: 1, y: 1, scope: null, uncaught: false, wires: [["error"]] },
      debug("error", "error"),
    ];
    await nodeRed.deploy([tab(), start("mic"), mic, ...caught]);
    await nodeRed.inject("start");
  }

  it("is no command, no file and no address", async () => {
    const target = join(folder, "written");
    for (const device of [
      `tee:null,'|touch ${target}',raw`,
      `file:${target},raw`,
      `tee:null,${target},raw`,
      `{type file slave.pcm null file ${target}}`,
      `|touch ${target}`,
      "http://127.0.0.1:9/list.m3u",
      "list.m3u",
    ]) {
      await listenTo(device);
      const before = nodeRed.shown("error").length;
      await nodeRed.inject("start");
      await until("the refusal", () => nodeRed.shown("error").length > before);
      const { code } = nodeRed.shown("error").at(-1) as { code: string };
      assert.equal(code, "AAI_PROPERTY", device);
    }
    assert.ok(!existsSync(target));
    assert.ok(!existsSync(join(folder, "arguments")), "a recorder was started");
  });

  it("is a name, for which a recorder is started without the key", async () => {
    const devices = [...new Set([...Object.values(lists).flat(), "plughw:7,0"])];
    const microphones = devices.map((device, i) => microphone({ id: `mic${i}`, device, wires: [[]] }));
    await nodeRed.deploy([tab(), { ...start(""), wires: [microphones.map(({ id }) => id)] }, ...microphones]);
    await nodeRed.inject("start");
    const started = (): string => (existsSync(join(folder, "arguments")) ? readFileSync(join(folder, "arguments"), "utf8") : "");
    for (const device of devices) await until(device, () => started().includes(`-D ${device} `), 20_000);
    const environment = readFileSync(join(folder, "env"), "utf8");
    assert.match(environment, /^PATH=/m);
    assert.ok(!environment.includes(API_KEY), environment);
  });
});

/** An attacker's server: what it was sent in `Authorization`. It answers nobody. */
async function listener(): Promise<{ url: string; keys: (string | undefined)[]; close: () => void }> {
  const keys: (string | undefined)[] = [];
  const server = createServer((request) => keys.push(request.headers.authorization));
  server.on("upgrade", (request, socket) => {
    keys.push(request.headers.authorization);
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/v3/ws`, keys, close };
}

describe("the key", () => {
  const ENVIRONMENT_KEY = "environment0123456789abcdef01234";
  let simulator: Simulator;
  let attacker: Awaited<ReturnType<typeof listener>>;
  let nodeRed: NodeRedProcess;

  before(async () => {
    simulator = await startSimulator({ keys: [API_KEY] });
    attacker = await listener();
    nodeRed = await NodeRedProcess.start({ env: { ASSEMBLYAI_API_KEY: ENVIRONMENT_KEY } });
  });
  after(async () => {
    await nodeRed.stop();
    attacker.close();
    await simulator.close();
  });

  /** Deploys the account, without the credential unless one is given, as the editor does where it is not touched. */
  async function deployWith(properties: object): Promise<void> {
    const { credentials: _, ...saved } = account(simulator.url);
    await nodeRed.deploy([tab(), { ...saved, ...properties }, start("stt"), speechToText(), ...outputs()]);
  }
  /** As above, and opens a session. */
  async function listenAt(properties: object): Promise<void> {
    await deployWith(properties);
    await nodeRed.inject("start");
  }
  const lastError = (count: number) =>
    until("an error", () => (nodeRed.shown("error").length > count ? (nodeRed.shown("error").at(-1) as { code: string }) : undefined));

  it("goes to the address that it was entered for", async () => {
    await listenAt({ credentials: keyFor(simulator.url) });
    await until("a session", () => simulator.sessions.some(({ record }) => record.begunAt !== undefined));
  });

  it("does not follow a change of the address", async () => {
    for (const url of [attacker.url, attacker.url.replace("127.0.0.1", "localhost")]) {
      const count = nodeRed.shown("error").length;
      await listenAt({ url });
      assert.equal((await lastError(count)).code, "AAI_KEY_HOST");
    }
    assert.deepEqual(attacker.keys, []);
    const sessions = simulator.sessions.length;
    await listenAt({}); // the address is what it was
    await until("a session", () => simulator.sessions.length > sessions && simulator.sessions.at(-1)?.record.begunAt !== undefined);
  });

  it("of the environment goes to AssemblyAI only", async () => {
    const count = nodeRed.shown("error").length;
    await listenAt({ id: "account", url: attacker.url, credentials: { apiKey: "" } });
    assert.equal((await lastError(count)).code, "AAI_KEY_HOST");
    assert.deepEqual(attacker.keys, []);
  });

  it("goes without encryption to this machine and private addresses only", async () => {
    for (const host of ["intranet", "printer", "8.8.8.8", "a.example"]) {
      const count = nodeRed.shown("error").length;
      await listenAt({ url: `ws://${host}/v3/ws`, credentials: { apiKey: `${host} ${API_KEY}` } });
      assert.equal((await lastError(count)).code, "AAI_URL", host);
    }
  });

  it("is not quoted where it was put between the braces of an environment variable", async () => {
    for (const apiKey of [`\${${API_KEY}}`, `${new URL(simulator.url).host} \${${API_KEY}}`, `$(${API_KEY})`]) {
      const count = nodeRed.shown("error").length;
      await listenAt({ credentials: { apiKey } });
      await lastError(count);
      for (const text of [...nodeRed.log, JSON.stringify(nodeRed.shown("error"))]) assert.ok(!text.includes(API_KEY), text);
    }
  });

  const check = async (body: object, type = "application/json"): Promise<Response> =>
    fetch(`${nodeRed.url}/assemblyai-config/check`, { method: "POST", headers: { "content-type": type }, body: JSON.stringify(body) });

  it("check is no probe: it asks AssemblyAI and the deployed host only, one at a time, and takes JSON only", async () => {
    await deployWith({ credentials: keyFor(simulator.url) });
    const typed = { id: "account", endpoint: "custom", url: attacker.url, ...keyFor(attacker.url) };
    assert.deepEqual(await (await check(typed)).json(), { result: "undeployed" });
    assert.deepEqual(await (await check({ ...typed, id: "stt" })).json(), { result: "undeployed" });
    const running = (await (await check({ ...typed, endpoint: "simulator" })).json()) as { result: string };
    assert.match(running.result, /^(valid|unreachable)$/, "by the simulator's own address, whatever address is given");
    for (const type of ["text/plain", "application/x-www-form-urlencoded"]) assert.equal((await check(typed, type)).status, 415);
    assert.deepEqual(attacker.keys, []);

    await deployWith({ url: attacker.url, credentials: keyFor(attacker.url) });
    const asked = check(typed);
    await until("the question", () => attacker.keys.length > 0);
    assert.deepEqual(await (await check(typed)).json(), { result: "limited" });
    attacker.close();
    assert.equal(((await (await asked).json()) as { result: string }).result, "unreachable");
    assert.deepEqual(attacker.keys, [API_KEY]);

    await deployWith({ credentials: keyFor(simulator.url) });
    const saved = { id: "account", endpoint: "custom", url: simulator.url };
    assert.deepEqual(await (await check(saved)).json(), { result: "valid" });
    assert.deepEqual(await (await check({ ...saved, ...keyFor(simulator.url, "wrong") })).json(), { result: "refused", status: 401 });
  });

  it("is not shown, nor a piece of it, where a server quotes it", async () => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    server.on("connection", (socket, { headers: { authorization: key = "" } }) => {
      const say = (message: object): void => socket.send(JSON.stringify(message));
      say({ type: "Begin", id: `id-${key.slice(0, 24)}`, expires_at: 2e9, configuration: { model: key, mode: key.slice(8) } });
      say({ type: "Warning", warning_code: key, warning: `${"x".repeat(70)}${key}` });
      say({ type: key });
      say({ type: "Something", note: key.slice(0, 24), [key.slice(4, 20)]: 1 });
      say({ type: "Error", error_code: 3006, error: `${"x".repeat(490)}${key} is invalid, ${key.slice(0, 12)}…` });
      socket.close(3006, key);
    });
    await once(server, "listening");
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/v3/ws`;
    const count = nodeRed.shown("error").length;
    await listenAt({ url, credentials: keyFor(url) });
    assert.equal((await lastError(count)).code, "AAI_REJECTED");
    await until("the events", () => nodeRed.shown("event").some((event) => (event as { event: string }).event === "termination"));
    server.close();
    const seen = [
      ...nodeRed.log,
      JSON.stringify(nodeRed.shown("event")),
      JSON.stringify(nodeRed.shown("error")),
      JSON.stringify(nodeRed.statusesOf("stt")),
    ];
    for (let at = 0; at + 8 <= API_KEY.length; at++) {
      for (const text of seen) assert.ok(!text.includes(API_KEY.slice(at, at + 8)), text);
    }
    assert.ok(nodeRed.logged(/AssemblyAI warns/), nodeRed.log.join("\n"));
  });

  it("is in no line of the log, and in nothing that Node-RED answers", async () => {
    const answers = await Promise.all(
      ["/flows", "/credentials/assemblyai-config/account", "/settings"].map(async (path) => (await nodeRed.request(path)).text()),
    );
    for (const text of [...nodeRed.log, ...answers]) assert.ok(!text.includes(API_KEY) && !text.includes(ENVIRONMENT_KEY), text);
  });
});

/** A session as any program of this machine has it, in which a known recording is recognised. */
async function recognises(url: string): Promise<void> {
  const sentence = sample("goforward");
  const client = await new Client(new WebSocket(url, { headers: { authorization: API_KEY } })).opened();
  await client.pcm(joined(silence(500), sentence.pcm)).finish();
  assert.equal(client.finals().join(), textOf(sentence.words));
}

describe("the simulator", () => {
  const ALLOWED = "http://localhost:1880";
  let simulator: SimulatorProcess;
  let url: string;
  let http: string;

  before(async () => {
    simulator = runSimulator(["--port", "0", "--key", API_KEY, "--allow-origin", ALLOWED]);
    [, url = ""] = await simulator.until(/listening on (\S+)/);
    http = `http://${new URL(url).host}`;
  });
  afterEach("it goes on serving", () => recognises(url));
  after(async () => {
    simulator.child.kill("SIGTERM");
    assert.equal(await simulator.exited, 0, simulator.output());
  });

  it("answers requests and upgrades whose target is no address", async () => {
    for (const target of ["//", "//v3/ws", "http://[", "http://[::1", "*", "/%", "/\\"]) {
      assert.equal(await statusOf(http, {}, { target }), 404, target);
      assert.equal(await statusOf(http, UPGRADE, { target }), 404, `upgrade of ${target}`);
    }
  });

  it("answers messages that are nested deeper than the stack", async () => {
    const deep = "[".repeat(30_000) + "]".repeat(30_000);
    for (const message of [`{"type":${deep}}`, `{"type":"UpdateConfiguration","mode":${deep}}`, deep]) {
      const client = new Client(new WebSocket(url, { headers: { authorization: API_KEY } }));
      await client.message("Begin");
      client.socket.send(message);
      assert.equal((await client.closed).code, 3006, message.slice(0, 40));
    }
  });

  it("answers no page of another origin, site or host name, but the pages of --allow-origin", async () => {
    for (const headers of [
      { origin: PAGE },
      { origin: "null" },
      { origin: "http://localhost:1881" },
      { "sec-fetch-site": "cross-site" },
      { host: "rebound.example" },
      { host: "rebound.example", origin: "http://rebound.example" },
    ]) {
      for (const path of ["/ledger", "/samples/", "/v3/token?expires_in_seconds=60"]) {
        assert.equal(await statusOf(http + path, headers), 403, `${path} ${JSON.stringify(headers)}`);
      }
      assert.equal(await statusOf(`${http}/v3/ws`, { ...UPGRADE, ...headers }), 403, JSON.stringify(headers));
    }
    const page = { origin: ALLOWED, "sec-fetch-site": "cross-site" };
    assert.equal(await statusOf(`${http}/ledger`, page), 200);
    assert.equal(await statusOf(`${http}/v3/ws`, { ...UPGRADE, ...page }), 101);
  });

  it("cuts connections above its limit, and keeps those that it has", async () => {
    const session = new Client(new WebSocket(url, { headers: { authorization: API_KEY } }));
    await session.message("Begin");
    const flood: Socket[] = [];
    let cut = 0;
    for (let i = 0; i < 1050; i++) {
      const socket = connectSocket(Number(new URL(url).port), "127.0.0.1");
      flood.push(
        socket
          .on("error", () => undefined)
          .on("close", () => cut++)
          .resume(),
      );
    }
    await until("the cuts", () => cut >= 51, 20_000);
    await session.finish();
    assert.equal(session.ofType("Termination").length, 1);
    const refused = cut;
    for (const socket of flood) socket.destroy();
    assert.equal(refused, 51, "1000 at a time, the session among them");
    await until("the end of the flood", () => cut === flood.length);
  });

  it("answers that it cannot, and goes on, where connections leave it no file to open", async () => {
    const limited = spawn("sh", [
      "-c",
      'ulimit -n 60 && exec "$0" "$@"',
      process.execPath,
      join(root, "dist/simulator/cli.js"),
      "--port",
      "0",
    ]);
    const ended = once(limited, "close");
    let output = "";
    limited.stdout.on("data", (data: Buffer) => (output += data.toString()));
    await until("its address", () => output.includes("listening on"));
    const port = Number(/listening on \S+:(\d+)/.exec(output)?.[1]);
    let answers = "";
    const crowd = Array.from({ length: 70 }, () => connectSocket(port, "127.0.0.1").on("error", () => undefined));
    for (const socket of crowd) socket.on("data", (data: Buffer) => (answers += data.toString()));
    await until("an answer", () => {
      for (const socket of crowd) socket.write("GET /samples/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
      return answers.includes("HTTP/1.1 503");
    });
    for (const socket of crowd) socket.destroy();
    // The connections that are gone leave room for a visitor.
    while ((await statusOf(`http://127.0.0.1:${port}/samples/`, {}).catch(() => 0)) !== 200) await pause(20);
    limited.kill("SIGTERM");
    assert.equal((await ended)[0], 0);
  });

  it("does not start with a token fault that is no status of an error", async () => {
    for (const status of ["99", "200", "1000", "-1", "4e2"]) {
      const refused = runSimulator(["--port", "0", `--token-fault=${status}`]);
      assert.equal(await refused.exited, 1, status);
      assert.match(refused.output(), /^assemblyai-simulator: --token-fault needs a whole number from 400 to 599/);
    }
    const limited = runSimulator(["--port", "0", "--token-fault", "429"]);
    const [, address = ""] = await limited.until(/listening on ws:(\S+)\/v3/);
    assert.equal(await statusOf(`http:${address}/v3/token?expires_in_seconds=60`, { authorization: API_KEY }), 429);
    limited.child.kill("SIGTERM");
    assert.equal(await limited.exited, 0);
  });
});

/** That the published files are loaded is shown by moonshine.test.ts. */
describe("the recogniser's cache", () => {
  let cache: string;
  let folder: string;
  let marker: string;

  before(() => {
    cache = mkdtempSync(join(tmpdir(), "security-test-"));
    marker = join(cache, "was-run");
    folder = moonshineFolder({ XDG_CACHE_HOME: cache });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of Object.keys(FILE_HASHES)) writeFileSync(join(folder, name), "");
    const code = `import { writeFileSync } from "node:fs";\nwriteFileSync(${JSON.stringify(marker)}, "");\n`;
    for (const name of [FILES.runtime, FILES.tokenizer]) writeFileSync(join(folder, name), code);
  });
  after(() => rmSync(cache, { recursive: true }));

  /** What the simulator says of its recogniser, after a session in which it has to do without. */
  async function outputWithCache(): Promise<string> {
    const env = { XDG_CACHE_HOME: cache, npm_config_registry: "http://127.0.0.1:9/" };
    const simulator = runSimulator(["--port", "0", "--recogniser", "moonshine"], env);
    const [, url = ""] = await simulator.until(/listening on (\S+)/);
    await recognises(url);
    simulator.child.kill("SIGTERM");
    assert.equal(await simulator.exited, 0);
    return simulator.output();
  }

  it("is not loaded where a file is not the published one: its code does not run", async () => {
    assert.match(await outputWithCache(), /Moonshine cannot be had \(.* is not the file that was published: delete the folder\)/);
    assert.ok(!existsSync(marker));
  });

  it("is not loaded where other users can write to its folder, or to the one above", async () => {
    for (const path of [folder, join(folder, "..")]) {
      chmodSync(path, 0o777);
      assert.match(await outputWithCache(), /Moonshine cannot be had \(other users can write to .*: change that, or set XDG_CACHE_HOME\)/);
      chmodSync(path, 0o700);
    }
    assert.ok(!existsSync(marker));
  });
});

describe("the header of a webhook", () => {
  const SECRET = "a-webhook-secret-0123456789";
  const webhook = { webhook_url: "https://hooks.example/transcripts", webhook_auth_header_name: "X-Hook" };
  let simulator: Simulator;
  let nodeRed: NodeRedProcess;

  before(async () => {
    simulator = await startSimulator({ keys: [API_KEY] });
    nodeRed = await NodeRedProcess.start();
  });
  after(async () => {
    await nodeRed.stop();
    await simulator.close();
  });

  async function listenWith(properties: object): Promise<void> {
    await nodeRed.deploy([tab(), account(simulator.url), start("stt"), speechToText(properties), ...outputs()]);
    await nodeRed.inject("start");
  }

  it("is refused in the options, which are exported with the flow; the error names the field for it, and quotes nothing", async () => {
    for (const name of ["webhook_auth_header_value", "Webhook_Auth_Header_Value", "WEBHOOK_AUTH_HEADER_VALUE"]) {
      for (const options of [{ ...webhook, [name]: SECRET }, JSON.stringify({ [name]: SECRET })]) {
        const count = nodeRed.shown("error").length;
        await listenWith({ options });
        await until("the refusal", () => nodeRed.shown("error").length > count);
        const { code, message } = nodeRed.shown("error").at(-1) as { code: string; message: string };
        assert.equal(code, "AAI_PROPERTY");
        assert.match(message, /"Webhook header value"/);
      }
    }
    assert.deepEqual(simulator.sessions, []);
    const seen = [...nodeRed.log, JSON.stringify(nodeRed.shown("error")), JSON.stringify(nodeRed.statusesOf("stt"))];
    for (const text of seen) assert.ok(!text.includes(SECRET), text);
  });

  it("comes from a credential, which is sent to the service and is not in the exported flow", async () => {
    await listenWith({ options: webhook, credentials: { webhookSecret: `hooks.example ${SECRET}` } });
    const { query } = (await simulator.session(0)).record;
    assert.equal(query["webhook_auth_header_value"], SECRET);
    assert.equal(query["webhook_auth_header_name"], "X-Hook");
    assert.equal(query["webhook_url"], webhook.webhook_url);
    const answers = await Promise.all(
      ["/flows", "/credentials/assemblyai-streaming/stt"].map(async (path) => (await nodeRed.request(path)).text()),
    );
    assert.match(answers[1] ?? "", /"has_webhookSecret":true/);
    for (const text of [...nodeRed.log, ...answers]) assert.ok(!text.includes(SECRET), text);
  });

  it("follows no change of the webhook's address, nor of the address of the sessions", async () => {
    const sessions = simulator.sessions.length;
    const custom = { ...account("wss://speech.example/v3/ws"), credentials: { apiKey: `speech.example ${API_KEY}` } };
    const changes: [FlowNode, object][] = [
      [account(simulator.url), { options: { ...webhook, webhook_url: "https://evil.example/" } }],
      [custom, { options: webhook }],
    ];
    for (const [config, properties] of changes) {
      const count = nodeRed.shown("error").length;
      // Without the credential, as the editor does where it is not touched.
      await nodeRed.deploy([tab(), config, start("stt"), speechToText(properties), ...outputs()]);
      await nodeRed.inject("start");
      await until("the refusal", () => nodeRed.shown("error").length > count);
      assert.equal((nodeRed.shown("error").at(-1) as { code: string }).code, "AAI_WEBHOOK_HOST");
    }
    assert.equal(simulator.sessions.length, sessions);
    for (const text of [...nodeRed.log, JSON.stringify(nodeRed.shown("error"))]) assert.ok(!text.includes(SECRET), text);
  });
});

describe("the list of microphones", () => {
  let folder: string;
  let nodeRed: NodeRedProcess;

  // Each test has a Node-RED of its own, as a list is given again for some seconds.
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "security-test-"));
    writeFileSync(join(folder, "arecord"), `#!/bin/sh\necho "$@" >>${folder}/started\n`, { mode: 0o755 });
    nodeRed = await NodeRedProcess.start({ env: { PATH: folder }, settings: { adminAuth: readerAndWriter() } });
  });
  afterEach(async () => {
    await nodeRed.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function list(headers: Record<string, string>): Promise<number> {
    return (await fetch(`${nodeRed.url}/assemblyai-microphone/devices`, { headers })).status;
  }

  it("is for those who may deploy", async () => {
    assert.equal(await list({}), 401);
    assert.equal(await list(await headersOf(nodeRed.url, "reader")), 401);
    assert.ok(!existsSync(join(folder, "started")), "a program was started");
    assert.equal(await list(await headersOf(nodeRed.url, "writer")), 200);
  });

  it("starts one crowd of programs for many requests", async () => {
    // Signed in once: Node-RED answers the sixth sign-in that is under way for one user with 500.
    const headers = await headersOf(nodeRed.url, "writer");
    assert.deepEqual(new Set(await Promise.all(Array.from({ length: 20 }, () => list(headers)))), new Set([200]));
    assert.deepEqual(readFileSync(join(folder, "started"), "utf8").trim().split("\n").toSorted(), ["-L", "-l"]);
  });
});

describe("the trial of a microphone", () => {
  let folder: string;
  let nodeRed: NodeRedProcess;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "security-test-"));
    writeFileSync(join(folder, "arecord"), `#!/bin/sh\necho started >>${folder}/started\n`, { mode: 0o755 });
    writeFileSync(join(folder, "flows.json"), JSON.stringify([tab(), microphone({ device: "", wires: [] })]));
    const settings = { nodesDir: [root], adminAuth: readerAndWriter() };
    nodeRed = await NodeRedProcess.start({ userDir: folder, keepFlow: true, env: { PATH: folder }, settings });
  });
  after(async () => {
    await nodeRed.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function listen(username: string | undefined, type = "application/json"): Promise<number> {
    const headers = { ...(await headersOf(nodeRed.url, username)), "content-type": type };
    const body = JSON.stringify({ device: "", sampleRate: 16_000 });
    return (await fetch(`${nodeRed.url}/assemblyai-microphone/mic/trial`, { method: "POST", headers, body })).status;
  }

  it("lets those hear the room who may deploy, and nobody else, nor a page of another origin", async () => {
    assert.equal(await listen(undefined), 401);
    assert.equal(await listen("reader"), 401);
    assert.equal(await listen("writer", "text/plain"), 415);
    assert.ok(!existsSync(join(folder, "started")), "a program was started");
    assert.equal(await listen("writer"), 200);
    assert.ok(existsSync(join(folder, "started")));
  });
});

describe("what a dialog asks of the runtime", () => {
  let folder: string;
  let nodeRed: NodeRedProcess;
  let attacker: Awaited<ReturnType<typeof listener>>;

  before(async () => {
    attacker = await listener();
    folder = mkdtempSync(join(tmpdir(), "security-test-"));
    const { credentials: _, ...saved } = account(attacker.url);
    const flow = [tab(), saved, speechToText({ open: "wake-word", wires: [[], [], []] })];
    writeFileSync(join(folder, "flows.json"), JSON.stringify(flow));
    const settings = { nodesDir: [root], adminAuth: readerAndWriter() };
    nodeRed = await NodeRedProcess.start({ userDir: folder, keepFlow: true, settings });
  });
  after(async () => {
    await nodeRed.stop();
    attacker.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function ask(path: string, username: string | undefined, init: RequestInit = {}, type = "application/json"): Promise<number> {
    const headers = { ...(await headersOf(nodeRed.url, username)), "content-type": type };
    return (await fetch(nodeRed.url + path, { ...init, headers })).status;
  }

  it("lets those have a key checked who may deploy, and nobody else", async () => {
    const typed = { id: "account", endpoint: "custom", url: attacker.url, ...keyFor(attacker.url) };
    const check = { method: "POST", body: JSON.stringify(typed) };
    for (const username of [undefined, "reader"]) assert.equal(await ask("/assemblyai-config/check", username, check), 401, username);
    assert.deepEqual(attacker.keys, []);
    const asked = ask("/assemblyai-config/check", "writer", check);
    await until("the question", () => attacker.keys.length > 0);
    attacker.close();
    assert.equal(await asked, 200);
  });

  it("lets those try a wake word, and see how it goes, who may deploy, and nobody else, nor a page of another origin", async () => {
    const path = "/assemblyai-streaming/stt/wake-word-trial";
    const begin = { method: "POST", body: "{}" };
    for (const username of [undefined, "reader"]) {
      assert.equal(await ask(path, username, begin), 401, username);
      assert.equal(await ask(path, username), 401, username);
    }
    assert.equal(await ask(path, "writer", begin, "text/plain"), 415);
    assert.equal(await ask(path, "writer", begin), 200);
    assert.equal(await ask(path, "writer"), 200);
  });
});

describe("the examples with a page", () => {
  let simulator: Simulator;
  let nodeRed: NodeRedProcess;

  before(async () => {
    simulator = await startSimulator();
    // What protects http nodes does not protect their WebSockets.
    nodeRed = await NodeRedProcess.start({ settings: { httpNodeAuth: { user: "home", pass: PASSWORD_HASH } } });
  });
  after(async () => {
    await nodeRed.stop();
    await simulator.close();
  });

  /** The token that is in a page, as somebody with the password gets it. */
  async function tokenOf(path: string): Promise<string> {
    const headers = { authorization: `Basic ${Buffer.from("home:a-password").toString("base64")}` };
    assert.equal((await fetch(nodeRed.url + path)).status, 401);
    const page = await (await fetch(nodeRed.url + path, { headers })).text();
    return /<meta name="token" content="([0-9a-f]{48})">/.exec(page)?.[1] ?? assert.fail(page);
  }

  async function visit(path: string, first?: string): Promise<{ socket: WebSocket; got: () => string[] }> {
    const socket = new WebSocket(`${nodeRed.url.replace("http", "ws")}${path}`);
    const got: string[] = [];
    socket.on("message", (data: Buffer) => got.push(data.toString()));
    await once(socket, "open");
    if (first !== undefined) socket.send(first);
    return { socket, got: () => got };
  }

  it("show the transcript to those who were given the page only", async () => {
    const flow = example("09", simulator, {});
    await nodeRed.deploy([...flow, ...player(flow, "play", idOf(flow, "assemblyai-streaming"))]);
    const token = await tokenOf("/captions");
    assert.equal(await tokenOf("/captions"), token, "it is kept");
    const reader = await visit("/captions/live", token);
    const strangers = [
      await visit("/captions/live"),
      await visit("/captions/live", "f".repeat(48)),
      await visit("/captions/live", '{"token":null}'),
    ];
    await until("the refusals", () => strangers.slice(1).every(({ got }) => got().length > 0));
    await nodeRed.inject("play");
    await until("the captions", () => reader.got().some((text) => text.includes("ill disposed young man")), 20_000);
    for (const { got } of strangers) assert.ok(!JSON.stringify(got()).includes("ill disposed"), JSON.stringify(got()));
    for (const { socket } of [reader, ...strangers]) socket.terminate();
  });

  it("let those open sessions who were given the page only", async () => {
    await nodeRed.deploy(example("10", simulator, {}));
    const token = await tokenOf("/phone");
    const sessions = simulator.sessions.length;
    const stranger = await visit("/phone/audio", "f".repeat(48));
    for (let i = 0; i < 20; i++) stranger.socket.send(Buffer.alloc(1600, i + 1));
    await until("the refusals", () => stranger.got().length === 21);
    assert.equal(simulator.sessions.length, sessions);
    const phone = await visit("/phone/audio", token);
    phone.socket.send(Buffer.alloc(1600, 1));
    await until("a session", () => simulator.sessions.length === sessions + 1);
    phone.socket.send("stop");
    for (const { socket } of [stranger, phone]) socket.terminate();
  });
});
