/** Attacks on real processes, each refused, and beside it the ordinary use that must go on. docs/security.md names the promises. */
import assert from "node:assert/strict";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assertInstalled } from "../support/fake-mic";
import { API_KEY, debug, microphone, start, tab } from "../support/flow-parts";
import { NodeRedProcess, root } from "../support/node-red-process";
import { statusOf, UPGRADE } from "../support/raw-request";
import { until } from "../support/until";

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
    // In the place of arecord: what it was started with, and then the real one.
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

  it("is a name, for which a recorder is started that is not told the key", async () => {
    for (const device of ["default", "hw:CARD=Nowhere,DEV=0", "plughw:7,0", "sysdefault:CARD=Nowhere"]) {
      await listenTo(device);
      await until(
        device,
        () => existsSync(join(folder, "arguments")) && readFileSync(join(folder, "arguments"), "utf8").includes(`-D ${device} `),
      );
    }
    const environment = readFileSync(join(folder, "env"), "utf8");
    assert.match(environment, /^PATH=/m);
    assert.ok(!environment.includes(API_KEY), environment);
  });
});
