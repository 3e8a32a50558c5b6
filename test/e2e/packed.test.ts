import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startSimulator, type Simulator } from "../../simulator";
import { idOf, needsDashboard } from "../support/examples";
import { API_KEY, keyFor } from "../support/flow-parts";
import { nodeRed4, NodeRedProcess, type FlowNode, type NodeRedProgram } from "../support/node-red-process";
import { installPacked, nodeRed5 } from "../support/packed";
import { until } from "../support/until";

const NAME = "node-red-contrib-assemblyai";
const TYPES = ["assemblyai-config", "assemblyai-microphone", "assemblyai-streaming", "assemblyai-termination-stats"];

/** What keeps a node of an example from doing something by itself. */
const QUIET: Record<string, object> = { inject: { once: false, repeat: "" }, "assemblyai-microphone": { autoStart: false } };

interface NodeSet {
  module: string;
  types: string[];
  enabled: boolean;
  err?: string;
}

const programs: [name: string, program: () => NodeRedProgram, version: RegExp][] = [
  ["Node-RED 4.1", () => nodeRed4, /^4\.1\./],
  ["Node-RED 5.0", nodeRed5, /^5\.0\./],
];

for (const [name, findProgram, version] of programs) {
  describe(`the package from its tarball, in ${name}`, () => {
    let simulator: Simulator;
    let packed: ReturnType<typeof installPacked>;
    let nodeRed: NodeRedProcess;

    before(async () => {
      simulator = await startSimulator({ keys: [API_KEY] });
      packed = installPacked();
      const program = findProgram();
      nodeRed = await NodeRedProcess.start({ program, userDir: packed.userDir, env: { ASSEMBLYAI_API_KEY: API_KEY } });
    });
    after(async () => {
      await nodeRed?.stop();
      packed?.remove();
      await simulator.close();
    });

    const json = async (path: string): Promise<unknown> => {
      const response = await nodeRed.request(path, { headers: { accept: "application/json" } });
      return response.json();
    };
    const text = async (path: string, accept = "*/*") => (await nodeRed.request(path, { headers: { accept } })).text();
    const errors = () => nodeRed.log.filter((line) => /\[(error|red)\]|missing types|Uncaught|Error:/.test(line));

    const isFlow = (file: string) => file.endsWith(".json");
    const examples = () => join(packed.userDir, "node_modules", NAME, "examples");
    const readExample = (file: string) => JSON.parse(readFileSync(join(examples(), file), "utf8")) as FlowNode[];

    it("loads, every node of it", async () => {
      const { version: found } = (await json("/settings")) as { version: string };
      assert.match(found, version);
      const sets = ((await json("/nodes")) as NodeSet[]).filter(({ module }) => module === NAME);
      assert.deepEqual(sets.flatMap(({ types }) => types).toSorted(), TYPES);
      assert.ok(sets.every(({ enabled, err }) => enabled && err === undefined));
    });

    it("brings the sidebar, with its texts", async () => {
      const plugins = ((await json("/plugins")) as { id: string; enabled: boolean; err?: string }[]).filter(({ id }) =>
        id.startsWith(NAME),
      );
      assert.deepEqual(
        plugins.map(({ id, enabled, err }) => [id, enabled, err]),
        [[`${NAME}/assemblyai-sidebar`, true, undefined]],
      );
      assert.ok((await text("/plugins", "text/html")).includes('registerPlugin("assemblyai-sidebar"'));
      const texts = (await json("/plugins/messages?lng=de")) as Record<string, { label?: string }>;
      assert.equal(texts[`${NAME}/assemblyai-sidebar`]?.label, "Sprache zu Text");
      assert.deepEqual(((await json("/assemblyai-sidebar")) as { nodes: unknown[] }).nodes, []);
    });

    it("serves its dialogs, help, icons, texts and examples", async () => {
      const html = await text("/nodes", "text/html");
      for (const type of TYPES) {
        assert.ok(html.includes(`data-template-name="${type}"`), `${type}: dialog`);
        assert.match(await text(`/nodes/${NAME}/${type}`, "text/html"), new RegExp(`data-help-name="${type}"`));
        const catalogue = (await json(`/locales/${NAME}/${type}?lng=en-US`)) as { label?: { name?: string } };
        assert.equal(catalogue.label?.name, "Name");
      }
      const { [NAME]: icons = [] } = (await json("/icons")) as Record<string, string[]>;
      assert.ok(icons.length >= 3);
      for (const icon of icons) assert.match(await text(`/icons/${NAME}/${icon}`), /<svg/);
      for (const type of TYPES.slice(1)) assert.ok(icons.includes(`${type}.svg`), `${type}: icon`);
      const names = (await json(`/library/examples/flows/${NAME}`)) as { fn?: string }[];
      assert.deepEqual(
        names.map(({ fn }) => `${fn}.json`), // a folder has no fn: it would be an entry without flows
        readdirSync(examples()).filter(isFlow).toSorted(),
      );
    });

    it("deploys each example, with nodes of the core and its own unless its name says otherwise, and no credentials in it", async () => {
      const core = ((await json("/nodes")) as NodeSet[]).filter(({ module }) => module === "node-red").flatMap(({ types }) => types);
      const files = readdirSync(examples()).filter(isFlow);
      assert.ok(files.length >= 15);
      for (const file of files) {
        const flow = readExample(file);
        const foreign = flow.map(({ type }) => type).filter((type) => !["tab", ...core, ...TYPES].includes(type));
        assert.ok(
          needsDashboard(file) ? foreign.every((type) => type.startsWith("ui-")) : foreign.length === 0,
          `${file}: ${foreign.join()}`,
        );
        assert.ok(
          flow.some(({ type, info }) => type === "comment" && typeof info === "string" && info.length > 100),
          `${file}: a comment`,
        );
        assert.ok(flow.every((node) => !("credentials" in node) && !JSON.stringify(node).includes("Bearer ")));
        // The browser's tests have the dashboard. And nothing may run by itself: it would look for a microphone, and a simulator.
        if (!needsDashboard(file)) await nodeRed.deploy(flow.map((node) => ({ ...node, ...QUIET[node.type] })));
        const served = await text(`/library/examples/flows/${NAME}/${encodeURIComponent(file.replace(/\.json$/, ""))}`);
        assert.deepEqual(JSON.parse(served), flow);
      }
      assert.deepEqual(errors(), []);
    });

    it("brings its commands", () => {
      for (const command of ["assemblyai-simulator", "assemblyai-check"]) {
        const help = execFileSync(join(packed.userDir, "node_modules/.bin", command), ["--help"], { encoding: "utf8" });
        assert.ok(help.includes(`Usage: ${command} [options]`));
      }
    });

    it("plays a sample of the package at a click, from wherever it is installed", async () => {
      const flow = readExample("02 - Recording to debug.json").map((node) =>
        node.type === "assemblyai-config" ? { ...node, endpoint: "custom", url: simulator.url, credentials: keyFor(simulator.url) } : node,
      );
      await nodeRed.deploy(flow);
      const before = simulator.sessions.length;
      await nodeRed.inject(idOf(flow, "play a sample"));
      const { closed } = await simulator.session(before);
      await nodeRed.inject(idOf(flow, "stop"));
      await closed;
      assert.deepEqual(errors(), []);
    });

    it("runs the demo at a click, from the recording to its cost", async () => {
      const flow = readExample("00 - Demo - From a recording to its cost.json").map((node) => {
        if (node.type === "assemblyai-config")
          return { ...node, endpoint: "custom", url: simulator.url, credentials: keyFor(simulator.url) };
        if (node.type === "assemblyai-streaming") return { ...node, silenceTimeout: 1 };
        if (node.type === "http request") return { ...node, url: simulator.httpUrl + new URL(String(node["url"])).pathname };
        return node;
      });
      await nodeRed.deploy(flow);
      await nodeRed.inject(idOf(flow, "play the recording"));
      const [cost] = await until("the cost", () => nodeRed.shown("cost").length > 0 && nodeRed.shown("cost"), 20_000);
      const { session, totals } = cost as { session: { reason: string; turns: number; costUsd: number }; totals: { sessions: number } };
      assert.deepEqual([session.reason, session.turns, totals.sessions], ["silence", 1, 1]);
      assert.ok(session.costUsd > 0);
      assert.match(String(nodeRed.shown("turn").at(-1)), /^And Mister John Dashwood .* do for them\.$/);
      assert.deepEqual(errors(), []);
      assert.ok(!nodeRed.log.some((line) => line.includes(API_KEY)));
      assert.equal(simulator.ledger.state.open, 0);
    });
  });
}
