/** Attacks on real processes, each refused, and beside it the ordinary use that must go on. docs/security.md names the promises. */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../support/node-red-process";
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
