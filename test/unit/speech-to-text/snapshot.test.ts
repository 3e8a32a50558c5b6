import assert from "node:assert/strict";
import { AaiError } from "../../../nodes/lib/common/errors";
import { startOfDay, startOfNextDay } from "../../../nodes/lib/common/day";
import { SpeechToText } from "../../../nodes/lib/speech-to-text/speech-to-text";
import { readStreamingSettings } from "../../../nodes/lib/speech-to-text/settings";
import { FakeClock } from "../../support/fake-clock";
import { FakeService } from "../../support/fake-service";
import { FakeVoiceDetector } from "../../support/fake-voice-detector";
import { MemoryBook } from "../../support/memory-book";

const settled = () => new Promise((resolve) => setImmediate(resolve));
/** Local noon, so that no test's day ends within it. */
const NOON = new Date(2026, 10, 20, 12).getTime();
const MINUTE = 60_000;
/** A square wave of this amplitude has a level of -30 dBFS. */
const AMPLITUDE = 1036;

function quiet(ms: number): Buffer {
  return Buffer.from(Int16Array.from({ length: ms * 16 }, (_, index) => (index % 2 === 0 ? AMPLITUDE : -AMPLITUDE)).buffer);
}

class Node {
  readonly service = new FakeService();
  readonly engine: SpeechToText;
  /** what its account says */
  refusal: AaiError | undefined;

  constructor(
    properties: Record<string, unknown>,
    readonly book: MemoryBook,
    readonly clock: FakeClock,
  ) {
    this.engine = new SpeechToText(
      {
        clock,
        connect: this.service.connect,
        account: () => {
          if (this.refusal) throw this.refusal;
          return { url: "ws://127.0.0.1/v3/ws", apiKey: "key" };
        },
        settings: readStreamingSettings({ open: "command", silenceTimeout: 0, ...properties }),
        book,
        texts: { status: (key) => key, number: String, errorText: (error) => error.message, error: (error) => error },
        voiceDetector: () => new FakeVoiceDetector(),
      },
      {
        sendFinal: () => undefined,
        sendPartial: () => undefined,
        sendEvent: () => undefined,
        eventsArrive: () => true,
        error: () => undefined,
        warn: () => undefined,
        show: () => undefined,
      },
    );
  }

  static async start(properties: Record<string, unknown> = {}, book = new MemoryBook(), clock = new FakeClock(NOON)): Promise<Node> {
    const node = new Node(properties, book, clock);
    await node.engine.start();
    return node;
  }

  begin(id: string, topic?: string): void {
    this.engine.input({ action: "start", topic });
    this.service.last.begin(id);
  }

  /** Live audio, in messages of 50 ms. */
  hear(audio: Buffer, topic?: string): void {
    for (let at = 0; at < audio.length; at += 1600) {
      this.engine.input({ payload: audio.subarray(at, at + 1600), topic });
      this.clock.advance(50);
    }
  }

  /** The first stream of a snapshot. */
  seen(since?: number) {
    const [stream] = this.engine.snapshot(since).streams;
    return stream ?? assert.fail("no stream");
  }
}

describe("a snapshot", () => {
  it("is of the local day, with what it would cost left open, by the price of model and add-ons", async () => {
    const { engine, clock } = await Node.start();
    const { now, day, spentUsd, budgetUsd, leftOpenUsd } = engine.snapshot();
    assert.equal(now, clock.date());
    assert.deepEqual(day, { from: startOfDay(now), until: startOfNextDay(now) });
    assert.deepEqual({ spentUsd, budgetUsd, leftOpenUsd }, { spentUsd: 0, budgetUsd: 0, leftOpenUsd: 10.8 });
    const other = await Node.start({ model: "whisper-rt", options: { redact_pii: true }, budgetUsd: 2 });
    assert.equal(other.engine.snapshot().leftOpenUsd, 10.08);
    assert.equal(other.engine.snapshot().budgetUsd, 2);
  });

  it("tells what the stream does: the phase, the seconds until it hangs up or tries again", async () => {
    const node = await Node.start({ silenceTimeout: 5 });
    assert.deepEqual(node.seen().status, { phase: "idle" });
    node.engine.input({ action: "start" });
    assert.deepEqual(node.seen().status, { phase: "connecting" });
    node.service.last.begin("a");
    node.clock.advance(2_000);
    assert.deepEqual(node.seen().status, { phase: "open", silenceRemainingMs: 3_000 });
    node.engine.hangUp();
    assert.deepEqual(node.seen().status, { phase: "ending" });
    node.service.last.terminate();
    assert.deepEqual(node.seen().status, { phase: "idle" });
    node.engine.input({ action: "start" });
    node.service.last.closed({ code: 1006, reason: "" });
    const { status } = node.seen();
    assert.ok(status.phase === "waiting" && (status.retryInMs ?? 0) > 0, JSON.stringify(status));
  });

  it("says why no session could be had, until one begins", async () => {
    const node = await Node.start();
    assert.equal("problem" in node.engine.snapshot(), false);
    node.refusal = new AaiError("AAI_KEY_MISSING");
    assert.throws(() => node.engine.input({ action: "start" }), { code: "AAI_KEY_MISSING" });
    assert.equal(node.engine.snapshot().problem, "AAI_KEY_MISSING");
    node.refusal = undefined;
    node.begin("a");
    assert.equal(node.engine.snapshot().problem, undefined);
  });

  for (const open of ["audio", "speech", "command"]) {
    it(`has the level of what is heard, with open: ${open}, until no more audio comes`, async () => {
      const node = await Node.start({ open });
      assert.equal(node.seen().dbfs, undefined);
      node.hear(quiet(500));
      assert.equal(node.seen().dbfs, -30);
      node.hear(Buffer.alloc(16_000));
      assert.equal(node.seen().dbfs, -100, "digital silence has a level that JSON can hold");
      node.clock.advance(1_000);
      assert.equal(node.seen().dbfs, undefined);
    });
  }

  it("has the level of a file at the place that is being spoken now", async () => {
    const node = await Node.start({ open: "audio" });
    node.engine.input({ payload: Buffer.concat([quiet(3_000), Buffer.alloc(32_000 * 3)]) });
    node.service.last.begin("a");
    node.clock.advance(500);
    assert.equal(node.seen().dbfs, -30);
    node.clock.advance(4_000);
    assert.equal(node.seen().dbfs, -100);
  });

  it("shows a voice by the node's own detector, and by the service's open turn", async () => {
    const speech = await Node.start({ open: "speech" });
    speech.hear(quiet(500));
    assert.equal(speech.seen().voice, false);
    speech.hear(FakeVoiceDetector.voice(500));
    assert.equal(speech.seen().voice, true);
    const audio = await Node.start({ open: "audio" });
    audio.hear(quiet(500));
    audio.service.last.begin("a");
    audio.hear(quiet(500));
    assert.equal(audio.seen().voice, false);
    audio.service.last.turn(0, "Hel", false);
    assert.equal(audio.seen().voice, true);
    audio.service.last.turn(0, "Hello.", true);
    assert.equal(audio.seen().voice, false);
  });

  it("has the day's sessions with reason, seconds and cost, also those from before a restart", async () => {
    const first = await Node.start();
    first.begin("a");
    first.clock.advance(10 * MINUTE);
    first.engine.hangUp();
    first.service.last.terminate(600, 600);
    first.begin("b");
    first.clock.advance(MINUTE);
    await settled();
    const node = await Node.start({}, new MemoryBook(first.book.text), first.clock);
    node.begin("c");
    node.clock.advance(20_000);
    const { sessions } = node.seen();
    assert.deepEqual(
      sessions.map(({ id, seconds, costUsd, reason }) => [id, seconds, costUsd, reason]),
      [
        ["a", 600, 0.075, "stop"],
        ["b", 60, 0.0075, "crash"],
        ["c", 20, 0.0025, undefined],
      ],
    );
    const [a, b, c] = sessions;
    assert.equal((a?.until ?? 0) - (a?.from ?? 0), 10 * MINUTE);
    assert.equal(b?.from, a?.until);
    assert.equal(c?.until, node.clock.date());
    assert.equal(node.engine.snapshot().spentUsd, 0.085);
    assert.notEqual(node.engine.snapshot().life, first.engine.snapshot().life);
  });

  it("leaves out what the asker has from the time before", async () => {
    const node = await Node.start();
    node.begin("a");
    node.clock.advance(MINUTE);
    node.engine.hangUp();
    node.service.last.terminate();
    node.hear(quiet(500));
    const { now, streams } = node.engine.snapshot();
    assert.deepEqual([streams[0]?.sessions.length, streams[0]?.listened.length], [1, 1]);
    node.clock.advance(5 * MINUTE);
    assert.deepEqual(node.seen(now + 1).sessions, []);
    assert.deepEqual(node.seen(now + 1).listened, []);
    node.begin("b");
    node.clock.advance(MINUTE);
    assert.deepEqual(
      node.seen(node.clock.date() + 1).sessions.map(({ id }) => id),
      ["b"],
      "what is open is told each time",
    );
  });

  it("is of another life once the book has been read: what is asked for since the one before may lack what the book holds", async () => {
    const first = await Node.start();
    first.begin("a");
    await settled();
    const node = new Node({}, new MemoryBook(first.book.text), first.clock);
    const { life, streams } = node.engine.snapshot();
    assert.deepEqual(streams[0]?.sessions, []);
    await node.engine.start();
    assert.notEqual(node.engine.snapshot().life, life);
    assert.equal(node.seen().sessions.length, 1);
  });

  it("says when the day's budget ended", async () => {
    const node = await Node.start({ budgetUsd: 0.45, maxSession: 0 });
    node.begin("a");
    node.clock.advance(59 * MINUTE);
    assert.equal(node.engine.snapshot().budgetEndedAt, undefined);
    const began = node.clock.date() - 59 * MINUTE;
    node.clock.advance(2 * MINUTE);
    node.service.last.terminate(3600, 3600);
    const ended = node.engine.snapshot().budgetEndedAt ?? assert.fail("it has not ended");
    assert.ok(ended >= began + 60 * MINUTE && ended <= node.clock.date());
    assert.equal(node.engine.snapshot().problem, "AAI_BUDGET");
    await settled();
    const raised = await Node.start({ budgetUsd: 0.9 }, node.book, node.clock);
    assert.equal(raised.engine.snapshot().budgetEndedAt, undefined, "the budget was raised");
    node.clock.advance(12 * 60 * MINUTE);
    assert.equal(node.engine.snapshot().problem, undefined, "another day");
  });

  it("has the times at which audio came, of today", async () => {
    const clock = new FakeClock(new Date(2026, 10, 20, 23, 58).getTime());
    const node = await Node.start({}, new MemoryBook(), clock);
    const began = clock.date();
    node.hear(quiet(30_000));
    clock.advance(30_000);
    node.hear(quiet(5_000)); // a pause of less than a minute is none
    assert.deepEqual(node.seen().listened, [{ from: began, until: clock.date() - 50 }]);
    clock.advance(2 * MINUTE);
    assert.deepEqual(node.seen().listened, []);
    node.hear(quiet(100));
    assert.equal(node.seen().listened.length, 1);
  });

  it("has the times of an earlier life that ended in order, and takes nothing else for them", async () => {
    const first = await Node.start({ perTopic: true });
    first.hear(quiet(500), "kitchen");
    const { listened } = first.seen();
    await first.engine.close(false);
    first.clock.advance(5 * MINUTE);
    const text = `${first.book.text}{"listened":{"attic":[[1],"x",null,[0,"1"]],"hall":7}}\n`;
    const second = await Node.start({ perTopic: true }, new MemoryBook(text), first.clock);
    second.hear(quiet(500), "kitchen");
    const [kitchen, ...others] = second.engine.snapshot().streams;
    assert.deepEqual([kitchen?.listened[0], kitchen?.listened.length, others], [listened[0], 2, []]);
    second.engine.input({ payload: quiet(50), topic: "kitchen" });
    await second.engine.close(false);
    const third = await Node.start({ perTopic: true }, new MemoryBook(second.book.text), first.clock);
    assert.equal(third.seen().listened.length, 2);
  });

  it("counts the add-ons that a topic is configured with in what sessions would cost that are left open", async () => {
    const node = await Node.start({ perTopic: true, voiceFocus: "near-field" });
    for (const topic of ["attic", "kitchen"]) node.hear(quiet(50), topic);
    const leftOpen = () => node.engine.snapshot().leftOpenUsd;
    assert.equal(leftOpen(), 26.4, "two at $0.55");
    node.engine.input({ action: "configure", payload: { speakerLabels: true }, topic: "kitchen" });
    assert.equal(leftOpen(), 29.28, "$0.12 more for one");
    node.engine.input({ action: "configure", payload: { voice_focus: "" } });
    assert.equal(leftOpen(), 24.48, "$0.10 less for both");
    node.engine.input({ action: "configure", payload: {} });
    assert.equal(leftOpen(), 26.4);
  });

  it("has each topic that had audio or a session today", async () => {
    const node = await Node.start({ perTopic: true });
    assert.deepEqual(node.engine.snapshot().streams, []);
    node.begin("a", "kitchen");
    node.hear(quiet(100), "attic");
    await settled();
    const { streams, leftOpenUsd } = node.engine.snapshot();
    assert.deepEqual(
      streams.map(({ topic, status, sessions, listened }) => [topic, status.phase, sessions.length, listened.length]),
      [
        ["attic", "idle", 0, 1],
        ["kitchen", "open", 1, 0],
      ],
    );
    assert.equal(leftOpenUsd, 21.6, "each of the two");
    for (const topic of ["room 10", "room 9"]) node.hear(quiet(50), topic);
    assert.deepEqual(
      node.engine.snapshot().streams.map(({ topic: name }) => name),
      ["attic", "kitchen", "room 9", "room 10"],
    );
    const next = await Node.start({ perTopic: true }, new MemoryBook(node.book.text), node.clock);
    assert.deepEqual(
      next.engine.snapshot().streams.map(({ topic }) => topic),
      ["kitchen"],
    );
  });

  it("has the last sentences of the time since somebody looks on, and forgets them when nobody does", async () => {
    const node = await Node.start();
    node.begin("a");
    node.service.last.turn(0, "Nobody looks.", true);
    assert.deepEqual(node.seen().sentences, []);
    for (const [order, text] of ["One.", "Two.", "Three.", "Four."].entries()) node.service.last.turn(order + 1, text, true);
    node.service.last.turn(5, "Fi", false);
    node.service.last.turn(5, "Five", false);
    assert.deepEqual(
      node.seen().sentences.map(({ text, final }) => [text, final]),
      [
        ["Three.", true],
        ["Four.", true],
        ["Five", false],
      ],
    );
    node.clock.advance(4_999);
    assert.equal(node.seen().sentences.length, 3);
    node.clock.advance(5_000);
    assert.deepEqual(node.seen().sentences, []);
  });

  it("leaves no timer when the node is closed", async () => {
    const node = await Node.start();
    node.engine.snapshot();
    assert.ok(node.clock.timers > 0);
    await node.engine.close(true);
    assert.equal(node.clock.timers, 0);
  });
});
