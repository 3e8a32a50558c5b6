import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { startSimulator, type Simulator, type SimulatorSession } from "../../simulator";
import { account, outputs, speechToText, start, tab } from "../support/flow-parts";
import { NodeRedProcess, root, type FlowNode } from "../support/node-red-process";
import { Random } from "../support/random";
import { until } from "../support/until";

interface SessionEvent {
  /** when it was written down: ms since the epoch */
  at: number;
  event: string;
  sessionId: string;
  topic?: string;
  payload: { reason: string; estimated: boolean; sessionSeconds: number; audioSeconds: number; startedAt: string };
}

interface Totals {
  sessions: number;
  sessionSeconds: number;
}

/** A kill, in ms since the epoch: when the signal was sent, and when the process had gone. */
interface Kill {
  sentAt: number;
  goneAt: number;
}

/** The book marks a termination as sent 250 ms after it was sent; as long again for a busy machine, and for its disk. */
const MARKED_WITHIN_MS = 500;
/** The book writes the figures of a running session every 10 s. */
const REFRESH_SECONDS = 10;
const KILLS = 20;
/** The kills that come right after the service's Begin. */
const isEarly = (kill: number) => kill % 5 === 1;
/** The kills that come as what was owed goes out: 5 s after the start, which is why they are few. */
const isAtOwed = (kill: number) => kill === 7 || kill === 14 || kill === 17;
/** The kill that meets a session whose figures have been refreshed. */
const LATE_KILL = 12;

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
      {
        id: "line",
        type: "function",
        ...place,
        name: "",
        func: "return { payload: JSON.stringify({ ...msg, at: Date.now() }) };",
        outputs: 1,
        wires: [["file"]],
      },
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

  const idsOf = (kind: string) => new Set(events().flatMap(({ event, sessionId }) => (event === kind ? [sessionId] : [])));

  /** Waits for the moment of a kill, in a session that has been started. */
  async function lastUntil(kill: number, session: SimulatorSession, random: Random): Promise<void> {
    if (isEarly(kill)) {
      // Before the begin is written down, before the flow has it, or just then.
      await until("its Begin", () => session.record.begunAt !== undefined);
      return pause(random.whole(0, 60));
    }
    await until("its begin", () => idsOf("begin").has(session.id), 10_000);
    if (kill % 5 === 0) {
      // This one ends in order, with the service's own figures; the crash comes at any moment from its end on.
      await pause(random.whole(1600, 2400));
      await nodeRed.inject("stop");
      await session.closed;
      return pause(random.whole(0, 600));
    }
    if (isAtOwed(kill)) {
      const owed = () => [...idsOf("begin")].filter((id) => id !== session.id && !idsOf("termination").has(id));
      await until("what was owed", () => owed().length === 0, 15_000);
    }
    await pause(kill === LATE_KILL ? 1000 * REFRESH_SECONDS + 2500 : random.whole(0, MARKED_WITHIN_MS));
  }

  it("gives a termination for each begin over 20 kills, and the stats count what the service has in its ledger", async () => {
    const stop = { ...start("stt"), id: "stop", name: "stop", props: [{ p: "action", v: "stop", vt: "str" }] };
    const place = { z: "tab", x: 100, y: 100 };
    const stats = { id: "stats", type: "assemblyai-termination-stats", ...place, name: "", rate: "", resetDaily: false, wires: [["line"]] };
    await nodeRed.deploy([...flow({}, ["stats"]), stop, stats]);
    const random = new Random(1);
    const kills: Kill[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      await nodeRed.inject("start");
      await lastUntil(kill, await simulator.session(kill), random);
      const sentAt = Date.now();
      await nodeRed.stop("SIGKILL");
      kills.push({ sentAt, goneAt: Date.now() });
      await startAgain();
    }
    const begun = idsOf("begin");
    await until("a termination for each begin", () => [...begun].every((id) => idsOf("termination").has(id)), 20_000);
    await pause(1000);
    const ended = idsOf("termination");

    // The flow knows each session that the service knows, but for those that a crash met before they were on disk.
    assert.deepEqual([simulator.ledger.state.sessions, simulator.ledger.state.open], [KILLS, 0]);
    const billed = new Set(simulator.sessions.map(({ id }) => id));
    for (const id of [...begun, ...ended]) assert.ok(billed.has(id), `the service knows ${id}`);
    simulator.sessions.forEach(({ id }, kill) => assert.ok((begun.has(id) && ended.has(id)) || isEarly(kill), `kill ${kill} is told of`));
    assert.ok(begun.size >= 16, `${begun.size} begins`);

    // Twice only where a crash fell between sending and marking, and the same then.
    let twice = 0;
    for (const id of ended) {
      const told = terminations().filter(({ sessionId }) => sessionId === id);
      for (const { at, payload } of told.slice(0, -1)) {
        const isUnmarked = kills.some(({ sentAt, goneAt }) => at <= goneAt && sentAt - at < MARKED_WITHIN_MS);
        assert.ok(isUnmarked, `${id} came again, though no crash came right after it`);
        assert.deepEqual(payload, told.at(-1)?.payload);
        twice++;
      }
    }

    const payloads = new Map(terminations().map(({ sessionId, payload }) => [sessionId, payload]));
    simulator.sessions.forEach(({ id, record, billedSeconds }, kill) => {
      const { reason, estimated, sessionSeconds } = payloads.get(id) ?? { reason: "untold", estimated: true, sessionSeconds: 0 };
      const seconds = ((record.closedAt ?? NaN) - (record.begunAt ?? NaN)) / 1000;
      const about = `kill ${kill}, ${reason}: ${sessionSeconds} s told, ${seconds} s in the ledger`;
      assert.equal(estimated, reason !== "stop", about);
      if (reason === "stop") return assert.equal(sessionSeconds, billedSeconds, about);
      // What a crash ends is known by the newest figures on disk. The last refresh has had a second to get there.
      const refreshes = Math.floor((seconds - 1) / REFRESH_SECONDS);
      assert.ok(sessionSeconds >= refreshes * REFRESH_SECONDS - 0.1 && sessionSeconds <= seconds + 0.5, about);
    });
    const late = simulator.sessions[LATE_KILL] as SimulatorSession;
    assert.ok(late.billedSeconds >= REFRESH_SECONDS + 2, `${late.billedSeconds} s`);
    const inOrder = [...payloads.values()].filter(({ reason }) => reason === "stop");
    assert.ok(inOrder.length >= 2 && inOrder.every(({ sessionSeconds }) => sessionSeconds >= 1), `${inOrder.length} ended in order`);

    // Once each, whichever came twice.
    const counted = lines<{ payload: { totals?: Totals } }>().findLast(({ payload }) => payload.totals)?.payload.totals;
    const sum = [...payloads.values()].reduce((total, { sessionSeconds }) => total + sessionSeconds, 0);
    assert.equal(counted?.sessions, ended.size);
    assert.ok(Math.abs(counted.sessionSeconds - sum) < 0.01, `the stats have ${counted.sessionSeconds} s, the terminations ${sum} s`);
    console.log(`      ${KILLS} kills: ${begun.size} begins, ${ended.size} terminations, ${twice} of them twice`);
  })
    .timeout(240_000)
    .retries(0);
});
