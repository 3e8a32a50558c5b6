import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeBookFile } from "../../../nodes/lib/billing/book-file";
import { SessionBook, type BookedSession } from "../../../nodes/lib/billing/session-book";
import { FakeClock } from "../../support/fake-clock";
import { FakeDisk, type Luck } from "../../support/fake-disk";

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("book file", () => {
  let userDir: string;
  beforeEach(() => (userDir = mkdtempSync(join(tmpdir(), "book-"))));
  afterEach(() => rmSync(userDir, { recursive: true, force: true }));

  it("is a file of the user's own below the user directory, one for each node and kind @posix", async () => {
    const file = nodeBookFile(userDir, "sessions", "f6f2187d.f17ca8");
    assert.equal(await file.read(), "");
    await file.replace("one\n");
    await file.append("two\n");
    assert.equal(await file.read(), "one\ntwo\n");
    await file.replace("three\n");
    assert.equal(await file.read(), "three\n");
    await nodeBookFile(userDir, "sessions", "b4e0f1c2d3a49586").replace("");
    await nodeBookFile(userDir, "stats", "b4e0f1c2d3a49586").replace("");
    const names = readdirSync(join(userDir, "assemblyai")).sort();
    assert.deepEqual(
      names.filter((name) => name.includes("b4e0")),
      ["sessions-b4e0f1c2d3a49586.jsonl", "stats-b4e0f1c2d3a49586.jsonl"],
    );
    assert.equal(names.length, 3);
    assert.equal(statSync(join(userDir, "assemblyai", names[0] as string)).mode & 0o777, 0o600);
  });

  it("takes any id of a node, without leaving its folder", async () => {
    const ids = ["", ".", "..", "../x", "a/b", "a\\b", "A", "a", "con", "\0", "x".repeat(5000), "🎙"];
    for (const [index, id] of ids.entries()) await nodeBookFile(userDir, "sessions", id).replace(`${index}`);
    for (const [index, id] of ids.entries()) assert.equal(await nodeBookFile(userDir, "sessions", id).read(), `${index}`);
    assert.deepEqual(readdirSync(userDir), ["assemblyai"]);
    const names = readdirSync(join(userDir, "assemblyai"));
    assert.equal(new Set(names.map((name) => name.toLowerCase())).size, ids.length);
  });

  it("does not go on in a file that someone has deleted", async () => {
    const file = nodeBookFile(userDir, "sessions", "a");
    await file.replace("one\n");
    rmSync(join(userDir, "assemblyai"), { recursive: true });
    await assert.rejects(file.append("two\n"), { code: "ENOENT" });
    await file.replace("one\ntwo\n");
    assert.equal(await file.read(), "one\ntwo\n");
  });

  it("says what keeps it from being read or written @posix", async () => {
    writeFileSync(join(userDir, "assemblyai"), "a file where the folder should be");
    const file = nodeBookFile(userDir, "sessions", "a");
    await assert.rejects(file.read(), /ENOTDIR/);
    await assert.rejects(file.replace("x"), /EEXIST|ENOTDIR/);
    rmSync(join(userDir, "assemblyai"));
    mkdirSync(join(userDir, "assemblyai/sessions-a.jsonl"), { recursive: true });
    await assert.rejects(file.read(), /EISDIR/);
    await assert.rejects(file.replace("x"));
  });

  it("leaves what was there where a replacement is cut off", async () => {
    const file = nodeBookFile(userDir, "sessions", "a");
    await file.replace("one\n");
    const path = join(userDir, "assemblyai/sessions-a.jsonl");
    writeFileSync(`${path}.new`, "half a li");
    assert.equal(await file.read(), "one\n");
    chmodSync(path, 0o600);
    await file.replace("two\n");
    assert.equal(readFileSync(path, "utf8"), "two\n");
    assert.deepEqual(readdirSync(join(userDir, "assemblyai")), ["sessions-a.jsonl"]);
  });
});

/** What a flow has been sent, over the lives of its node. */
class Flow {
  readonly begins: string[] = [];
  readonly terminations: string[] = [];
  /** whose termination is marked as sent, on the disk */
  readonly marked = new Set<string>();
}

const SECONDS = 7;
const summary = (sessionId: string): BookedSession["summary"] => ({
  sessionId,
  reason: "silence",
  audioSeconds: 1,
  sessionSeconds: SECONDS,
  turns: 1,
  words: 2,
  model: "universal-3-6-pro",
  costUsd: 0.000875,
  startedAt: "2026-11-20T12:00:00.000Z",
  endedAt: "2026-11-20T12:00:07.000Z",
  estimated: false,
});

/** One life of a node with three sessions, two of them at once; the flow is told what is on the disk, and not before. */
async function live(disk: FakeDisk, name: string, flow: Flow): Promise<SessionBook> {
  const clock = new FakeClock();
  const book = new SessionBook(clock, nodeBookFile("/user", "sessions", "node", disk), {
    failed: (error) => assert.fail(error),
    damaged: () => undefined,
  });
  const terminate = (sessionId: string) => {
    flow.terminations.push(sessionId);
    book.sent(sessionId);
  };
  const begin = async (sessionId: string) => {
    await book.begun(sessionId, { summary: () => summary(sessionId), topic: undefined, rate: 0.45 });
    flow.begins.push(sessionId);
  };
  const end = async (sessionId: string) => {
    await book.terminated(summary(sessionId), undefined, 0.45);
    terminate(sessionId);
  };
  const mark = async (...sessionIds: string[]) => {
    clock.advance(250);
    await begin(`${name}-after-${sessionIds[0]}`); // written together with the marks, or after them
    for (const id of sessionIds) flow.marked.add(id);
  };
  await book.open();
  for (const owed of book.takeOwed()) terminate(owed.summary.sessionId);
  await Promise.all([begin(`${name}-a`), begin(`${name}-b`)]);
  await end(`${name}-a`);
  await mark(`${name}-a`);
  await end(`${name}-b`);
  await book.close();
  return book;
}

/** Lives until it is over, or the power is cut. */
async function liveUntilCut(disk: FakeDisk, name: string, flow: Flow): Promise<SessionBook | undefined> {
  const cut = async () => {
    for (let turns = 0; turns < 10; turns++) await settled();
    return undefined;
  };
  return Promise.race([live(disk, name, flow), cut()]);
}

describe("session book on a disk whose power is cut", () => {
  for (const luck of [undefined, "none", "half", "all"] as (Luck | undefined)[]) {
    it(`sends a termination for each begin, wherever it is cut; ${luck === undefined ? "kill -9" : `power cut, of what was not synced ${luck} is left`}`, async () => {
      const whole = new FakeDisk();
      assert.ok(await liveUntilCut(whole, "x", new Flow()), "without a cut it comes to its end");
      for (let first = 1; first <= whole.calls; first++) {
        for (const second of [Infinity, ...Array.from({ length: 12 }, (_, index) => index + 1)]) {
          const where = `cut at call ${first}, then at ${second}`;
          const flow = new Flow();
          const disk = new FakeDisk(first);
          assert.equal(await liveUntilCut(disk, "one", flow), undefined, where);
          const marked = new Set(flow.marked);
          const next = disk.restarted(luck, second);
          const told = new Set(flow.terminations);
          await liveUntilCut(next, "two", flow);
          const last = next.restarted(luck);
          const book = await liveUntilCut(last, "three", flow);
          assert.ok(book, where);
          for (const id of flow.begins.filter((begun) => !begun.includes("three-after"))) {
            const times = flow.terminations.filter((sessionId) => sessionId === id).length;
            assert.ok(times >= 1, `${where}: ${id} has no termination`);
            assert.ok(!marked.has(id) || times === 1, `${where}: ${id} was marked, and came ${times} times`);
            if (second === Infinity) assert.ok(times <= (told.has(id) ? 2 : 1), `${where}: ${id} came ${times} times`);
          }
          const counted = book.today.filter(({ summary: { sessionId } }) => flow.begins.includes(sessionId)).length;
          assert.equal(counted, new Set(flow.begins).size, `${where}: each is counted once against the budget`);
        }
      }
    }).timeout(60_000);
  }
});
