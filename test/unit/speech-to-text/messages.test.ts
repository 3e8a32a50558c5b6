import assert from "node:assert/strict";
import type { BeginMessage, TurnMessage } from "../../../nodes/lib/assemblyai/protocol";
import type { EndReason, SessionSummary } from "../../../nodes/lib/session/session-summary";
import { beginOutput, reconnectingOutput, terminationOutput, turnOutput } from "../../../nodes/lib/speech-to-text/messages";

const turn: TurnMessage = {
  type: "Turn",
  turn_order: 0,
  end_of_turn: true,
  transcript: "Lights on.",
  words: [{ text: "Lights", start: 0, end: 100 }],
};
const begin: BeginMessage = { type: "Begin", id: "session-1", expires_at: 1, configuration: { model: "universal-3-6-pro" } };
const summary = (reason: EndReason): SessionSummary => ({
  sessionId: "session-1",
  reason,
  audioSeconds: 3,
  sessionSeconds: 4,
  turns: 1,
  words: 2,
  model: "universal-3-6-pro",
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

  it("have no topic where there is none, and an empty one where it is empty", () => {
    assert.ok(!("topic" in turnOutput({ final: false, text: "x", turn }, "s", 1, undefined)));
    assert.ok(!("topic" in beginOutput(begin, undefined)));
    assert.ok(!("topic" in terminationOutput(summary("stop"), undefined, true)));
    assert.equal(beginOutput(begin, "").topic, "");
  });

  it("the begin has the server's message", () => {
    assert.deepEqual(beginOutput(begin, "kitchen"), { event: "begin", payload: begin, sessionId: "session-1", topic: "kitchen" });
  });

  it("the termination has the summary", () => {
    assert.deepEqual(terminationOutput(summary("stop"), "kitchen", true), {
      event: "termination",
      payload: summary("stop"),
      sessionId: "session-1",
      topic: "kitchen",
    });
  });

  it("the termination stops a microphone after silence, and only then and where it should", () => {
    const reasons: EndReason[] = ["silence", "stop", "max-duration", "redeploy", "server", "error"];
    for (const reason of reasons) {
      const message = terminationOutput(summary(reason), undefined, true);
      assert.equal("action" in message ? message.action : undefined, reason === "silence" ? "stop" : undefined, reason);
      assert.ok(!("action" in terminationOutput(summary(reason), undefined, false)), reason);
    }
  });

  it("a reconnect has what is known of it", () => {
    const info = { attempt: 1, delaySeconds: 0.25, code: "AAI_CONNECTION_LOST", message: "gone" };
    assert.deepEqual(reconnectingOutput(info, undefined, undefined), { event: "reconnecting", payload: info });
  });

  it("belong to the flow: what it changes in them changes nothing here", () => {
    const partial = turnOutput({ final: false, text: "x", turn }, "s", 1, undefined);
    (partial.turn.words ?? []).length = 0;
    partial.turn.transcript = "changed";
    assert.deepEqual([(turn.words ?? []).length, turn.transcript], [1, "Lights on."]);
    const begun = beginOutput(begin, undefined).payload as BeginMessage;
    begun.id = "changed";
    begun.configuration = { model: "changed" };
    assert.deepEqual(begin, { type: "Begin", id: "session-1", expires_at: 1, configuration: { model: "universal-3-6-pro" } });
  });
});
