import assert from "node:assert/strict";
import { across, type Session } from "../../../check/across";
import type { Probe } from "../../../check/probe";

const untouched: Session = {
  openedAt: undefined,
  begunAt: undefined,
  terminateAt: undefined,
  ended: undefined,
  error: undefined,
  endCode: undefined,
  termination: undefined,
};

/** A session that was open for so many ms when its Termination came, which says so many seconds. */
function terminated(openMs: number, seconds: number, beginMs = 1200): Session {
  const message = { type: "Termination" as const, audio_duration_seconds: 1, session_duration_seconds: seconds };
  return { ...untouched, openedAt: 1000, begunAt: 1000 + beginMs, terminateAt: 500 + openMs, termination: { at: 1000 + openMs, message } };
}

function failed(code: number | undefined, closeCode: number, more: Partial<Session> = {}): Session {
  const error: Probe["error"] = code === undefined ? undefined : { error_code: code };
  return { ...untouched, ended: { at: 5000, closed: { code: closeCode, reason: "" } }, error, endCode: code ?? closeCode, ...more };
}

describe("across", () => {
  describe("from where a session's seconds count", () => {
    const lengths = [4_400, 10_900, 14_150];

    it("is Begin, or the open socket, however the service rounds", () => {
      for (const round of [Math.round, Math.floor, Math.ceil]) {
        const fromBegin = lengths.map((ms) => terminated(ms, round((ms - 1200) / 1000)));
        assert.equal(across(fromBegin)["seconds-from"]?.equal, true, round.name);
        const fromOpen = lengths.map((ms) => terminated(ms, round(ms / 1000)));
        assert.equal(across(fromOpen)["seconds-from"]?.equal, false, round.name);
        assert.match(across(fromOpen)["seconds-from"]?.seen ?? "", /^the open socket/);
      }
    });

    it("cannot be told where Begin comes at once, or no session was terminated", () => {
      assert.equal(across(lengths.map((ms) => terminated(ms, Math.round(ms / 1000), 300)))["seconds-from"], undefined);
      assert.deepEqual(across([untouched]), {});
    });
  });

  describe("errors", () => {
    it("come before a close with their code, and no Termination after them", () => {
      const measured = across([failed(3006, 3006), failed(3007, 3007)]);
      assert.deepEqual(measured, { "error-close": { seen: "always", equal: true }, "error-termination": { seen: "never", equal: true } });
    });

    it("are told apart where one is missing, has another code, or is not followed by a close", () => {
      for (const wrong of [failed(undefined, 3006), failed(3006, 1000), failed(3006, 1006)]) {
        const { "error-close": seen } = across([failed(3007, 3007), wrong]);
        assert.deepEqual(seen, { seen: "otherwise in 1 of 2 sessions", equal: false });
      }
      const { termination } = terminated(5000, 5);
      assert.equal(across([failed(3006, 3006, { termination })])["error-termination"]?.equal, false);
    });

    it("do not count where the network has ended the session, or this side", () => {
      assert.deepEqual(across([failed(undefined, 1006), failed(undefined, 1000, { terminateAt: 4000 })]), {});
    });
  });
});
