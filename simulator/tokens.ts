/**
 * Temporary tokens: `GET /v3/token`, and the sessions that a token allows.
 */
import { randomBytes } from "node:crypto";
import type { Clock } from "../nodes/lib/common/clock";
import { isErrorStatus } from "./faults";
import { ProtocolError } from "./protocol-error";

interface Grant {
  /** On the clock's monotonic time. */
  expiresAt: number;
  maxSessionMs: number;
}

/** The answer to a request for a token. */
export interface TokenAnswer {
  status: number;
  body: Record<string, unknown>;
}

/** The service's own cap of a session, and of what a token may ask for (s). */
const LONGEST_SESSION = 10_800;
/** How many tokens are kept. Beyond that, the oldest is forgotten and counts as unknown. */
const MOST_TOKENS = 1000;

export class Tokens {
  private readonly grants = new Map<string, Grant>();

  constructor(
    private readonly clock: Clock,
    private readonly acceptsKey: (key: string) => boolean,
    private readonly singleUse: boolean,
    private readonly fault: number | undefined,
  ) {
    if (fault !== undefined && !isErrorStatus(fault)) throw new RangeError(`a token fault is an HTTP status from 400 to 599, not ${fault}`);
  }

  /** Answers `GET /v3/token`: 200, 401, or 422 with FastAPI's `detail`, as the service does. */
  request(query: URLSearchParams, authorization: string | undefined): TokenAnswer {
    if (this.fault !== undefined) return { status: this.fault, body: { error: "A fault of the simulator's", code: this.fault } };
    const details = [
      ...(authorization === undefined ? [missing(["header", "authorization"])] : []),
      ...check(query, "expires_in_seconds", 1, 600, true),
      ...check(query, "max_session_duration_seconds", 60, LONGEST_SESSION, false),
    ];
    if (details.length > 0) return { status: 422, body: { detail: details } };
    if (!this.acceptsKey((authorization ?? "").replace(/^Bearer /, ""))) {
      return { status: 401, body: { error: "Unauthorized", code: 401, details: "Invalid API key" } };
    }
    const seconds = Number(query.get("expires_in_seconds"));
    const token = randomBytes(1950).toString("base64url"); // opaque, and about 2.6 kB long, as the service's are
    const maxSessionMs = 1000 * Number(query.get("max_session_duration_seconds") ?? LONGEST_SESSION);
    this.forget();
    this.grants.set(token, { expiresAt: this.clock.now() + 1000 * seconds, maxSessionMs });
    return { status: 200, body: { token, expires_in_seconds: seconds } };
  }

  /** The longest session that a token allows (ms). @throws ProtocolError 1008 where it allows none */
  redeem(token: string): number {
    const grant = this.grants.get(token);
    if (!grant) throw new ProtocolError(1008, "Unauthorized Connection: Invalid API key");
    if (this.clock.now() >= grant.expiresAt) throw new ProtocolError(1008, "Unauthorized Connection: Signature has expired");
    if (this.singleUse) this.grants.delete(token);
    return grant.maxSessionMs;
  }

  /** An expired token is kept for ten more minutes, so that its error differs from that of an unknown one. */
  private forget(): void {
    for (const [token, grant] of this.grants) {
      if (this.clock.now() > grant.expiresAt + 600_000 || this.grants.size >= MOST_TOKENS) this.grants.delete(token);
    }
  }
}

function missing(loc: string[]): object {
  return { type: "missing", loc, msg: "Field required", input: null };
}

function check(query: URLSearchParams, name: string, low: number, high: number, required: boolean): object[] {
  const input = query.get(name);
  const loc = ["query", name];
  if (input === null) return required ? [missing(loc)] : [];
  if (!/^[+-]?\d+$/.test(input)) {
    return [{ type: "int_parsing", loc, msg: "Input should be a valid integer, unable to parse string as an integer", input }];
  }
  if (Number(input) < low) {
    return [{ type: "greater_than_equal", loc, msg: `Input should be greater than or equal to ${low}`, input, ctx: { ge: low } }];
  }
  if (Number(input) > high) {
    return [{ type: "less_than_equal", loc, msg: `Input should be less than or equal to ${high}`, input, ctx: { le: high } }];
  }
  return [];
}
