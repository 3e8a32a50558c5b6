import assert from "node:assert/strict";
import type { ConnectionHandlers } from "../../../nodes/lib/assemblyai/connection";
import { Session, type SessionEvent } from "../../../nodes/lib/session/session";
import { FakeClock } from "../../support/fake-clock";

const KEY = "0123456789abcdef0123456789abcdef";
const HOOK = "a-webhook-secret-0123456789";

describe("session: what a server quotes", () => {
  it("is emitted without the key and the webhook's secret, in events, warnings, the failure and the summary", () => {
    const events: SessionEvent[] = [];
    let server: ConnectionHandlers | undefined;
    const connection = { send: () => undefined, ping: () => undefined, close: () => undefined, destroy: () => undefined };
    const session = new Session(
      {
        clock: new FakeClock(),
        connect: (_url, _key, handlers) => {
          server = handlers;
          return connection;
        },
        url: `wss://speech.example/v3/ws?speech_model=universal-3-6-pro&webhook_auth_header_value=${HOOK}`,
        apiKey: KEY,
        model: "universal-3-6-pro",
        sampleRate: 16_000,
        formatTurns: false,
      },
      (event) => events.push(event),
    );
    assert.ok(server);
    server.opened();
    for (const secret of [HOOK, KEY, KEY.slice(0, 24)]) {
      server.text(JSON.stringify({ type: "Begin", id: `id-${secret}`, configuration: { model: secret, webhook_auth_header_value: HOOK } }));
      server.text(JSON.stringify({ type: "Warning", warning_code: "x", warning: `a bad value: ${secret}` }));
      server.text(JSON.stringify({ type: "Hello", note: secret }));
    }
    server.text(JSON.stringify({ type: "Error", error_code: 3006, error: `webhook_auth_header_value: '${HOOK}', '${HOOK.slice(0, 12)}'` }));
    server.closed({ code: 3006, reason: HOOK });
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
