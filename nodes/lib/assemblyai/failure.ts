import { STATUS_CODES } from "node:http";
import { SIMULATOR } from "./account";
import type { Closed } from "./connection";
import { AaiError, type ErrorKey } from "../common/errors";
import type { ErrorMessage } from "./protocol";
import type { TextValues } from "../common/texts";

/**
 * How to retry after a session has ended unasked:
 * `never`: a retry would fail in the same way; `network`: retry as long as audio arrives, because the network may be back at any time;
 * `server`: retry a few times; `rate`: retry slowly, because each new session counts against the limit.
 */
export type Retry = "never" | "network" | "server" | "rate";

export interface Failure {
  error: AaiError;
  retry: Retry;
  /** An end that the service announces and that is no fault: its session limit, or its inactivity timeout. */
  expected: boolean;
}

/** The texts for errors to which the server has added no text. */
const WITHOUT_REASON: ReadonlyMap<ErrorKey, ErrorKey> = new Map([
  ["AAI_UNAUTHORIZED", "AAI_UNAUTHORIZED/no-reason"],
  ["AAI_RATE_LIMIT", "AAI_RATE_LIMIT/no-reason"],
  ["AAI_REJECTED", "AAI_REJECTED/no-reason"],
  ["AAI_SERVER", "AAI_SERVER/no-reason"],
  ["AAI_SESSION_EXPIRED", "AAI_SESSION_EXPIRED/no-reason"],
]);

/**
 * Classifies the end of a session, by the server's Error frame first, then by the close code (which is the same number, but comes
 * without a text). Codes and texts: the service's pages on session errors and closures, and third parties' logs of 2026.
 */
export function classify(closed: Closed, frame: ErrorMessage | undefined): Failure {
  const code = frame?.error_code ?? closed.code;
  const text = frame?.error ?? closed.reason;
  const values = { code, text };
  if (closed.httpStatus !== undefined) return rejectedUpgrade(closed.httpStatus);
  switch (code) {
    // The server ended the session on purpose, though it sent no Termination.
    case 1000:
      return failure("AAI_SERVER", values, "never");
    case 1008:
    case 3009:
      return unauthorized(text, values, code === 3009);
    case 1009:
      return failure(isOversizeFrame(closed) ? "AAI_FRAME_TOO_LARGE" : "AAI_REJECTED", values, "never");
    case 3006:
      if (/due to inactivity/i.test(text)) return { ...failure("AAI_INACTIVITY", values, "never"), expected: true };
      return failure("AAI_REJECTED", values, "never");
    case 410:
    case 3007:
    // The table of the retired v2 service, still in the vendor's SDKs: bad sample rate, auth failed, no funds, deprecated.
    case 4000:
    case 4001:
    case 4002:
    case 4003:
    case 4101:
      return failure("AAI_REJECTED", values, "never");
    case 3008:
      return { ...failure("AAI_SESSION_EXPIRED", values, "server"), expected: true };
    case 1006:
      return isOversizeFrame(closed) ? failure("AAI_FRAME_TOO_LARGE", values, "never") : broken(closed);
    default:
      return failure("AAI_SERVER", values, "server");
  }
}

/** No Begin within the time allowed. */
export function beginTimeout(seconds: number): Failure {
  return failure("AAI_TIMEOUT", { seconds }, "network");
}

/** Terminate was sent, and no Termination came. */
export function unansweredTerminate(): Failure {
  return failure("AAI_CONNECTION_LOST/dead", {}, "network");
}

/** The service ended the session in order, at its limit or in a restart: where someone speaks, another session goes on. */
export function unaskedTermination(): Failure {
  return { ...failure("AAI_SERVER", { code: 1000, text: "" }, "server"), expected: true };
}

/** A defect of this package, met while the session ran: another session may well do without meeting it. */
export function internalFailure(error: AaiError): Failure {
  return { error, retry: "server", expected: false };
}

function unauthorized(text: string, values: { code: number; text: string }, limit: boolean): Failure {
  if (limit || /too many concurrent/i.test(text)) return failure("AAI_RATE_LIMIT", values, "rate");
  // Observed with a valid key; a retry helps (assemblyai-node-sdk issue 97).
  if (/incorrect padding/i.test(text)) return failure("AAI_SERVER", values, "server");
  if (/balance|funds|disabled|suspended|payment/i.test(text)) return failure("AAI_ACCOUNT", values, "never");
  return failure("AAI_UNAUTHORIZED", values, "never");
}

function rejectedUpgrade(status: number): Failure {
  const values = { code: `HTTP ${status}`, text: STATUS_CODES[status] ?? "" };
  if (status === 401 || status === 403) return failure("AAI_UNAUTHORIZED", values, "never");
  if (status === 402) return failure("AAI_ACCOUNT", values, "never");
  if (status === 429) return failure("AAI_RATE_LIMIT", values, "rate");
  if (status >= 500 || status === 408) return failure("AAI_SERVER", values, "network");
  return failure("AAI_REJECTED", values, "never");
}

function broken({ dead, error }: Closed): Failure {
  if (dead === true) return failure("AAI_CONNECTION_LOST/dead", {}, "network");
  if (error === undefined) return failure("AAI_CONNECTION_LOST/broken", {}, "network");
  const key = error.code === undefined || wasConnected(error) ? "AAI_CONNECTION_LOST" : whyUnreachable(error);
  return failure(key, { detail: error.code ?? error.message }, "network");
}

/** What an offline machine's name server, or its routing table, answers. */
const OFFLINE = ["EAI_AGAIN", "ENOTFOUND", "ENETUNREACH", "ENETDOWN"];

/** @param error may have the address that was tried, as Node.js' errors of `connect` have */
function whyUnreachable(error: NodeJS.ErrnoException & { address?: string; port?: number }): ErrorKey {
  if (OFFLINE.includes(error.code ?? "")) return "AAI_UNREACHABLE/internet";
  const isSimulator = `${error.address}:${error.port}` === new URL(SIMULATOR.url).host;
  return error.code === "ECONNREFUSED" && isSimulator ? "AAI_UNREACHABLE/simulator" : "AAI_UNREACHABLE";
}

/** Whether the error occurred on an established connection: in reading, in writing, or in the peer's data. */
function wasConnected({ code = "", syscall }: NodeJS.ErrnoException): boolean {
  return syscall === "read" || syscall === "write" || code === "ECONNRESET" || code === "EPIPE" || code.startsWith("WS_ERR_");
}

function isOversizeFrame({ error }: Closed): boolean {
  return error?.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
}

function failure(key: ErrorKey, values: TextValues, retry: Retry): Failure {
  const said = values["text"] === "" ? WITHOUT_REASON.get(key) : undefined;
  return { error: new AaiError(said ?? key, values), retry, expected: false };
}
