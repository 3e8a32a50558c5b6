import assert from "node:assert/strict";
import { ExampleFunction } from "../../support/example-function";

const FLOORS = ["ground", "first", "attic"];

/** A worker, and what the broker keeps of all of them. */
class Worker {
  private readonly held: Record<string, unknown> = {};
  private readonly code: ExampleFunction;
  readonly subscribed = new Set<string>();

  constructor(readonly name: string) {
    const env = { WORKER: name, WORKERS: "workers/1,workers/2", FLOORS: FLOORS.join(","), FILTER: "rooms/%/+/audio" };
    this.code = new ExampleFunction("18-which-floors-are-mine.js", env);
    this.code.flow.set("held", this.held);
  }

  /** What the change node keeps of a message. */
  learn(worker: string, holds: unknown): void {
    this.held[worker] = holds;
  }

  /** @returns what it publishes of itself, if anything */
  decide(msg: Record<string, unknown> = {}): string[] | undefined {
    const [[subscriptions, published]] = this.code.receive(msg) as [[{ action: string; topic: unknown }[], { payload: string[] } | null]];
    for (const { action, topic } of subscriptions) {
      if (action === "subscribe") this.subscribed.add((topic as { topic: string }).topic);
      else assert.ok(this.subscribed.delete(topic as string), `${String(topic)} was not subscribed to`);
    }
    return published?.payload;
  }
}

describe("example 18: which floors are mine", () => {
  let one: Worker;
  let two: Worker;

  beforeEach(() => {
    one = new Worker("workers/1");
    two = new Worker("workers/2");
  });

  /** What one worker publishes reaches both, until nobody has anything to say any more. */
  function talk(first: Worker, msg: Record<string, unknown> = {}): void {
    let said: [Worker, string[] | undefined][] = [[first, first.decide(msg)]];
    for (let round = 0; said.length > 0; round++) {
      assert.ok(round < 10, "they never come to an end");
      const next: typeof said = [];
      for (const [speaker, floors] of said) {
        if (floors === undefined) continue;
        for (const worker of [one, two]) {
          worker.learn(speaker.name, floors);
          next.push([worker, worker.decide()]);
        }
      }
      said = next;
    }
  }

  function isBorn(worker: Worker): void {
    for (const each of [one, two]) each.learn(worker.name, []);
    talk(worker);
  }

  /** The broker publishes its will; it is started anew and knows only what the broker keeps. */
  function dies(worker: Worker): Worker {
    const other = worker === one ? two : one;
    other.learn(worker.name, null);
    const reborn = new Worker(worker.name);
    if (worker === one) one = reborn;
    else two = reborn;
    return other;
  }

  const floorsOf = (worker: Worker) => FLOORS.filter((floor) => worker.subscribed.has(`rooms/${floor}/+/audio`));

  it("gives each floor to its own worker", () => {
    isBorn(one);
    assert.deepEqual(floorsOf(one), FLOORS, "alone it has all");
    two.learn("workers/1", FLOORS);
    isBorn(two);
    assert.deepEqual([floorsOf(one), floorsOf(two)], [FLOORS, []], "and keeps them until it hands back");
    talk(one, { handBack: true });
    assert.deepEqual([floorsOf(one), floorsOf(two)], [["ground", "attic"], ["first"]]);
  });

  it("takes over what a worker leaves that dies, and hands back only when told to", () => {
    isBorn(one);
    two.learn("workers/1", FLOORS);
    isBorn(two);
    talk(one, { handBack: true });
    talk(dies(one));
    assert.deepEqual(floorsOf(two), FLOORS);
    one.learn("workers/2", FLOORS);
    isBorn(one);
    assert.deepEqual([floorsOf(one), floorsOf(two)], [[], FLOORS]);
    talk(two, { handBack: true });
    assert.deepEqual([floorsOf(one), floorsOf(two)], [["ground", "attic"], ["first"]]);
  });

  it("says again what it holds when the broker has published its birth again, and one of two that hold a floor lets go", () => {
    isBorn(one);
    two.learn("workers/1", FLOORS);
    isBorn(two);
    two.learn("workers/1", null); // the connection of the first is lost, and the second takes all
    assert.deepEqual(two.decide(), FLOORS);
    assert.deepEqual(floorsOf(two), FLOORS);
    one.learn("workers/2", FLOORS);
    isBorn(one);
    assert.deepEqual([floorsOf(one), floorsOf(two)], [["ground", "attic"], ["first"]], "nobody hears a room twice");
  });

  it("publishes nothing where nothing has changed", () => {
    isBorn(one);
    assert.equal(one.decide(), undefined);
  });
});
