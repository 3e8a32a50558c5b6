import assert from "node:assert/strict";
import type { Closed } from "../../../nodes/lib/assemblyai/connection";
import { beginTimeout, classify, type Retry } from "../../../nodes/lib/assemblyai/failure";
import type { ErrorMessage } from "../../../nodes/lib/assemblyai/protocol";

/** What the service says as the reason of a close that follows an Error frame. */
const SEE_ERROR = "See Error message for details";

const closed = (code: number, reason = "", more: Partial<Closed> = {}): Closed => ({ code, reason, ...more });
const broken = (error: Partial<NodeJS.ErrnoException>, message = "") =>
  closed(1006, "", { error: Object.assign(new Error(message), error) });
const judge = (end: Closed, frame?: ErrorMessage) => {
  const { error, retry, expected } = classify(end, frame);
  return { code: error.code as string, retry, expected, message: error.message };
};

type Row = [code: number, text: string, error: string, retry: Retry, expected?: boolean];

/** The service's codes and texts, as documented and as logged: reference section 4. */
const ROWS: Row[] = [
  [1008, "Unauthorized Connection: Missing Authorization header", "AAI_UNAUTHORIZED", "never"],
  [1008, "Unauthorized Connection: Invalid API key", "AAI_UNAUTHORIZED", "never"],
  [1008, "Invalid API key", "AAI_UNAUTHORIZED", "never"],
  [1008, "Unauthorized Connection: Signature has expired", "AAI_UNAUTHORIZED", "never"],
  [1008, "Unauthorized Connection: Insufficient balance", "AAI_ACCOUNT", "never"],
  [1008, "Your account has been disabled", "AAI_ACCOUNT", "never"],
  [1008, "Insufficient funds", "AAI_ACCOUNT", "never"],
  [1008, "Unauthorized connection: Too many concurrent sessions", "AAI_RATE_LIMIT", "rate"],
  [1008, "Incorrect padding", "AAI_SERVER", "server"],
  [1009, "", "AAI_REJECTED", "never"],
  [1011, "Internal error", "AAI_SERVER", "server"],
  [1001, "", "AAI_SERVER", "server"],
  [1005, "", "AAI_SERVER", "server"],
  [1012, "Service restart", "AAI_SERVER", "server"],
  [1013, "Try again later", "AAI_SERVER", "server"],
  [410, "This endpoint is retired", "AAI_REJECTED", "never"],
  [3005, "Session Cancelled: An error occurred", "AAI_SERVER", "server"],
  [3006, "User Input Validation Error: Invalid 'speech_model'", "AAI_REJECTED", "never"],
  [3006, "Invalid Message Type: Bogus", "AAI_REJECTED", "never"],
  [3006, "Invalid JSON: x", "AAI_REJECTED", "never"],
  [3006, "Session terminated due to inactivity: No messages received for 5 seconds", "AAI_INACTIVITY", "never", true],
  [3007, "Input Duration Error: Input Duration Violation: 20.0 ms. Expected between 50 and 1000 ms", "AAI_REJECTED", "never"],
  [3007, "Audio Transmission Rate Exceeded: Received 9 sec. audio in 1 sec", "AAI_REJECTED", "never"],
  [3008, "Session Expired: Maximum session duration exceeded", "AAI_SESSION_EXPIRED", "server", true],
  [3009, "Unauthorized Connection: Too many concurrent sessions", "AAI_RATE_LIMIT", "rate"],
  [4000, "Sample rate must be a positive integer", "AAI_REJECTED", "never"],
  [4001, "Not Authorized", "AAI_REJECTED", "never"],
  [4002, "Insufficient funds", "AAI_REJECTED", "never"],
  [4003, "This feature is paid-only", "AAI_REJECTED", "never"],
  [4101, "Deprecated", "AAI_REJECTED", "never"],
  [4031, "Session idle for too long", "AAI_SERVER", "server"],
  [4999, "something new", "AAI_SERVER", "server"],
];

describe("failure", () => {
  describe("by the server's Error frame, whatever the close that follows it", () => {
    for (const [code, text, error, retry, expected = false] of ROWS) {
      it(`${code} "${text}" is ${error}, retry: ${retry}`, () => {
        const frame = { type: "Error", error_code: code, error: text };
        for (const end of [closed(code, SEE_ERROR), closed(1006), closed(1005)]) {
          const judged = judge(end, frame);
          assert.deepEqual({ ...judged, message: "" }, { code: error, retry, expected, message: "" });
          assert.ok(judged.message.includes(`${code}`) && judged.message.includes(text), judged.message);
        }
      });
    }
  });

  describe("by the close alone", () => {
    for (const [code, text, error, retry, expected = false] of ROWS) {
      it(`${code} "${text}" is ${error}, retry: ${retry}`, () => {
        const judged = judge(closed(code, text));
        assert.deepEqual({ ...judged, message: "" }, { code: error, retry, expected, message: "" });
      });
    }

    it("1000 without a Termination is an error that is not tried again", () => {
      assert.deepEqual(
        { ...judge(closed(1000, "Session Ended")), message: "" },
        { code: "AAI_SERVER", retry: "never", expected: false, message: "" },
      );
    });

    it("says so where no reason is given", () => {
      for (const code of [1008, 1011, 3008, 3009, 4000])
        assert.match(judge(closed(code)).message, new RegExp(`\\(${code}: no reason given\\)`));
      const unknown = judge(closed(1006, "", { httpStatus: 599 }));
      assert.match(unknown.message, /\(HTTP 599: no reason given\)/);
    });
  });

  it("takes the close's code and reason where the Error frame has none", () => {
    assert.deepEqual(judge(closed(3008, "Session Expired"), { type: "Error" }).code, "AAI_SESSION_EXPIRED");
    assert.deepEqual(judge(closed(3009), { error: "Too many concurrent sessions" }).code, "AAI_RATE_LIMIT");
    assert.match(judge(closed(3005, "reason"), { type: "Error", error_code: 3005 }).message, /reason/);
  });

  describe("by the status of a refused upgrade", () => {
    const statuses: [number, string, Retry][] = [
      [301, "AAI_REJECTED", "never"],
      [400, "AAI_REJECTED", "never"],
      [401, "AAI_UNAUTHORIZED", "never"],
      [402, "AAI_ACCOUNT", "never"],
      [403, "AAI_UNAUTHORIZED", "never"],
      [404, "AAI_REJECTED", "never"],
      [408, "AAI_SERVER", "network"],
      [410, "AAI_REJECTED", "never"],
      [429, "AAI_RATE_LIMIT", "rate"],
      [500, "AAI_SERVER", "network"],
      [502, "AAI_SERVER", "network"],
      [503, "AAI_SERVER", "network"],
    ];
    for (const [httpStatus, error, retry] of statuses) {
      it(`${httpStatus} is ${error}, retry: ${retry}`, () => {
        const judged = judge(closed(1006, "", { httpStatus, error: new Error("WebSocket was closed before it was established") }));
        assert.deepEqual([judged.code, judged.retry], [error, retry]);
        assert.match(judged.message, new RegExp(`\\(HTTP ${httpStatus}: [A-Z]`));
      });
    }
  });

  describe("where the connection broke", () => {
    const unreachable: Partial<NodeJS.ErrnoException>[] = [
      { code: "ECONNREFUSED", syscall: "connect" },
      { code: "ECONNREFUSED" },
      { code: "ENOTFOUND", syscall: "getaddrinfo" },
      { code: "EAI_AGAIN", syscall: "getaddrinfo" },
      { code: "ETIMEDOUT", syscall: "connect" },
      { code: "EHOSTUNREACH", syscall: "connect" },
      { code: "ENETUNREACH", syscall: "connect" },
      { code: "CERT_HAS_EXPIRED" },
      { code: "DEPTH_ZERO_SELF_SIGNED_CERT" },
      { code: "ERR_TLS_CERT_ALTNAME_INVALID" },
    ];
    for (const error of unreachable) {
      it(`${error.syscall ?? ""} ${error.code} is AAI_UNREACHABLE and is tried again`, () => {
        const judged = judge(broken(error));
        assert.deepEqual([judged.code, judged.retry, judged.expected], ["AAI_UNREACHABLE", "network", false]);
        assert.match(judged.message, new RegExp(error.code as string));
      });
    }

    it("of a machine that is offline, or of a simulator that is not running, says so", () => {
      for (const code of ["EAI_AGAIN", "ENOTFOUND", "ENETUNREACH", "ENETDOWN"]) {
        assert.match(judge(broken({ code, syscall: "getaddrinfo" })).message, /^No internet, /);
      }
      const refused = (address: string, port: number) =>
        judge(broken(Object.assign(new Error(), { code: "ECONNREFUSED", syscall: "connect", address, port }))).message;
      assert.match(refused("127.0.0.1", 8765), /^The simulator is not running.*npx assemblyai-simulator$/);
      for (const message of [refused("127.0.0.1", 8766), refused("127.0.0.2", 8765)])
        assert.match(message, /cannot be reached: ECONNREFUSED/);
    });

    const lost: Partial<NodeJS.ErrnoException>[] = [
      { code: "ECONNRESET", syscall: "read" },
      { code: "ECONNRESET" },
      { code: "EPIPE", syscall: "write" },
      { code: "ETIMEDOUT", syscall: "read" },
      { code: "EHOSTUNREACH", syscall: "read" },
      { code: "WS_ERR_INVALID_UTF8" },
      { code: "WS_ERR_UNEXPECTED_RSV_1" },
    ];
    for (const error of lost) {
      it(`${error.syscall ?? ""} ${error.code} is AAI_CONNECTION_LOST and is tried again`, () => {
        const judged = judge(broken(error));
        assert.deepEqual([judged.code, judged.retry], ["AAI_CONNECTION_LOST", "network"]);
        assert.match(judged.message, new RegExp(error.code as string));
      });
    }

    it("has a text where there is no code", () => {
      assert.match(judge(closed(1006)).message, /The connection to AssemblyAI broke off/);
      assert.match(judge(broken({}, "Unexpected server response")).message, /Unexpected server response/);
      assert.match(
        judge(closed(1006, "", { dead: true, error: broken({ code: "ECONNRESET" }).error as Error })).message,
        /stopped answering/,
      );
      for (const end of [closed(1006), broken({}, "odd"), closed(1006, "", { dead: true })]) {
        assert.deepEqual([judge(end).code, judge(end).retry], ["AAI_CONNECTION_LOST", "network"]);
      }
    });

    it("by a frame that is too large is never tried again, whatever the close", () => {
      const error = Object.assign(new RangeError("Max payload size exceeded"), { code: "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH" });
      for (const code of [1006, 1009]) {
        const judged = judge(closed(code, "", { error }));
        assert.deepEqual([judged.code, judged.retry], ["AAI_FRAME_TOO_LARGE", "never"]);
      }
    });
  });

  it("goes on trying where no Begin came in time", () => {
    const { error, retry, expected } = beginTimeout(10);
    assert.deepEqual([error.code, retry, expected], ["AAI_TIMEOUT", "network", false]);
    assert.match(error.message, /within 10 s/);
  });
});
