import assert from "node:assert/strict";
import { SpeechToText } from "../../../nodes/lib/speech-to-text/speech-to-text";
import { readStreamingSettings } from "../../../nodes/lib/speech-to-text/settings";
import type { AaiError } from "../../../nodes/lib/common/errors";
import { FakeClock } from "../../support/fake-clock";
import { FakeService } from "../../support/fake-service";
import { FakeVoiceDetector } from "../../support/fake-voice-detector";
import { MemoryBook } from "../../support/memory-book";

const KEY = "0123456789abcdef0123456789abcdef";
const settled = () => new Promise((resolve) => setImmediate(resolve));

class Node {
  readonly service = new FakeService();
  /** what left it, in order: `begin a`, `final Hello.`, … */
  readonly left: string[] = [];
  readonly messages: Record<string, unknown>[] = [];
  readonly errors: AaiError[] = [];
  readonly engine: SpeechToText;
  sendThrows = false;

  constructor(
    properties: Record<string, unknown> = {},
    readonly book = new MemoryBook(),
    readonly clock = new FakeClock(),
    apiKey = "key",
  ) {
    const { errors } = this;
    this.engine = new SpeechToText(
      {
        clock,
        connect: this.service.connect,
        account: () => ({ url: "ws://127.0.0.1/v3/ws", apiKey }),
        settings: readStreamingSettings({ open: "command", silenceTimeout: 0, ...properties }),
        book,
        texts: {
          status: (key) => key,
          number: String,
          errorText: (error) => error.message,
          error: (error) => error,
        },
        voiceDetector: () => new FakeVoiceDetector(),
      },
      {
        sendFinal: (message) => this.leave(`final ${message.payload}`),
        sendPartial: (message) => this.leave(`partial ${message.payload}`),
        sendEvent: (message) => {
          this.messages.push(message);
          this.leave(`${message.event} ${message.sessionId ?? ""}`.trim());
        },
        eventsArrive: () => true,
        error: (error) => errors.push(error),
        warn: (error) => errors.push(error),
        show: () => undefined,
      },
    );
  }

  static async start(properties: Record<string, unknown> = {}, book?: MemoryBook, clock?: FakeClock, apiKey?: string): Promise<Node> {
    const node = new Node(properties, book, clock, apiKey);
    await node.engine.start();
    return node;
  }

  private leave(what: string): void {
    this.left.push(what);
    if (this.sendThrows) throw new Error("a flow's");
  }

  begin(id: string): void {
    this.engine.input({ action: "start" });
    this.service.last.begin(id);
  }
}

describe("speech to text", () => {
  it("emits nothing of a session before it is on disk, and everything in order then", async () => {
    const node = await Node.start();
    node.begin("a");
    node.service.last.turn(0, "Hel", false);
    node.service.last.turn(0, "Hello.", true);
    assert.deepEqual(node.left, []);
    assert.ok(!node.book.text.includes('"a"'));
    await settled();
    assert.ok(node.book.text.includes('"a"'));
    assert.deepEqual(node.left, ["begin a", "partial Hel", "final Hello."]);
    node.service.last.turn(1, "Now.", true);
    assert.equal(node.left.at(-1), "final Now.", "nothing waits: at once");
  });

  it("emits messages that the engine does not use as events, in order with the turns, as received but without the key", async () => {
    const node = await Node.start({ open: "speech", perTopic: true }, undefined, undefined, KEY);
    node.engine.input({ action: "start", topic: "kitchen" });
    node.service.last.begin("a");
    const started = { type: "SpeechStarted", timestamp: 640, confidence: 0.96 };
    node.service.last.receive(started);
    node.service.last.turn(0, "Hello.", true);
    node.service.last.receive({ type: "Budget", heard: `in ${KEY}`, [KEY]: [KEY] });
    await settled();
    assert.deepEqual(node.left, ["begin a", "speech-started a", "final Hello.", "server-budget a"]);
    const common = { sessionId: "a", topic: "kitchen", listening: true };
    assert.deepEqual(node.messages[1], { event: "speech-started", payload: started, ...common });
    assert.deepEqual(node.messages[2]?.["payload"], { type: "Budget", heard: "in …", "…": ["…"] });
  });

  it("goes on where a flow throws in the face of a message", async () => {
    const node = await Node.start();
    node.sendThrows = true;
    node.begin("a");
    node.service.last.turn(0, "Hello.", true);
    await settled();
    assert.deepEqual(node.left, ["begin a", "final Hello."]);
    assert.deepEqual(new Set(node.errors.map(({ code }) => code)), new Set(["AAI_INTERNAL"]));
  });

  it("emits what an earlier life owes 5 s after the start, once, and says nothing of who listens", async () => {
    const first = await Node.start();
    first.begin("a");
    await settled();
    const { book, clock } = first;
    const node = await Node.start({}, new MemoryBook(book.text), clock);
    clock.advance(4_999);
    await settled();
    assert.deepEqual(node.left, []);
    clock.advance(1);
    await settled();
    assert.deepEqual(node.left, ["termination a"]);
    const [{ payload, listening } = {}] = node.messages;
    assert.deepEqual([(payload as { reason: string }).reason, listening], ["crash", undefined]);
    clock.advance(250);
    await settled();
    const third = await Node.start({}, new MemoryBook(node.book.text), clock);
    clock.advance(5_000);
    await settled();
    assert.deepEqual(third.left, []);
  });

  it("begins each session with what was configured for its topic, also long after, and with the node's settings after {}", async () => {
    const node = await Node.start({ perTopic: true });
    const configure = (payload: object, topic?: string) => node.engine.input({ action: "configure", payload, topic });
    const begun = (topic: string): object[] => {
      node.engine.input({ action: "start", topic });
      const { last } = node.service.last.begin(topic) && node.service;
      node.engine.input({ action: "stop", topic });
      last.terminate();
      node.clock.advance(60_000);
      return last.messages.filter(({ type }) => type === "UpdateConfiguration");
    };
    configure({ keyterms: ["oven"], prompt: "a question" }, "kitchen");
    configure({ agent_context: "Shall I turn it on?" }, "kitchen");
    const update = { type: "UpdateConfiguration", keyterms_prompt: ["oven"], prompt: "a question", agent_context: "Shall I turn it on?" };
    assert.deepEqual([begun("kitchen"), begun("kitchen"), begun("hall")], [[update], [update], []]);
    assert.throws(() => configure({ prompt: 5 }, "kitchen"), { code: "AAI_CONFIGURE" });
    configure({}, "kitchen");
    assert.deepEqual(begun("kitchen"), []);
    configure({ mode: "balanced" });
    assert.deepEqual(begun("hall"), [{ type: "UpdateConfiguration", mode: "balanced" }]);
  });

  it("puts into the address what the service takes there only, and counts what it costs", async () => {
    const node = await Node.start({ options: { max_speakers: 3 } });
    const configure = (payload: object) => node.engine.input({ action: "configure", payload });
    configure({ speakerLabels: true, maxSpeakers: 2, prompt: "two people", llm_gateway: { model: "m", max_tokens: 5 } });
    node.begin("a");
    const { searchParams } = node.service.last.url;
    const parameters = ["speaker_labels", "max_speakers", "llm_gateway", "prompt"].map((name) => searchParams.get(name));
    assert.deepEqual(parameters, ["true", "2", '{"model":"m","max_tokens":5}', null]);
    assert.deepEqual(node.service.last.messages, [{ type: "UpdateConfiguration", prompt: "two people" }]);
    await settled();
    configure({ speakerLabels: false });
    assert.equal(node.service.last.messages.length, 1, "a running session does not take it");
    node.engine.input({ action: "stop" });
    node.service.last.terminate(3600, 3600);
    node.service.last.closed({ code: 1000, reason: "" });
    await settled();
    assert.equal((node.messages.at(-1)?.["payload"] as { costUsd: number } | undefined)?.costUsd, 0.57);
    node.begin("b");
    assert.equal(node.service.last.url.searchParams.get("speaker_labels"), "false");
    assert.throws(() => configure({ llm_gateway: { prompt: "ä".repeat(7900) } }), { code: "AAI_PROPERTY", message: /in the address/ });
  });

  it("leaves the termination of a session that a deploy ends to its successor; emits it itself where there is none", async () => {
    for (const removed of [false, true]) {
      const node = await Node.start();
      node.begin("a");
      await settled();
      const closing = node.engine.close(removed);
      node.service.last.terminate();
      node.service.last.closed({ code: 1000, reason: "" });
      await closing;
      assert.deepEqual(node.left, removed ? ["begin a", "termination a"] : ["begin a"]);
      if (removed) assert.equal(node.messages[1]?.["listening"], false);
      const next = await Node.start({}, node.book);
      next.clock.advance(5_000);
      await settled();
      assert.deepEqual(next.left, removed ? [] : ["termination a"]);
      assert.equal(node.clock.timers, 0);
    }
  });

  it("counts add-ons in the cost and in the budget, tells 80 and 100 %, and opens nothing more", async () => {
    const options = { speaker_labels: true, redact_pii: true };
    const node = await Node.start({ options, budgetUsd: 0.69, maxSession: 0 });
    node.begin("a");
    await settled();
    node.clock.advance(48 * 60_000);
    await settled();
    assert.deepEqual(node.left, ["begin a", "budget"]);
    node.clock.advance(12 * 60_000);
    node.service.last.terminate(3600, 3600);
    node.service.last.closed({ code: 1000, reason: "" });
    await settled();
    assert.deepEqual(node.left, ["begin a", "budget", "budget", "termination a"]);
    const [, low, high, end] = node.messages.map(({ payload, listening }): Record<string, unknown> => ({
      ...(payload as object),
      listening,
    }));
    assert.deepEqual([low?.["usedUsd"], low?.["budgetUsd"], high?.["usedUsd"]], [0.552, 0.69, 0.69]);
    assert.deepEqual([end?.["reason"], end?.["costUsd"], end?.["listening"]], ["budget", 0.69, false]);
    const connections = node.service.connections.length;
    node.engine.input({ action: "start" });
    assert.equal(node.service.connections.length, connections);

    const next = await Node.start({ options, budgetUsd: 0.69 }, new MemoryBook(node.book.text), node.clock);
    assert.throws(() => next.engine.input({ action: "start" }), { code: "AAI_BUDGET" });
    assert.deepEqual(next.service.connections, []);
  });

  it("counts what a session was asked for by properties, options and configure", async () => {
    const cases: [properties: Record<string, unknown>, configuration: object | undefined, costUsd: number][] = [
      [{ speakerLabels: true, redactPii: true }, undefined, 0.69],
      [{ voiceFocus: "near-field" }, undefined, 0.55],
      [{ redactPii: true, options: { redact_pii: false } }, undefined, 0.45],
      [{ model: "universal-streaming-english" }, { keyterms: ["Shelly"] }, 0.19],
      [{ model: "universal-streaming-english", keyterms: "Shelly" }, { formatTurns: true }, 0.19],
    ];
    for (const [properties, configuration, costUsd] of cases) {
      const node = await Node.start({ maxSession: 0, ...properties });
      node.begin("a");
      if (configuration) node.engine.input({ action: "configure", payload: configuration });
      await settled();
      node.clock.advance(3_600_000);
      assert.equal(node.engine.snapshot().spentUsd, costUsd, "while it runs");
      node.service.last.terminate(3600, 3600);
      node.service.last.closed({ code: 1000, reason: "" });
      await settled();
      const { payload } = node.messages.at(-1) ?? {};
      assert.equal((payload as { costUsd?: number }).costUsd, costUsd, JSON.stringify(properties));
    }
  });

  it("counts an add-on that was on for a while for the whole session, and not for the next", async () => {
    const node = await Node.start({ maxSession: 0, model: "universal-streaming-english" });
    for (const [id, configurations, costUsd] of [
      ["a", [["Shelly"], []], 0.19],
      ["b", [], 0.15],
    ] as const) {
      node.begin(id);
      for (const keyterms of configurations) node.engine.input({ action: "configure", payload: { keyterms } });
      await settled();
      node.engine.input({ action: "stop" });
      node.service.last.terminate(3600, 3600);
      node.service.last.closed({ code: 1000, reason: "" });
      await settled();
      assert.equal((node.messages.at(-1)?.["payload"] as { costUsd?: number } | undefined)?.costUsd, costUsd, id);
    }
  });

  it("warns of a parameter that is not known, in the options and in configure, once, and sends only those that are in the options", async () => {
    const node = await Node.start({ options: { spech_model: "x" } });
    assert.deepEqual(
      node.errors.map(({ code }) => code),
      ["AAI_PARAMETER"],
    );
    node.begin("a");
    assert.equal(node.service.last.url.searchParams.get("spech_model"), "x");
    node.engine.input({ action: "configure", payload: { mode: "balanced" } });
    for (let i = 0; i < 3; i++) node.engine.input({ action: "configure", payload: { promt: "x" } });
    node.engine.input({ action: "configure", payload: { promt: "x", prompt: "y" } });
    assert.deepEqual(
      node.errors.map(({ message }) => message.replace(/\? ?.*/, "")),
      ["spech_model is not known. Did you mean speech_model", "promt is not known and was not sent. Did you mean prompt"].map(
        (text) => `The parameter ${text}`,
      ),
    );
    const updates = [{ mode: "balanced" }, { prompt: "y" }].map((fields) => ({ type: "UpdateConfiguration", ...fields }));
    assert.deepEqual(node.service.last.messages, updates);
    node.engine.input({ action: "stop" });
    node.service.last.terminate();
    node.service.last.closed({ code: 1000, reason: "" });
    await settled();
    node.begin("b");
    assert.deepEqual(node.service.last.messages, [{ type: "UpdateConfiguration", mode: "balanced", prompt: "y" }]);
  });

  it("warns once where Begin reports another configuration than was asked for", async () => {
    const node = await Node.start({ model: "u3-rt-pro", speakerLabels: true });
    const configuration = { model: "universal-3-5-pro", speaker_labels: true };
    for (const id of ["a", "b"]) {
      node.engine.input({ action: "start" });
      node.service.last.begin(id, { configuration });
      node.engine.input({ action: "stop" });
      node.service.last.terminate();
      node.service.last.closed({ code: 1000, reason: "" });
      await settled();
    }
    assert.deepEqual(
      node.errors.map(({ message }) => message),
      ["AssemblyAI runs the session with speech_model = universal-3-5-pro, not u3-rt-pro."],
    );
  });

  it("opens no session with a budget where the book cannot be written, and does once it can be", async () => {
    const book = new MemoryBook();
    book.failure = new Error("EROFS: read-only file system");
    const node = await Node.start({ budgetUsd: 1 }, book);
    assert.throws(() => node.engine.input({ action: "start" }), { code: "AAI_BOOK" });
    assert.deepEqual(node.service.connections, []);
    assert.equal(node.errors[0]?.code, "AAI_BOOK");
    book.failure = undefined;
    await settled();
    assert.throws(() => node.engine.input({ action: "start" }), { code: "AAI_BOOK" });
    await settled();
    node.engine.input({ action: "start" });
    assert.equal(node.service.connections.length, 1);

    const without = await Node.start({}, Object.assign(new MemoryBook(), { failure: new Error("EROFS") }));
    without.begin("a");
    await settled();
    assert.deepEqual(without.left, ["begin a"], "without a budget it goes on");
  });

  it("ends a session that was asked for before the book was read, where the day's budget was used up in an earlier life", async () => {
    const first = await Node.start({ budgetUsd: 0.45 });
    first.begin("a");
    first.clock.advance(3_600_000);
    await settled();
    const node = new Node({ budgetUsd: 0.45 }, new MemoryBook(first.book.text), first.clock);
    node.engine.input({ action: "start" });
    assert.equal(node.service.connections.length, 1);
    await node.engine.start();
    assert.equal(node.service.last.isClosed, true);
    assert.deepEqual(
      node.errors.map(({ code }) => code),
      ["AAI_BUDGET"],
    );
  });
});
