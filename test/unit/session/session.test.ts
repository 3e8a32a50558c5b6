import assert from "node:assert/strict";
import type { ConnectionHandlers } from "../../../nodes/lib/assemblyai/connection";
import { Redaction } from "../../../nodes/lib/assemblyai/redact";
import { Session, type SessionEvent } from "../../../nodes/lib/session/session";
import { FakeClock } from "../../support/fake-clock";

const KEY = "0123456789abcdef0123456789abcdef";
const HOOK = "a-webhook-secret-0123456789";
const ID = "a session's id";

/** A session whose connection is open. @param listener called with each event, after it was noted */
function open(
  { url = "wss://speech.example/v3/ws", model = "universal-3-6-pro", formatTurns = false } = {},
  listener?: (event: SessionEvent) => void,
) {
  const clock = new FakeClock();
  const events: SessionEvent[] = [];
  let handlers: ConnectionHandlers | undefined;
  let isClosed = false;
  const close = (code: number, reason = "") => {
    if (isClosed) return;
    isClosed = true;
    handlers?.closed({ code, reason });
  };
  const session = new Session(
    {
      clock,
      connect: (_url, _key, given) => {
        handlers = given;
        return { send: () => undefined, ping: () => undefined, close: () => close(1000), destroy: () => close(1006) };
      },
      url,
      apiKey: KEY,
      model,
      sampleRate: 16_000,
      formatTurns,
    },
    (event) => {
      events.push(event);
      listener?.(event);
    },
  );
  assert.ok(handlers);
  const server = handlers;
  server.opened();
  return { clock, session, events, frame: (message: object) => server.text(JSON.stringify(message)), close };
}

describe("session: what a server quotes", () => {
  it("is emitted without the key and the webhook's secret, in events, warnings, the failure and the summary", () => {
    const url = `wss://speech.example/v3/ws?speech_model=universal-3-6-pro&webhook_auth_header_value=${HOOK}`;
    const { session, events, frame, close } = open({ url });
    for (const secret of [HOOK, KEY, KEY.slice(0, 24)]) {
      frame({ type: "Begin", id: `id-${secret}`, configuration: { model: secret, webhook_auth_header_value: HOOK } });
      frame({ type: "Warning", warning_code: "x", warning: `a bad value: ${secret}` });
      frame({ type: "Hello", note: secret });
    }
    frame({ type: "Error", error_code: 3006, error: `webhook_auth_header_value: '${HOOK}', '${HOOK.slice(0, 12)}'` });
    close(3006, HOOK);
    assert.deepEqual(
      events.map(({ type }) => type),
      ["begun", "warning", "message", "warning", "message", "warning", "message", "ended"],
    );
    const begun = events[0];
    const summary = begun?.type === "begun" ? begun.summary("stop") : undefined;
    const messages = events.flatMap((event) => {
      if (event.type === "begun") return event.warnings.map(({ message }) => message);
      if (event.type === "warning") return event.error.message;
      return event.type === "ended" ? (event.failure?.error.message ?? []) : [];
    });
    assert.equal(messages.length, 5);
    const told = JSON.stringify([events, summary, session.summary, messages]);
    for (const secret of [HOOK, KEY]) {
      for (let at = 0; at + 8 <= secret.length; at++) assert.ok(!told.includes(secret.slice(at, at + 8)), told);
    }
    assert.ok(session.summary?.message?.includes("webhook_auth_header_value: '…', '…'"), session.summary?.message);
  });
});

describe("session: whatever throws while it handles what has come", () => {
  const turn = (order: number, end: boolean) => ({ type: "Turn", turn_order: order, end_of_turn: end, transcript: "Lights on." });
  const throwsAt = (type: SessionEvent["type"]) => (event: SessionEvent) => {
    if (event.type === type) throw new Error("a listener that fails");
  };

  /** It has ended once and for all, for a defect of this side, with a summary, and leaves nothing behind. */
  function assertEndedInOrder({ clock, session, events, frame, close }: ReturnType<typeof open>): void {
    const { length } = events;
    frame(turn(7, true));
    frame({ type: "Begin", id: "another" });
    close(1006);
    assert.equal(events.length, length, "nothing follows");
    assert.equal(events.filter(({ type }) => type === "ended").length, 1);
    const last = events.at(-1);
    assert.ok(last?.type === "ended");
    assert.equal(last.failure?.error.code, "AAI_INTERNAL");
    assert.equal(session.isBegun, false);
    assert.equal(clock.timers, 0);
    clock.advance(60_000);
    assert.equal(events.length, length);
  }

  for (const [what, type, message] of [
    ["a partial", "turn", turn(0, false)],
    ["a final", "turn", turn(0, true)],
    ["the text of a turn", "text", turn(0, true)],
    ["a Begin", "begun", { type: "Begin", id: "another" }],
    ["a Warning", "warning", { type: "Warning", warning_code: 1, warning: "slow" }],
    ["a message that the engine does not use", "message", { type: "SpeechStarted", timestamp: 0 }],
  ] as const) {
    it(`ends the session in order: ${what}`, () => {
      const rig = open({}, throwsAt(type));
      if (type !== "begun") rig.frame({ type: "Begin", id: ID });
      assert.equal(rig.events.length, type === "begun" ? 0 : 1);
      rig.frame(message);
      assertEndedInOrder(rig);
      const { sessionId, reason, code } = rig.session.summary ?? {};
      assert.deepEqual([sessionId, reason, code], [type === "begun" ? "another" : ID, "error", "AAI_INTERNAL"]);
    });
  }

  /** Does something while a method of every Redaction throws. */
  function withoutRedaction(method: "frame" | "text", act: () => void): void {
    const original = Object.getOwnPropertyDescriptor(Redaction.prototype, method) ?? assert.fail();
    const value = () => {
      throw new RangeError("Maximum call stack size exceeded");
    };
    Object.defineProperty(Redaction.prototype, method, { ...original, value });
    try {
      act();
    } finally {
      Object.defineProperty(Redaction.prototype, method, original);
    }
  }

  it("ends the session in order: a frame that cannot be redacted", () => {
    const rig = open();
    rig.frame({ type: "Begin", id: ID });
    withoutRedaction("frame", () => rig.frame(turn(0, false)));
    assertEndedInOrder(rig);
  });

  it("ends the session in order: a close whose reason cannot be redacted", () => {
    const rig = open();
    rig.frame({ type: "Begin", id: ID });
    withoutRedaction("text", () => rig.close(3006, "Invalid message"));
    assertEndedInOrder(rig);
  });

  it("ends the session in order: a final that waited for its formatted twin until the connection closed", () => {
    const rig = open({ model: "universal-streaming-english", formatTurns: true }, throwsAt("turn"));
    rig.frame({ type: "Begin", id: ID });
    rig.frame(turn(0, true));
    rig.session.end("stop");
    assert.deepEqual(
      rig.events.map(({ type }) => type),
      ["begun", "text"],
      "it waits",
    );
    rig.frame({ type: "Termination", audio_duration_seconds: 1, session_duration_seconds: 2 });
    assert.deepEqual(
      rig.events.map(({ type }) => type),
      ["begun", "text", "turn", "ended"],
    );
    assertEndedInOrder(rig);
    const { reason, sessionSeconds, code } = rig.session.summary ?? {};
    assert.deepEqual([reason, sessionSeconds, code], ["stop", 2, "AAI_INTERNAL"]);
  });

  it("emits what waited for its formatted twin although something else has thrown", () => {
    const rig = open({ model: "universal-streaming-english", formatTurns: true }, throwsAt("message"));
    rig.frame({ type: "Begin", id: ID });
    rig.frame(turn(0, true));
    rig.frame({ type: "SpeechStarted", timestamp: 0 });
    assert.deepEqual(
      rig.events.map(({ type }) => type),
      ["begun", "text", "message", "turn", "ended"],
    );
    assertEndedInOrder(rig);
  });
});
