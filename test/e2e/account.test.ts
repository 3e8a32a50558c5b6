import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { startSimulator, type Simulator } from "../../simulator";
import { account, outputs, speechToText, start, tab } from "../support/flow-parts";
import { NodeRedProcess, root, type FlowNode } from "../support/node-red-process";
import { Random } from "../support/random";
import { until } from "../support/until";

interface SessionEvent {
  event: string;
  sessionId: string;
  topic?: string;
  payload: { reason: string; estimated: boolean; sessionSeconds: number; audioSeconds: number; startedAt: string };
}

interface Totals {
  sessions: number;
  sessionSeconds: number;
}

/** Node-RED's own defaults: its contexts are in memory. */
const SETTINGS = { nodesDir: [root] };

describe("the account of sessions, over the lives of a Node-RED", () => {
  let simulator: Simulator;
  let nodeRed: NodeRedProcess;
  let userDir: string;

  beforeEach(async () => {
    simulator = await startSimulator();
    userDir = mkdtempSync(join(tmpdir(), "node-red-account-"));
    nodeRed = await NodeRedProcess.start({ userDir, settings: SETTINGS });
    await nodeRed.deploy(flow());
  });
  afterEach(async () => {
    await nodeRed.stop();
    await simulator.close();
    rmSync(userDir, { recursive: true, force: true });
  });

  /** Every session event is written to a file, which no life of Node-RED takes with it. */
  const flow = (more: object = {}, session: string[] = []): FlowNode[] => {
    const place = { z: "tab", x: 100, y: 100 };
    return [
      tab(),
      account(simulator.url),
      start("stt"),
      speechToText({ open: "command", silenceTimeout: 0, ...more }, ["line", ...session]),
      ...outputs(),
      { id: "line", type: "function", ...place, name: "", func: "return { payload: JSON.stringify(msg) };", outputs: 1, wires: [["file"]] },
      {
        id: "file",
        type: "file",
        ...place,
        name: "",
        filename: join(userDir, "events.txt"),
        filenameType: "str",
        appendNewline: true,
        createDir: false,
        overwriteFile: "false",
        encoding: "none",
        wires: [[]],
      },
    ];
  };

  /** What was written down, in all lives. */
  function lines<Line>(): Line[] {
    const file = join(userDir, "events.txt");
    if (!existsSync(file)) return [];
    return readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Line);
  }

  function events(): SessionEvent[] {
    return lines<SessionEvent>().filter(({ event }) => event !== undefined);
  }

  const terminations = () => events().filter(({ event }) => event === "termination");

  /** A session is open, and its begin is written down. */
  async function openSession(index: number): Promise<string> {
    await nodeRed.inject("start");
    const session = await simulator.session(index);
    await until("its begin", () => events().some(({ event, sessionId }) => event === "begin" && sessionId === session.id), 10_000);
    return session.id;
  }

  async function startAgain(): Promise<void> {
    nodeRed = await NodeRedProcess.start({ userDir, settings: SETTINGS, keepFlow: true });
  }

  /** What was owed has come, and nothing follows. */
  async function assertExactlyOne(sessionIds: string[]): Promise<void> {
    await until("the terminations", () => terminations().length >= sessionIds.length, 10_000);
    await pause(500);
    assert.deepEqual(
      events()
        .filter(({ event }) => event === "begin")
        .map(({ sessionId }) => sessionId),
      sessionIds,
    );
    assert.deepEqual(
      terminations().map(({ sessionId }) => sessionId),
      sessionIds,
    );
  }

  it("emits the termination of a session that a crash ended when it starts again, once", async () => {
    const id = await openSession(0);
    await nodeRed.stop("SIGKILL");
    assert.equal(terminations().length, 0);
    await startAgain();
    await assertExactlyOne([id]);
    const { reason, estimated, sessionSeconds, startedAt } = terminations()[0]?.payload ?? assert.fail();
    assert.deepEqual([reason, estimated], ["crash", true]);
    // The book is refreshed every 10 s: a crash may cost it that much.
    assert.ok(sessionSeconds >= 0 && sessionSeconds < 3, `${sessionSeconds} s`);
    assert.ok(Date.now() - Date.parse(startedAt) < 60_000);

    assert.equal(await nodeRed.stop(), 0);
    await startAgain();
    await assertExactlyOne([id]);
  });

  it("emits the termination of a session that SIGTERM ended when it starts again, with the server's own figures", async () => {
    const id = await openSession(0);
    await pause(1200);
    assert.equal(await nodeRed.stop("SIGTERM"), 0);
    const { record } = await simulator.session(0);
    assert.ok(record.terminateAt !== undefined);
    await startAgain();
    await assertExactlyOne([id]);
    const { reason, estimated, sessionSeconds } = terminations()[0]?.payload ?? assert.fail();
    assert.deepEqual([reason, estimated], ["redeploy", false]);
    assert.equal(sessionSeconds, record.billedSeconds(0));
  });

  it("emits one for each begin over deploys, a restart and a crash", async () => {
    const ids = [await openSession(0)];
    await nodeRed.deploy(flow());
    ids.push(await openSession(1));
    await nodeRed.deploy(flow({ silenceTimeout: 100 }), "nodes");
    ids.push(await openSession(2));
    assert.equal(await nodeRed.stop("SIGTERM"), 0);
    await startAgain();
    ids.push(await openSession(3));
    await nodeRed.stop("SIGKILL");
    await startAgain();
    await assertExactlyOne(ids);
    assert.deepEqual(
      terminations().map(({ payload }) => payload.reason),
      ["redeploy", "redeploy", "redeploy", "crash"],
    );
  });

  it("counts what was spent before a crash against the day's budget", async () => {
    const seconds = 3;
    await nodeRed.deploy(flow({ budgetUsd: (seconds * 0.45) / 3600 }));
    await openSession(0);
    await until("the budget's end", () => terminations().length > 0, 10_000);
    assert.equal(terminations()[0]?.payload.reason, "budget");
    await nodeRed.stop("SIGKILL");
    await startAgain();
    await nodeRed.inject("start");
    await until("the error", () => nodeRed.shown("error").length > 0, 10_000);
    assert.equal((nodeRed.shown("error")[0] as { code: string }).code, "AAI_BUDGET");
    // The service counts whole seconds from Begin on: by its count a moment may be left for another session.
    const { billedSeconds } = simulator.ledger.state;
    assert.ok(billedSeconds <= seconds + 1, `${billedSeconds} s`);
    await until("its termination", () => terminations().length === simulator.ledger.state.sessions, 10_000);
  });

  it("gives a termination for each begin over 20 kills, and the stats count what the service has in its ledger", async () => {
    const stop = { ...start("stt"), id: "stop", name: "stop", props: [{ p: "action", v: "stop", vt: "str" }] };
    const stats: FlowNode[] = [
      stop,
      {
        id: "stats",
        type: "assemblyai-termination-stats",
        z: "tab",
        x: 100,
        y: 100,
        name: "",
        rate: "",
        resetDaily: false,
        wires: [["line"]],
      },
    ];
    await nodeRed.deploy([...flow({}, ["stats"]), ...stats]);
    const random = new Random(1);
    for (let kill = 0; kill < 20; kill++) {
      await nodeRed.inject("start");
      const session = await simulator.session(kill);
      if (kill % 5 === 0) {
        // This one ends in order, with the service's own figures.
        await pause(random.whole(1600, 2400));
        await nodeRed.inject("stop");
        await session.closed;
      }
      // At any moment from Begin, or from the end, on: before it is written down, before the flow has it, or later.
      await pause(random.whole(0, 800));
      await nodeRed.stop("SIGKILL");
      await startAgain();
    }
    const begun = () => new Set(events().flatMap(({ event, sessionId }) => (event === "begin" ? [sessionId] : [])));
    const counted = () => lines<{ payload: { totals?: Totals } }>().findLast(({ payload }) => payload.totals)?.payload.totals;
    const ended = () => new Set(terminations().map(({ sessionId }) => sessionId));
    await until("a termination for each begin", () => [...begun()].every((id) => ended().has(id)), 20_000);
    await until("the stats", () => counted()?.sessions === ended().size, 10_000);
    const twice = terminations().length - ended().size;
    assert.ok(twice <= 20, `${twice} came twice`);
    assert.ok(begun().size >= 5, `${begun().size} begins`);
    const told = new Map(terminations().map(({ sessionId, payload }) => [sessionId, payload]));
    const known = new Map(simulator.sessions.map((session) => [session.id, session.billedSeconds]));
    for (const [id, { reason, sessionSeconds }] of told) {
      const billed = known.get(id) ?? assert.fail("the service knows each of them");
      if (reason === "stop") assert.equal(sessionSeconds, billed);
      // What a crash ends is known by figures of at most 10 s before.
      else assert.ok(sessionSeconds <= billed + 1, `${reason}: ${sessionSeconds} s told, ${billed} s in the ledger`);
    }
    const inOrder = [...told.values()].filter(({ reason }) => reason === "stop");
    assert.ok(inOrder.length >= 1 && inOrder.every(({ sessionSeconds }) => sessionSeconds >= 1));
    const sum = [...told.values()].reduce((total, { sessionSeconds }) => total + sessionSeconds, 0);
    const { sessionSeconds = 0 } = counted() ?? {};
    assert.ok(Math.abs(sessionSeconds - sum) < 0.01, `the stats have ${sessionSeconds} s, the terminations ${sum} s`);
    console.log(`      20 kills: ${begun().size} begins, ${ended().size} terminations, ${twice} of them twice`);
  }).timeout(240_000);
});
