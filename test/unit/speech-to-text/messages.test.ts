import assert from "node:assert/strict";
import type { BeginMessage, TurnMessage } from "../../../nodes/lib/assemblyai/protocol";
import type { BilledSummary } from "../../../nodes/lib/billing/session-book";
import { AaiError } from "../../../nodes/lib/common/errors";
import type { EndReason } from "../../../nodes/lib/session/session-summary";
import * as messages from "../../../nodes/lib/speech-to-text/messages";
import {
  beginOutput,
  budgetOutput,
  failedOutput,
  reconnectingOutput,
  serverOutput,
  terminationOutput,
  turnOutput,
  wakeOutput,
} from "../../../nodes/lib/speech-to-text/messages";
import type { WakeWord } from "../../../nodes/lib/wakeword/wake-word";

const turn: TurnMessage = {
  type: "Turn",
  turn_order: 0,
  end_of_turn: true,
  transcript: "Lights on.",
  words: [{ text: "Lights", start: 0, end: 100 }],
};
const begin: BeginMessage = { type: "Begin", id: "session-1", expires_at: 1, configuration: { model: "universal-3-6-pro" } };
const summary = (reason: EndReason): BilledSummary => ({
  sessionId: "session-1",
  reason,
  audioSeconds: 3,
  sessionSeconds: 4,
  turns: 1,
  words: 2,
  model: "universal-3-6-pro",
  costUsd: 0.0005,
  startedAt: "2026-11-20T12:00:00.000Z",
  endedAt: "2026-11-20T12:00:04.000Z",
  estimated: false,
});

describe("streaming-messages", () => {
  it("a turn has its text, the server's message, its number, its session and topic", () => {
    assert.deepEqual(turnOutput({ final: true, text: "Lights on.", turn }, "session-1", 7, "kitchen"), {
      payload: "Lights on.",
      final: true,
      turn,
      turnNumber: 7,
      sessionId: "session-1",
      topic: "kitchen",
    });
  });

  it("a turn has its speaker, where the service tells one apart", () => {
    const labelled = { ...turn, speaker_label: "B" };
    assert.equal(turnOutput({ final: true, text: "x", turn: labelled }, "s", 1, undefined).speaker, "B");
    assert.ok(!("speaker" in turnOutput({ final: true, text: "x", turn }, "s", 1, undefined)));
  });

  it("a message that the engine does not use is an event: its name is the type in kebab case, its payload the message", () => {
    const message = { type: "SpeechStarted", timestamp: 640, confidence: 0.96 };
    const expected = { event: "speech-started", payload: message, sessionId: "session-1", topic: "kitchen", listening: true };
    assert.deepEqual(serverOutput(message, "session-1", "kitchen", true), expected);
    for (const [type, event] of [
      ["SpeakerRevision", "speaker-revision"],
      ["LLMGatewayResponse", "llm-gateway-response"],
      ["Heartbeat", "heartbeat"],
      ["Silence", "silence"],
      ["PII2Found", "pii2-found"],
      [" snake_case/Ünicode ", "snake-case-ünicode"],
      ["constructor", "constructor"],
    ]) {
      assert.equal(serverOutput({ type: type as string }, "s", undefined, false).event, event);
    }
  });

  it("no message of the service gets the name of one of the node's own events", () => {
    for (const type of ["Wake", "begin", "TERMINATION", "Reconnecting", "_failed", "Budget"]) {
      const { event } = serverOutput({ type }, "s", undefined, false);
      assert.equal(event, `server-${type.replace("_", "").toLowerCase()}`);
    }
  });

  it("have no topic where there is none, and an empty one where it is empty", () => {
    assert.ok(!("topic" in turnOutput({ final: false, text: "x", turn }, "s", 1, undefined)));
    assert.ok(!("topic" in beginOutput(begin, undefined, false)));
    assert.ok(!("topic" in terminationOutput(summary("stop"), undefined, true)));
    assert.equal(beginOutput(begin, "", false).topic, "");
  });

  it("the begin has the server's message", () => {
    const message = { event: "begin", payload: begin, sessionId: "session-1", topic: "kitchen", listening: true };
    assert.deepEqual(beginOutput(begin, "kitchen", true), message);
  });

  it("the termination has the summary, and says whether the stream goes on, where that is known", () => {
    const message = { event: "termination", payload: summary("stop"), sessionId: "session-1", topic: "kitchen" };
    assert.deepEqual(terminationOutput(summary("stop"), "kitchen", false), { ...message, listening: false });
    assert.deepEqual(terminationOutput(summary("stop"), "kitchen"), message);
  });

  it("a reconnect and a failure have what is known of them", () => {
    const info = { attempt: 1, delaySeconds: 0.25, code: "AAI_CONNECTION_LOST", message: "gone" };
    assert.deepEqual(reconnectingOutput(info, undefined, undefined), { event: "reconnecting", payload: info, listening: true });
    const error = new AaiError("AAI_KEY_MISSING");
    const payload = { code: "AAI_KEY_MISSING", message: error.message };
    assert.deepEqual(failedOutput(error, undefined, false), { event: "failed", payload, listening: false });
    assert.equal(failedOutput(error, "hall", false).topic, "hall");
  });

  it("none has an action, which MQTT and other nodes would take for a command of their own", () => {
    const level = { usedUsd: 0.8, budgetUsd: 1, until: "2026-11-21T00:00:00.000Z" };
    const info = { attempt: 1, delaySeconds: 0.25, code: "AAI_CONNECTION_LOST", message: "gone" };
    const word: WakeWord = { name: "okay_nabu", phrase: "Okay Nabu", cutoff: 0.9, window: 5, graphs: [] };
    // The service's own messages have an action each: it stays in what they are quoted in.
    const action = { action: "publish" };
    const outputs: Record<keyof typeof messages, object> = {
      turnOutput: turnOutput({ final: true, text: "x", turn: { ...turn, ...action } }, "s", 1, "hall"),
      wakeOutput: wakeOutput(word, 0.97, "hall"),
      beginOutput: beginOutput({ ...begin, ...action }, "hall", true),
      serverOutput: serverOutput({ type: "SpeechStarted", ...action }, "s", "hall", true),
      terminationOutput: terminationOutput(summary("silence"), "hall", false),
      reconnectingOutput: reconnectingOutput(info, "s", "hall"),
      failedOutput: failedOutput(new AaiError("AAI_KEY_MISSING"), "hall", false),
      budgetOutput: budgetOutput(level, true),
    };
    assert.deepEqual(Object.keys(outputs).toSorted(), Object.keys(messages).toSorted());
    for (const [name, message] of Object.entries(outputs)) assert.ok(!("action" in message), name);
    assert.deepEqual(outputs.budgetOutput, { event: "budget", payload: level, listening: true });
  });

  it("belong to the flow: what it changes in them changes nothing here", () => {
    const partial = turnOutput({ final: false, text: "x", turn }, "s", 1, undefined);
    (partial.turn.words ?? []).length = 0;
    partial.turn.transcript = "changed";
    assert.deepEqual([(turn.words ?? []).length, turn.transcript], [1, "Lights on."]);
    const message = { type: "SpeakerRevision", revisions: [1] };
    (serverOutput(message, "s", undefined, false).payload["revisions"] as number[]).length = 0;
    assert.deepEqual(message.revisions, [1]);
    const begun = beginOutput(begin, undefined, false).payload as BeginMessage;
    begun.id = "changed";
    begun.configuration = { model: "changed" };
    assert.deepEqual(begin, { type: "Begin", id: "session-1", expires_at: 1, configuration: { model: "universal-3-6-pro" } });
  });
});
