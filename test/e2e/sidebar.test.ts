import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { SidebarAnswer } from "../../nodes/sidebar-route";
import { REALISTIC_LATENCY, startSimulator, type Simulator } from "../../simulator";
import { player } from "../support/examples";
import { account, outputs, speechToText, tab } from "../support/flow-parts";
import { NodeRedProcess, root } from "../support/node-red-process";
import { until } from "../support/until";
import { headersOf, readerAndWriter } from "../support/users";

const WHO = [undefined, "reader", "writer"] as const;

/** Plays a recording into speech to text, once, when the flow starts. */
const playAtStart = () =>
  player([tab()], "play", "stt", "librivox_0870").map((node) => (node.type === "inject" ? { ...node, once: true, onceDelay: 0.1 } : node));

describe("the sidebar's routes", () => {
  let folder: string;
  let simulator: Simulator;
  let nodeRed: NodeRedProcess;
  const headers = new Map<string | undefined, Record<string, string>>();

  before(async () => {
    simulator = await startSimulator({ latency: REALISTIC_LATENCY, processing: "realtime" });
    folder = mkdtempSync(join(tmpdir(), "sidebar-test-"));
    const { credentials, ...config } = account(simulator.url);
    writeFileSync(join(folder, "flows_cred.json"), JSON.stringify({ account: credentials }));
    const flow = [tab(), config, speechToText({ name: "<b>kitchen</b>", silenceTimeout: 60 }), ...outputs(), ...playAtStart()];
    writeFileSync(join(folder, "flows.json"), JSON.stringify(flow));
    nodeRed = await NodeRedProcess.start({
      userDir: folder,
      keepFlow: true,
      settings: { nodesDir: [root], adminAuth: readerAndWriter() },
    });
    for (const who of WHO) headers.set(who, await headersOf(nodeRed.url, who));
  });
  after(async () => {
    await nodeRed?.stop();
    await simulator.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const get = (who: string | undefined, query = "") =>
    fetch(`${nodeRed.url}/assemblyai-sidebar${query}`, { headers: headers.get(who) ?? {} });
  const hangUp = (who: string | undefined, contentType = "application/json") =>
    fetch(`${nodeRed.url}/assemblyai-sidebar/hang-up`, {
      method: "POST",
      headers: { ...headers.get(who), "content-type": contentType },
      body: "{}",
    });
  const asked = async (query?: string) => (await (await get("reader", query)).json()) as SidebarAnswer;

  it("show what runs, and what was said, to those who may read the flow, and to nobody else", async () => {
    assert.equal((await get(undefined)).status, 401);
    const answer = await get("reader");
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("cache-control"), "no-store");
    while (!(await asked()).nodes[0]?.streams[0]?.sentences.some(({ final }) => final)) await pause(50);
    const { timeZone, nodes } = await asked();
    assert.equal(timeZone, Intl.DateTimeFormat().resolvedOptions().timeZone);
    assert.equal(nodes.length, 1);
    const [node] = nodes;
    assert.deepEqual([node?.id, node?.name, node?.streams.length], ["stt", "<b>kitchen</b>", 1]);
    assert.equal(node?.streams[0]?.status.phase, "open");
    assert.ok((node?.spentUsd ?? 0) > 0);
  });

  it("let those hang up who may change the flow, and nobody else, nor a page of another origin", async () => {
    const open = () => simulator.ledger.state.open;
    assert.equal((await hangUp(undefined)).status, 401);
    assert.equal((await hangUp("reader")).status, 401);
    assert.equal((await hangUp("writer", "text/plain")).status, 415);
    assert.equal(open(), 1);
    assert.equal((await hangUp("writer")).status, 204);
    await until("the hang-up", () => open() === 0);
    while ((await asked()).nodes[0]?.streams[0]?.sessions[0]?.reason !== "stop") await pause(50);
  });

  it("take any time for one to begin from", async () => {
    for (const query of ["?since=soon", "?since[]=1&since[]=2", "?since=-1"]) {
      assert.equal((await asked(query)).nodes[0]?.streams[0]?.sessions.length, 1, query);
    }
    assert.equal((await asked(`?since=${Date.now() + 1000}`)).nodes[0]?.streams[0]?.sessions.length, 0);
  });
});
