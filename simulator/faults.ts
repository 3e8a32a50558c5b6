/**
 * What can go wrong with a connection, on demand.
 */

/**
 * When a fault strikes: a time after Begin, after an amount of audio received, or in the middle of the n-th word of the session (from 1).
 */
export type Moment = { afterMs: number } | { afterAudioMs: number } | { inWord: number };

export type Fault =
  /** The upgrade is answered with an HTTP status (401, 429, 503). */
  | { kind: "refuse"; status: number }
  /** "Too many concurrent sessions": the service was documented with both codes. */
  | { kind: "rate-limit"; code: 1008 | 3009 }
  /** Closed right after the upgrade, without a message; without a code the TCP connection is cut. */
  | { kind: "close-before-begin"; code?: number }
  | { kind: "late-begin"; ms: number }
  /** The TCP connection is cut without a close frame: 1006 at the client. */
  | { kind: "drop"; at: Moment }
  /** An Error message, and a close with its code. `typeless`: the message lacks its `type`. */
  | { kind: "error"; at: Moment; code: number; text?: string; typeless?: boolean }
  /** A close frame without an Error message. */
  | { kind: "close"; at: Moment; code: number; reason?: string }
  /** After Terminate the turns are flushed, but Termination never comes; `close` says whether the socket is closed then. */
  | { kind: "no-termination"; close: boolean }
  /** The service stops reading, sending and answering pings; the TCP connection stays open. */
  | { kind: "stall"; at: Moment }
  /** Any frame: a string as it is, bytes as a binary frame, an object as JSON. */
  | { kind: "send"; at: Moment; data: string | Uint8Array | object };

const ERROR_TEXTS: Record<number, string> = {
  1008: "Unauthorized Connection: Invalid API key",
  3005: "Session Cancelled: An error occurred",
  3006: "User Input Validation Error: Invalid Message",
  3007: "Audio Transmission Rate Exceeded: Received 301.0 sec. audio in 1.0 sec",
  3008: "Session Expired: Maximum session duration exceeded",
  3009: "Unauthorized Connection: Too many concurrent sessions",
};

export function errorText(code: number): string {
  return ERROR_TEXTS[code] ?? "Session Cancelled: An error occurred";
}

/** An HTTP status that refuses. Node.js throws for numbers that are not a status. */
export function isErrorStatus(status: number): boolean {
  return Number.isInteger(status) && status >= 400 && status <= 599;
}

/** A code that a close frame may carry (RFC 6455, 7.4): `ws` throws for any other. */
function isCloseCode(code: number): boolean {
  return (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code <= 4999);
}

/** The longest delay of a timer (24 days). */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface Named {
  name: string;
  /** What the fault's numbers mean, for --help; each has a default. */
  numbers: string;
  parse(first?: number, second?: number): Fault;
}

/** The faults by their names on the command line. "Audio" means audio that the simulator has received. */
export const NAMED_FAULTS: readonly Named[] = [
  { name: "refuse", numbers: "HTTP status (503)", parse: (status = 503) => ({ kind: "refuse", status }) },
  { name: "rate-limit", numbers: "1008 or 3009 (3009)", parse: (code) => ({ kind: "rate-limit", code: code === 1008 ? 1008 : 3009 }) },
  {
    name: "close-before-begin",
    numbers: "close code (none: the connection is cut)",
    parse: (code) => ({ kind: "close-before-begin", ...(code === undefined ? {} : { code }) }),
  },
  { name: "late-begin", numbers: "ms (3000)", parse: (ms = 3000) => ({ kind: "late-begin", ms }) },
  { name: "drop", numbers: "ms of audio (2000)", parse: (ms = 2000) => ({ kind: "drop", at: { afterAudioMs: ms } }) },
  { name: "drop-after", numbers: "ms since Begin (2000)", parse: (ms = 2000) => ({ kind: "drop", at: { afterMs: ms } }) },
  { name: "drop-in-word", numbers: "which word (2)", parse: (word = 2) => ({ kind: "drop", at: { inWord: word } }) },
  {
    name: "error",
    numbers: "code (3005), ms since Begin (5000)",
    parse: (code = 3005, ms = 5000) => ({ kind: "error", code, at: { afterMs: ms } }),
  },
  {
    name: "typeless-error",
    numbers: "code (3005), ms since Begin (5000)",
    parse: (code = 3005, ms = 5000) => ({ kind: "error", code, typeless: true, at: { afterMs: ms } }),
  },
  {
    name: "close",
    numbers: "code (1011), ms since Begin (2000)",
    parse: (code = 1011, ms = 2000) => ({ kind: "close", code, at: { afterMs: ms } }),
  },
  {
    name: "no-termination",
    numbers: "1: closes the socket (0: leaves it open)",
    parse: (close) => ({ kind: "no-termination", close: close === 1 }),
  },
  { name: "stall", numbers: "ms of audio (2000)", parse: (ms = 2000) => ({ kind: "stall", at: { afterAudioMs: ms } }) },
  { name: "unknown-message", numbers: "ms since Begin (1000)", parse: (ms = 1000) => sending({ type: "Surprise", value: 1 }, ms) },
  { name: "malformed-message", numbers: "ms since Begin (1000)", parse: (ms = 1000) => sending('{"type":"Turn","words":', ms) },
  {
    name: "warning",
    numbers: "ms since Begin (1000)",
    parse: (ms = 1000) => sending({ type: "Warning", warning_code: 1234, warning: "A warning of the simulator's" }, ms),
  },
];

function sending(data: string | object, afterMs: number): Fault {
  return { kind: "send", data, at: { afterMs } };
}

/**
 * Reads `NAME[:NUMBER[:NUMBER]][@CONNECTION]`, for example `drop:2000@1`: the first connection is dropped after 2 s of audio. Without
 * a connection the fault strikes every one.
 * @throws Error that names what is accepted
 */
export function parseFault(text: string): { fault: Fault; connection: number | undefined } {
  const parts = /^([\w-]+)(?::(\d+))?(?::(\d+))?(?:@(\d+))?$/.exec(text);
  const named = NAMED_FAULTS.find((known) => known.name === parts?.[1]);
  if (!parts || !named) {
    throw new Error(
      `unknown fault "${text}": use NAME[:NUMBER[:NUMBER]][@CONNECTION] with one of ${NAMED_FAULTS.map((known) => known.name).join(", ")}`,
    );
  }
  const [first, second, connection] = parts.slice(2).map((digits) => (digits === undefined ? undefined : Number(digits)));
  const fault = named.parse(first, second);
  const accepted = Math.max(first ?? 0, second ?? 0) > LONGEST_TIMER_MS ? `at most ${LONGEST_TIMER_MS}` : acceptedOf(fault);
  if (accepted !== undefined) throw new Error(`fault "${text}": the number is ${accepted}`);
  return { fault, connection };
}

/** What a fault's number must be, where it is something else: such a number would end the simulator when the fault strikes. */
function acceptedOf(fault: Fault): string | undefined {
  if (fault.kind === "refuse") return isErrorStatus(fault.status) ? undefined : "an HTTP status from 400 to 599";
  if (!("code" in fault) || fault.code === undefined || isCloseCode(fault.code)) return undefined;
  return "a close code: 1000 to 1014 but for 1004 to 1006, or 3000 to 4999";
}
