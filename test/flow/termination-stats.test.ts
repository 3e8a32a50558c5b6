import assert from "node:assert/strict";
import helper from "node-red-node-test-helper";
import statsNode from "../../nodes/assemblyai-termination-stats";
import type { StatsReport } from "../../nodes/lib/billing/stats";
import { Inbox, statusesOf, statusShown } from "../support/flow";
import { hostileMessages } from "../support/hostile";

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
let sessions = 0;
let loads = 0;

/** The termination of a session that has not been there before. */
function message(more: object = {}, payload: object = {}): Record<string, unknown> {
  const sessionId = `session-${++sessions}`;
  return {
    event: "termination",
    payload: { ...termination, sessionId, ...payload },
    sessionId,
    topic: "kitchen",
    listening: false,
    ...more,
  };
}

/** The totals outlive a node: each test has a node of its own. */
const stats = () => helper.getNode(`stats-${loads}`);

async function load(properties: Record<string, unknown> = {}): Promise<void> {
  loads++;
  await helper.load(statsNode, flowWith(properties));
}

function flowWith(properties: Record<string, unknown> = {}) {
  const id = `stats-${loads}`;
  // Without coordinates Node-RED would take the nodes for config nodes.
  const node = { z: "tab", x: 0, y: 0 };
  return [
    { id: "tab", type: "tab" },
    { ...node, id, type: "assemblyai-termination-stats", name: "", rate: "", resetDaily: false, ...properties, wires: [["out"]] },
    { ...node, id: "out", type: "helper", wires: [] },
    { ...node, id: "catcher", type: "catch", scope: [id], wires: [["caught"]] },
    { ...node, id: "caught", type: "helper", wires: [] },
    { ...node, id: "completer", type: "complete", scope: [id], wires: [["completed"]] },
    { ...node, id: "completed", type: "helper", wires: [] },
  ];
}

const nextInput = (id: string) => new Promise<Message>((resolve) => helper.getNode(id).once("input", (msg) => resolve(msg as Message)));

/** Sends one message and returns the output. */
function record(msg: Record<string, unknown>): Promise<Message> {
  const output = nextInput("out");
  stats().receive(structuredClone(msg));
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
  stats().receive(structuredClone(msg));
  return caughtError(await caught);
}

/** Sends one message and waits until the node says that it is done with it; gives how many messages came out meanwhile. */
async function outputsOf(msg: Record<string, unknown>): Promise<number> {
  let outputs = 0;
  const count = () => outputs++;
  helper.getNode("out").on("input", count);
  const completed = nextInput("completed");
  stats().receive(structuredClone(msg));
  await completed;
  helper.getNode("out").off("input", count);
  return outputs;
}

const lastStatus = () => statusesOf(stats()).at(-1);

describe("assemblyai-termination-stats", () => {
  before(() => helper.startServer());
  after(() => helper.stopServer());
  afterEach(() => helper.unload());

  it("sends what a session was and cost, with totals, and keeps topic and session", async () => {
    await load();
    const msg = message();
    const { payload, topic, sessionId, ...more } = await record(msg);
    assert.deepEqual(payload.session, { ...termination, sessionId, costUsd: 0.0155 });
    const sums = { sessions: 1, sessionSeconds: 124, audioSeconds: 110, turns: 3, words: 21, costUsd: 0.0155 };
    assert.deepEqual(payload.totals, { ...sums, since: payload.totals.since });
    assert.deepEqual(payload.today, { ...sums, since: new Date(new Date().setHours(0, 0, 0, 0)).toISOString() });
    assert.deepEqual([topic, sessionId], ["kitchen", msg["sessionId"]]);
    assert.ok(!("event" in more) && !("listening" in more), "it is no session event any more");
  });

  it("takes a session event that comes as one object in the payload, as by MQTT", async () => {
    await load();
    const msg = message();
    const { payload, topic, sessionId } = await record({ topic: "rooms/ground/kitchen/session", qos: 1, payload: msg });
    assert.deepEqual([payload.totals.sessions, topic, sessionId], [1, "kitchen", msg["sessionId"]]);
    assert.equal(await outputsOf({ topic: "rooms/ground/kitchen/session", payload: { event: "begin", payload: {} } }), 0);
  });

  it("counts a session once, and is done with the message that brings it again", async () => {
    await load();
    const msg = message();
    await record(msg);
    assert.equal(await outputsOf(msg), 0);
    assert.equal((await record(message())).payload.totals.sessions, 2);
  });

  it("takes the session's own cost where it has one", async () => {
    await load();
    assert.equal((await record(message({}, { costUsd: 0.02 }))).payload.session.costUsd, 0.02);
  });

  it("lives on whatever a message holds, and tells a Catch node", async () => {
    await load();
    for (const [name, msg] of hostileMessages()) {
      const caught = new Inbox(helper.getNode("caught"));
      stats().receive(msg as never);
      const after = message();
      await record(after);
      for (const { error } of caught.messages as { error: { code: string } }[]) assert.match(error.code, /^AAI_(INPUT|ACTION)$/, name);
    }
  });

  it("counts the sessions of several nodes, also when they end at once", async () => {
    await load();
    const reports: Message[] = [];
    const all = new Promise<void>((resolve) => {
      helper.getNode("out").on("input", (msg) => {
        if (reports.push(msg as Message) === 10) resolve();
      });
    });
    for (let room = 0; room < 10; room++) stats().receive({ ...message(), topic: `room ${room}` });
    await all;
    assert.deepEqual(
      reports.map(({ topic, payload }) => [topic, payload.totals.sessions]),
      reports.map((_, index) => [`room ${index}`, index + 1]),
    );
  });

  it("counts by the rate that is set", async () => {
    await load({ rate: "3.6" });
    assert.equal((await record(message())).payload.session.costUsd, 0.124);
    await helper.unload();
    await load({ rate: "0" });
    assert.equal((await record(message())).payload.session.costUsd, 0);
  });

  it("shows the totals as its status", async () => {
    await load();
    await record(message());
    assert.deepEqual(lastStatus(), { fill: "grey", shape: "dot", text: "today $0.0155 · in all $0.0155 (1 session)" });
    await record(message());
    assert.deepEqual(lastStatus(), { fill: "grey", shape: "dot", text: "today $0.0310 · in all $0.0310 (2 sessions)" });
    await record(message({}, { sessionSeconds: 10_000.4 }));
    assert.equal(lastStatus()?.text, "today $1.28 · in all $1.28 (3 sessions)");
  });

  it("shows the day alone as its status where the totals begin anew each day", async () => {
    await load({ resetDaily: true });
    await record(message());
    assert.equal(lastStatus()?.text, "today $0.0155 (1 session)");
  });

  it("goes on after full deploys from its book, and shows it", async () => {
    await load();
    await record(message());
    for (const rate of ["0.6", "not a number", "0.45"]) await helper.setFlows(flowWith({ rate }), "full");
    await statusShown(stats(), "today $0.0155 · in all $0.0155 (1 session)");
    assert.equal(lastStatus()?.text, "today $0.0155 · in all $0.0155 (1 session)");
    assert.equal((await record(message())).payload.totals.sessions, 2);
  });

  it("keeps its totals while it is disabled", async () => {
    await load();
    await record(message());
    await helper.setFlows(
      flowWith().map((node) => (node.type === "assemblyai-termination-stats" ? { ...node, d: true } : node)),
      "full",
    );
    await helper.setFlows(flowWith(), "full");
    assert.equal((await record(message())).payload.totals.sessions, 2);
  });

  it("ignores the other session events, and is done with them", async () => {
    await load();
    assert.equal(await outputsOf({ event: "begin", payload: { id: "x" } }), 0);
    for (const event of ["reconnecting", "failed", "budget", "wake", "speech-started", "heartbeat"]) {
      assert.equal(await outputsOf({ event, payload: {} }), 0, event);
    }
    assert.equal((await record(message())).payload.totals.sessions, 1);
  });

  it("starts anew on the action reset, and sends nothing for it", async () => {
    await load();
    await record(message());
    assert.equal(await outputsOf({ action: "reset" }), 0);
    await statusShown(stats(), "today $0.0000 · in all $0.0000 (0 sessions)");
    const { payload } = await record(message());
    assert.deepEqual([payload.totals.sessions, payload.today.sessions], [1, 1]);
  });

  it("refuses anything else, and says what it accepts", async () => {
    await load();
    for (const msg of [{ payload: "hello" }, {}, { event: 7 }, { payload: termination }, { event: "termination", payload: "x" }]) {
      const error = await errorOf(msg);
      assert.equal(error.code, "AAI_INPUT");
      assert.match(error.message, /third output .* "reset"/);
    }
    const error = await errorOf({ action: "start" });
    assert.equal(error.code, "AAI_ACTION");
    assert.match(error.message, /use reset\./);
  });

  it("refuses a termination with a spoilt figure, and keeps its totals", async () => {
    await load();
    await record(message());
    const error = await errorOf(message({}, { words: "21" }));
    assert.equal(error.code, "AAI_INPUT");
    assert.match(error.message, /words must be a number/);
    assert.equal((await record(message())).payload.totals.sessions, 2);
  });

  it("reports an unusable rate, also to a Catch node, and refuses every message", async () => {
    for (const rate of ["-1", "NaN", "0,45"]) {
      await load();
      const deployed = nextInput("caught");
      await helper.setFlows(flowWith({ rate }), "nodes");
      assert.equal(caughtError(await deployed).code, "AAI_PROPERTY");
      const status = lastStatus();
      assert.deepEqual([status?.fill, status?.shape], ["red", "ring"]);
      assert.match(String(status?.text), /rate must be a number of 0 or more/);
      assert.equal((await errorOf(message())).code, "AAI_PROPERTY");
      await helper.unload();
    }
  });
});
