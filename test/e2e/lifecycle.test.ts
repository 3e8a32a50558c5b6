import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { join } from "node:path";
import { startSimulator, type Simulator, type SimulatorSession } from "../../simulator";
import { assertInstalled, startFakeMicrophone, type FakeMicrophone } from "../support/fake-mic";
import { account, microphone, outputs, speechToText, tab } from "../support/flow-parts";
import { NodeRedProcess, root, type FlowNode } from "../support/node-red-process";
import { until } from "../support/until";

/** The service's own time from Terminate to Termination: what ends Node-RED must wait for it. */
const TERMINATE_MS = 600;

/** It was hung up properly: Terminate, the service's Termination, and only then the end of the connection. */
async function assertTerminated(session: SimulatorSession): Promise<void> {
  await session.closed;
  const { terminateAt, closedAt = 0, closeCode } = session.record;
  assert.ok(terminateAt !== undefined, "it was left without a Terminate");
  assert.ok(closedAt - terminateAt >= TERMINATE_MS - 5, `${closedAt - terminateAt} ms from Terminate to the close`);
  assert.equal(session.record.sentOfType("Termination").length, 1);
  assert.equal(closeCode, 1000);
}

describe("a paid session, when the flow goes away in the middle of it", () => {
  let simulator: Simulator;
  let nodeRed: NodeRedProcess;
  let fake: FakeMicrophone;

  before(() => assertInstalled("arecord"));
  beforeEach(async () => {
    simulator = await startSimulator({ latency: { terminate: TERMINATE_MS } });
    fake = await startFakeMicrophone({ wav: join(root, "simulator/samples/librivox_0870.wav"), leadSeconds: 0, tailSeconds: 60 });
    nodeRed = await NodeRedProcess.start({ env: fake.env });
    await nodeRed.deploy(flow());
  });
  afterEach(async () => {
    await nodeRed.stop();
    await fake.stop();
    await simulator.close();
  });

  /** The microphone starts with the flow; nothing but the flow's end ends the session. */
  const flow = (disabled = false, silenceTimeout = 60): FlowNode[] => [
    tab({ disabled }),
    account(simulator.url),
    microphone({ autoStart: true }),
    speechToText({ silenceTimeout }),
    ...outputs(),
  ];

  /** Someone is speaking in the n-th session. */
  async function midSession(index: number): Promise<SimulatorSession> {
    const session = await simulator.session(index);
    await until("a partial turn", () => session.record.sentOfType("Turn").length > 0, 10_000);
    return session;
  }

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`is terminated before Node-RED ends on ${signal}`, async () => {
      const session = await midSession(0);
      const { children } = nodeRed;
      assert.equal(children.length, 1, "one arecord");
      assert.equal(await nodeRed.stop(signal), 0);
      await assertTerminated(session);
      assert.throws(() => process.kill(Number(children[0]), 0), { code: "ESRCH" });
      assert.equal(simulator.ledger.state.open, 0);
    });
  }

  it("is terminated by each of three full deploys, never with two at a time", async () => {
    for (let deploy = 0; deploy < 3; deploy++) {
      const session = await midSession(deploy);
      await nodeRed.deploy(flow());
      await assertTerminated(session);
      assert.ok(nodeRed.children.length <= 1, "one arecord at most");
      assert.ok(simulator.ledger.state.open <= 1, "one session at most");
    }
    const last = await midSession(3);
    assert.equal(simulator.ledger.state.open, 1);
    assert.equal(await nodeRed.stop(), 0);
    await assertTerminated(last);
    const { open, sessions } = simulator.ledger.state;
    assert.deepEqual([open, sessions], [0, 4]);
  });

  it("is terminated when its flow is disabled, and none follows", async () => {
    const session = await midSession(0);
    await nodeRed.deploy(flow(true), "flows");
    await assertTerminated(session);
    await until("arecord's end", () => nodeRed.children.length === 0);
    await pause(300);
    assert.deepEqual({ ...simulator.ledger.state, billedSeconds: 0 }, { open: 0, connections: 1, sessions: 1, billedSeconds: 0 });
  });

  it("sends its termination to the nodes that stay when only its own node is deployed anew", async () => {
    const session = await midSession(0);
    await nodeRed.deploy(flow(false, 50), "nodes");
    await assertTerminated(session);
    await midSession(1);
    const events = () => nodeRed.shown("event") as { event: string; sessionId: string; payload: { reason: string; estimated: boolean } }[];
    const terminations = () => events().filter(({ event }) => event === "termination");
    // What is owed is sent 5 s after the flows have started.
    await until("the termination", () => terminations().length > 0, 10_000);
    const [termination] = terminations();
    assert.equal(termination?.sessionId, session.record.id);
    assert.deepEqual([termination?.payload.reason, termination?.payload.estimated], ["redeploy", false]);
    assert.equal(events().filter(({ event }) => event === "begin").length, 2);
  });
});
