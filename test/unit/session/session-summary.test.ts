import assert from "node:assert/strict";
import type { BeginMessage, TurnMessage } from "../../../nodes/lib/assemblyai/protocol";
import { SessionRecord } from "../../../nodes/lib/session/session-summary";
import { Redaction } from "../../../nodes/lib/assemblyai/redact";
import { FakeClock } from "../../support/fake-clock";

const BEGIN: BeginMessage = { type: "Begin", id: "session" };
const TURN: TurnMessage = { type: "Turn", turn_order: 0, end_of_turn: true, transcript: "" };
const LOST = { code: 1006, reason: "" };

/** The record of a session whose socket opened 1 s ago, with 2 s of audio since it began half a second later. */
function record() {
  const clock = new FakeClock();
  const it = new SessionRecord(clock, 16_000, "asked-model", new Redaction("secret"));
  it.openedAt = clock.now();
  clock.advance(500);
  it.begin = BEGIN;
  for (let frame = 0; frame < 20; frame++) it.sent(Buffer.alloc(3200));
  clock.advance(500);
  return { clock, record: it };
}

describe("session-summary", () => {
  it("counts time, audio, final turns and their words, by its own clock until the server's count arrives", () => {
    const { clock, record: it } = record();
    it.turn({ final: false, text: "lights", turn: TURN });
    it.turn({ final: true, text: "Lights on, please.", turn: TURN });
    it.turn({ final: true, text: "Thanks.", turn: TURN });
    clock.advance(0.4567);
    const summary = it.summaryAt(BEGIN, "crash");
    assert.deepEqual(summary, {
      sessionId: "session",
      reason: "crash",
      audioSeconds: 2,
      sessionSeconds: 1,
      turns: 2,
      words: 4,
      model: "asked-model",
      startedAt: "2026-11-20T12:00:01.000Z",
      endedAt: "2026-11-20T12:00:02.000Z",
      estimated: true,
    });
    it.termination = { type: "Termination", audio_duration_seconds: 3, session_duration_seconds: 4 };
    assert.deepEqual(it.summaryAt(BEGIN, "crash"), { ...summary, audioSeconds: 3, sessionSeconds: 4, estimated: false });
  });

  it("names the model of the server's Begin", () => {
    const { record: it } = record();
    for (const configuration of [undefined, null, {}, { model: null }]) {
      it.begin = { ...BEGIN, ...(configuration === undefined ? {} : { configuration }) };
      assert.equal(it.model, "asked-model");
    }
    it.begin = { ...BEGIN, configuration: { model: "served-model" } };
    assert.equal(it.model, "served-model");
  });

  it("has no summary of a session that never began", () => {
    const clock = new FakeClock();
    const it = new SessionRecord(clock, 16_000, "asked-model", new Redaction("secret"));
    assert.equal(it.ageMs, 0);
    it.openedAt = clock.now();
    assert.equal(it.summary(it.failure(LOST)), undefined);
  });

  it("takes audio for worked off in real time from when it was sent", () => {
    const clock = new FakeClock();
    const it = new SessionRecord(clock, 16_000, "asked-model", new Redaction("secret"));
    const begin = clock.now();
    it.sent(Buffer.alloc(64_000));
    assert.deepEqual(
      [0, 500, 2000, 9000].map((ms) => it.processedMs(begin + ms)),
      [0, 500, 2000, 2000],
    );
    clock.advance(9000);
    it.sent(Buffer.alloc(32_000));
    assert.deepEqual(
      [9000, 9500, 10_000].map((ms) => it.processedMs(begin + ms)),
      [2000, 2500, 3000],
      "a pause is no head start",
    );
  });

  it("takes the audio since before a ping that was answered late for not processed yet, until a text shows otherwise", () => {
    const clock = new FakeClock();
    const it = new SessionRecord(clock, 16_000, "asked-model", new Redaction("secret"));
    const speak = (seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        it.sent(Buffer.alloc(32_000));
        clock.advance(1000);
      }
    };
    speak(60);
    it.answered(2000);
    assert.equal(it.processedMs(clock.now()), 60_000, "a slow line is no stall");
    it.answered(9000);
    assert.equal(it.processedMs(clock.now()), 60_000 - 18_000, "the newest audio was sent a second ago");
    speak(5);
    it.answered(4000);
    assert.equal(it.processedMs(clock.now()), 65_000 - 18_000, "one stall does not add to another");
    it.processed(64_000);
    assert.equal(it.processedMs(clock.now()), 64_000);
  });

  it("takes all audio for processed that was sent long before a ping, however late its answer is", () => {
    const { record: it, clock } = record();
    it.sent(Buffer.alloc(480_000));
    clock.advance(60_000);
    it.answered(4000);
    assert.equal(it.lagMs, 0);
  });

  it("finds no failure in an end that this side meant", () => {
    const { record: it } = record();
    it.reason = "silence";
    assert.equal(it.failure(LOST), undefined);
    assert.equal(it.summary(undefined)?.reason, "silence");
  });

  it("gives a Termination that nobody asked for as the server's end, and lets another session go on", () => {
    const { record: it } = record();
    it.termination = { type: "Termination", audio_duration_seconds: 3, session_duration_seconds: 4 };
    const failure = it.failure({ code: 1000, reason: "Session Ended" });
    assert.deepEqual([failure?.retry, failure?.expected, it.summary(failure)?.reason], ["server", true, "server"]);
  });

  it("judges a failure by the Error frame before the close", () => {
    const { record: it } = record();
    it.error = { type: "Error", error_code: 3009, error: "Too many concurrent sessions" };
    const failure = it.failure({ code: 1011, reason: "" });
    assert.equal(failure?.error.code, "AAI_RATE_LIMIT");
    const summary = it.summary(failure);
    assert.equal(summary?.reason, "error");
    assert.equal(summary.code, "AAI_RATE_LIMIT");
    assert.equal(summary.message, failure.error.message);
  });

  it("treats an announced end as the server's, and still gives the reason", () => {
    const { record: it } = record();
    const summary = it.summary(it.failure({ code: 3008, reason: "Session expired" }));
    assert.equal(summary?.reason, "server");
    assert.equal(summary.code, "AAI_SESSION_EXPIRED");
  });

  it("quotes no key, neither from the Error frame nor from the close", () => {
    const { record: it } = record();
    const closed = it.failure({ code: 3006, reason: "bad header secret" });
    it.error = { type: "Error", error_code: 3006, error: "bad header secret, secret" };
    const framed = it.failure({ code: 3006, reason: "" });
    assert.match(closed?.error.message ?? "", /bad header …/);
    assert.match(framed?.error.message ?? "", /bad header …, …/);
    for (const failure of [closed, framed]) assert.doesNotMatch(failure?.error.message ?? "", /secret/);
  });
});
