import assert from "node:assert/strict";
import helper from "node-red-node-test-helper";
import statsNode from "../../nodes/assemblyai-termination-stats";
import type { StatsReport } from "../../nodes/lib/billing/stats";
import { statusesOf } from "../support/flow";

interface Message {
  [key: string]: unknown;
  payload: StatsReport;
}

const termination = {
  sessionId: "12c77068",
  reason: "silence",
  audioSeconds: 110,
  sessionSeconds: 124,
  turns: 3,
  words: 21,
  model: "universal-3-6-pro",
  startedAt: "2026-11-20T11:57:56.000Z",
  endedAt: "2026-11-20T12:00:00.000Z",
  estimated: false,
};
const message = { event: "termination", payload: termination, sessionId: "12c77068", topic: "kitchen", action: "stop" };

function flowWith(properties: Record<string, unknown> = {}) {
  // Without coordinates Node-RED would take the nodes for config nodes.
  const node = { z: "tab", x: 0, y: 0 };
  return [
    { id: "tab", type: "tab" },
    { ...node, id: "stats", type: "assemblyai-termination-stats", name: "", rate: "", resetDaily: false, ...properties, wires: [["out"]] },
    { ...node, id: "out", type: "helper", wires: [] },
    { ...node, id: "catcher", type: "catch", scope: ["stats"], wires: [["caught"]] },
    { ...node, id: "caught", type: "helper", wires: [] },
    { ...node, id: "completer", type: "complete", scope: ["stats"], wires: [["completed"]] },
    { ...node, id: "completed", type: "helper", wires: [] },
  ];
}

const nextInput = (id: string) => new Promise<Message>((resolve) => helper.getNode(id).once("input", (msg) => resolve(msg as Message)));

/** Sends one message and gives what comes out. */
function record(msg: Record<string, unknown>): Promise<Message> {
  const output = nextInput("out");
  helper.getNode("stats").receive(structuredClone(msg));
  return output;
}

interface CaughtError {
  message: string;
  code: string;
}

/** What a Catch node puts into its message. */
const caughtError = ({ error }: Message) => error as CaughtError;

async function errorOf(msg: Record<string, unknown>): Promise<CaughtError> {
  const caught = nextInput("caught");
  helper.getNode("stats").receive(structuredClone(msg));
  return caughtError(await caught);
}

/** Sends one message and waits until the node says that it is done with it; gives how many messages came out meanwhile. */
async function outputsOf(msg: Record<string, unknown>): Promise<number> {
  let outputs = 0;
  const count = () => outputs++;
  helper.getNode("out").on("input", count);
  const completed = nextInput("completed");
  helper.getNode("stats").receive(structuredClone(msg));
  await completed;
  helper.getNode("out").off("input", count);
  return outputs;
}

const lastStatus = () => statusesOf(helper.getNode("stats")).at(-1);

describe("assemblyai-termination-stats", () => {
  before(() => helper.startServer());
  after(() => helper.stopServer());
  afterEach(() => helper.unload());

  it("sends what a session was and cost, with totals, and keeps topic and session", async () => {
    await helper.load(statsNode, flowWith());
    const { payload, topic, sessionId } = await record(message);
    assert.deepEqual(payload.session, { ...termination, costUsd: 0.0155 });
    const sums = { sessions: 1, sessionSeconds: 124, audioSeconds: 110, turns: 3, words: 21, costUsd: 0.0155 };
    assert.deepEqual(payload.totals, { ...sums, since: payload.totals.since });
    assert.deepEqual(payload.today, { ...sums, since: new Date(new Date().setHours(0, 0, 0, 0)).toISOString() });
    assert.deepEqual([topic, sessionId], ["kitchen", "12c77068"]);
  });

  it("counts the sessions of several nodes, also when they end at once", async () => {
    await helper.load(statsNode, flowWith());
    const reports: Message[] = [];
    const all = new Promise<void>((resolve) => {
      helper.getNode("out").on("input", (msg) => {
        if (reports.push(msg as Message) === 10) resolve();
      });
    });
    for (let room = 0; room < 10; room++) helper.getNode("stats").receive({ ...structuredClone(message), topic: `room ${room}` });
    await all;
    assert.deepEqual(
      reports.map(({ topic, payload }) => [topic, payload.totals.sessions]),
      reports.map((_, index) => [`room ${index}`, index + 1]),
    );
  });

  it("counts by the rate that is set", async () => {
    await helper.load(statsNode, flowWith({ rate: "3.6" }));
    assert.equal((await record(message)).payload.session.costUsd, 0.124);
    await helper.unload();
    await helper.load(statsNode, flowWith({ rate: "0" }));
    assert.equal((await record(message)).payload.session.costUsd, 0);
  });

  it("shows the totals as its status", async () => {
    await helper.load(statsNode, flowWith());
    await record(message);
    assert.deepEqual(lastStatus(), { fill: "grey", shape: "dot", text: "1 session · 124 s · $0.0155" });
    await record(message);
    assert.deepEqual(lastStatus(), { fill: "grey", shape: "dot", text: "2 sessions · 248 s · $0.0310" });
    await record({ ...message, payload: { ...termination, sessionSeconds: 10_000.4 } });
    assert.equal(lastStatus()?.text, "3 sessions · 10248 s · $1.28");
  });

  it("goes on after full deploys from the node's context, and shows it", async () => {
    await helper.load(statsNode, flowWith());
    await record(message);
    for (const rate of ["0.6", "not a number", "0.45"]) await helper.setFlows(flowWith({ rate }), "full");
    await new Promise(setImmediate);
    assert.equal(lastStatus()?.text, "1 session · 124 s · $0.0155");
    assert.equal((await record(message)).payload.totals.sessions, 2);
  });

  it("keeps its totals while it is disabled", async () => {
    await helper.load(statsNode, flowWith());
    await record(message);
    await helper.setFlows(
      flowWith().map((node) => (node.id === "stats" ? { ...node, d: true } : node)),
      "full",
    );
    await helper.setFlows(flowWith(), "full");
    assert.equal((await record(message)).payload.totals.sessions, 2);
  });

  it("ignores the other session events, and is done with them", async () => {
    await helper.load(statsNode, flowWith());
    assert.equal(await outputsOf({ event: "begin", payload: { id: "x" } }), 0);
    assert.equal(await outputsOf({ event: "reconnecting", payload: {} }), 0);
    assert.equal((await record(message)).payload.totals.sessions, 1);
  });

  it("starts anew on the action reset, and sends nothing for it", async () => {
    await helper.load(statsNode, flowWith());
    await record(message);
    assert.equal(await outputsOf({ action: "reset" }), 0);
    assert.equal(lastStatus()?.text, "0 sessions · 0 s · $0.0000");
    const { payload } = await record(message);
    assert.deepEqual([payload.totals.sessions, payload.today.sessions], [1, 1]);
  });

  it("refuses anything else, and says what it accepts", async () => {
    await helper.load(statsNode, flowWith());
    for (const msg of [{ payload: "hello" }, {}, { event: "end" }, { payload: termination }, { event: "termination", payload: "x" }]) {
      const error = await errorOf(msg);
      assert.equal(error.code, "AAI_INPUT");
      assert.match(error.message, /third output .* "reset"/);
    }
    const error = await errorOf({ action: "start" });
    assert.equal(error.code, "AAI_ACTION");
    assert.match(error.message, /use reset\./);
  });

  it("refuses a termination with a spoilt figure, and keeps its totals", async () => {
    await helper.load(statsNode, flowWith());
    await record(message);
    const error = await errorOf({ ...message, payload: { ...termination, words: "21" } });
    assert.equal(error.code, "AAI_INPUT");
    assert.match(error.message, /words must be a number/);
    assert.equal((await record(message)).payload.totals.sessions, 2);
  });

  it("says so where its rate is not usable, also to a Catch node, and refuses every message", async () => {
    for (const rate of ["-1", "NaN", "0,45"]) {
      await helper.load(statsNode, flowWith());
      const deployed = nextInput("caught");
      await helper.setFlows(flowWith({ rate }), "nodes");
      assert.equal(caughtError(await deployed).code, "AAI_PROPERTY");
      const status = lastStatus();
      assert.deepEqual([status?.fill, status?.shape], ["red", "ring"]);
      assert.match(String(status?.text), /rate must be a number of 0 or more/);
      assert.equal((await errorOf(message)).code, "AAI_PROPERTY");
      await helper.unload();
    }
  });
});
