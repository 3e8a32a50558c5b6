import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import helper from "node-red-node-test-helper";
import configNode from "../../nodes/assemblyai-config";
import microphoneNode from "../../nodes/assemblyai-microphone";
import streamingNode from "../../nodes/assemblyai-streaming";
import statsNode from "../../nodes/assemblyai-termination-stats";
import { startSimulator, type Simulator } from "../../simulator";
import { Inbox, loadFlow, recording } from "../support/flow";
import { keyFor } from "../support/flow-parts";
import { hostileValues } from "../support/hostile-values";

/** Messages with values of every type in every place: each is answered, nothing is thrown at Node-RED, and the node works on. */
describe("fuzz: inputs of the nodes", function () {
  this.timeout(60_000);
  let simulator: Simulator;
  let finals: Inbox;

  before(() => helper.startServer());
  after(() => helper.stopServer());
  beforeEach(async () => {
    simulator = await startSimulator();
    const flow = [
      { id: "tab", type: "tab", label: "test" },
      { id: "account", type: "assemblyai-config", endpoint: "custom", url: simulator.url },
      { id: "stt", z: "tab", type: "assemblyai-streaming", config: "account", silenceTimeout: 2, wires: [["finals"], [], []] },
      { id: "mic", z: "tab", type: "assemblyai-microphone", wires: [[]] },
      { id: "stats", z: "tab", type: "assemblyai-termination-stats", wires: [[]] },
      { id: "finals", z: "tab", type: "helper" },
    ];
    await loadFlow([configNode, microphoneNode, streamingNode, statsNode], flow, { account: keyFor(simulator.url) });
    finals = new Inbox(helper.getNode("finals"));
  });
  afterEach(async () => {
    await helper.unload();
    await simulator.close();
  });

  for (const id of ["stt", "mic", "stats"]) {
    it(`are answered: ${id}`, async () => {
      const node = helper.getNode(id);
      const thrown: unknown[] = [];
      const note = (error: unknown): void => void thrown.push(error);
      process.on("unhandledRejection", note);
      try {
        for (const [what, value] of hostileValues()) {
          for (const name of ["payload", "action", "audio", "topic", "first", "event", "sessionId"]) {
            const message = { [name]: value, ...(name === "audio" ? { payload: Buffer.alloc(100) } : {}) };
            assert.doesNotThrow(() => node.receive(message), `${name}: ${what}`);
          }
          assert.doesNotThrow(() => node.receive({ event: "termination", payload: value }), `termination: ${what}`);
          assert.doesNotThrow(() => node.receive({ action: "configure", payload: value }), `configure: ${what}`);
        }
        await pause(50);
        assert.deepEqual(thrown, []);
      } finally {
        process.off("unhandledRejection", note);
      }
      if (id !== "stt") return;
      node.receive({ action: "stop" });
      node.receive({ payload: recording("librivox_0880"), first: true });
      const { payload } = await finals.next(({ payload: text }) => String(text).includes("ill disposed"));
      assert.equal(payload, "He was not an ill disposed young man.");
    });
  }
});
