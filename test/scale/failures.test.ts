import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import type { Room } from "../support/room";
import type { RecordingName } from "../support/spoken";
import { Site } from "./site";

const SENTENCES: readonly RecordingName[] = [
  "librivox_0870",
  "librivox_0880",
  "librivox_0930",
  "librivox_0870",
  "librivox_0880",
  "librivox_0930",
];
const NAMES = ["ground/kitchen", "ground/hall", "first/bath", "first/bedroom"];
/** Everyone is in the middle of a sentence then. */
const MIDDLE_MS = 9000;

describe("one worker, and what fails", () => {
  let site: Site;

  beforeEach(async () => {
    site = await Site.open("mosquitto");
  });
  afterEach(() => site.close());

  const play = (rooms: readonly Room[], recordings = SENTENCES) =>
    Promise.all(rooms.map((room, i) => room.play([...recordings.slice(i), ...recordings.slice(0, i)])));

  /** Each begin has its termination, once, at the other end of the broker. */
  function assertAccounted(): void {
    const ids = (event: string) => site.listener.of(event).map(({ sessionId }) => sessionId);
    assert.deepEqual(ids("termination").toSorted(), ids("begin").toSorted());
    assert.equal(new Set(ids("begin")).size, ids("begin").length);
  }

  function report(what: string): void {
    console.log(`      ${what}: ${site.wordErrors} of ${site.words} words lost`);
  }

  it("hears eight rooms at once: every word right, and the samples bit by bit", async () => {
    await site.start(site.hub());
    const rooms = await site.open([...NAMES, "attic/study", "attic/store", "cellar/bar", "cellar/garage"]);
    await play(rooms, SENTENCES.slice(0, 4));
    await site.untilQuiet();
    report("eight rooms");
    assert.equal(site.wordErrors, 0);
    assertAccounted();
    const sent = rooms.map((room) => Buffer.concat(room.sent));
    const { heard } = site;
    for (const audio of heard)
      assert.ok(
        sent.some((all) => all.includes(audio)),
        "samples that no room has sent",
      );
    assert.ok(heard.length >= rooms.length);
  });

  it("goes on after the broker was killed and restarted in mid-sentence", async () => {
    await site.start(site.hub());
    const rooms = await site.open(NAMES);
    const talk = play(rooms);
    await pause(MIDDLE_MS);
    const heard = NAMES.map((name) => site.listener.textOf(`rooms/${name}`).length);
    await site.broker.kill();
    await pause(300);
    await site.broker.run();
    await talk;
    await site.untilQuiet();
    report("broker killed, back after 0.3 s");
    NAMES.forEach((name, i) => assert.ok(site.listener.textOf(`rooms/${name}`).length > (heard[i] ?? 0), `${name} is heard again`));
    assert.ok(site.wordErrors < site.words / 3);
    assert.equal(site.simulator.ledger.state.open, 0);
  });

  it("says at the subscriber's end how each session ended that SIGTERM ended, and listens again", async () => {
    const userDir = site.folder();
    const worker = await site.start(site.hub(), { userDir });
    const rooms = await site.open(NAMES);
    const talk = play(rooms);
    await pause(MIDDLE_MS);
    assert.equal(site.simulator.ledger.state.open, NAMES.length);
    assert.equal(await worker.stop("SIGTERM"), 0);
    assert.equal(site.simulator.ledger.state.open, 0, "nothing is left open while it is down");
    await site.start([], { userDir });
    await talk;
    await site.untilQuiet();
    report("worker SIGTERM, started again at once");
    assertAccounted();
    assert.equal(site.listener.of("termination").filter(({ payload }) => payload["reason"] === "redeploy").length, NAMES.length);
  });

  it("says so after SIGKILL, too", async () => {
    const userDir = site.folder();
    const worker = await site.start(site.hub(), { userDir });
    const rooms = await site.open(NAMES);
    const talk = play(rooms);
    await pause(MIDDLE_MS);
    await worker.stop("SIGKILL");
    await site.start([], { userDir });
    await talk;
    await site.untilQuiet();
    report("worker SIGKILL, started again at once");
    const crashed = site.listener.of("termination").filter(({ payload }) => payload["reason"] === "crash");
    assert.equal(new Set(crashed.map(({ sessionId }) => sessionId)).size, NAMES.length);
    const ended = new Set(site.listener.of("termination").map(({ sessionId }) => sessionId));
    for (const { sessionId } of site.listener.of("begin")) assert.ok(ended.has(sessionId), sessionId);
  });

  it("hangs up by itself when a satellite dies", async () => {
    await site.start(site.hub());
    const [kitchen, hall] = await site.open(NAMES.slice(0, 2));
    const talk = play([kitchen, hall].filter((room) => room !== undefined));
    await pause(MIDDLE_MS);
    const died = performance.now();
    kitchen?.die();
    await talk;
    await site.untilQuiet();
    const end = site.listener.of("termination").find(({ topic, at }) => topic === "rooms/ground/kitchen/audio" && at > died);
    assert.ok(end, "its session has ended");
    console.log(`      satellite dies: its session ends ${((end.at - died) / 1000).toFixed(1)} s later`);
    assert.ok(end.at - died < 10_000);
    assert.equal(hall?.errorsIn(site.listener.textOf(hall.name)), 0, "the other room lost nothing");
    assertAccounted();
  });
});
