import { turnText, type TurnMessage } from "../nodes/lib/assemblyai/protocol";
import type { Seen } from "./assumptions";
import type { Heard, Probe } from "./probe";

export function secondsOf(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** `ms` after what it follows; what comes before that does not follow it. */
export function within(ms: number, limit: number): Seen {
  return { seen: secondsOf(ms), equal: ms >= 0 && ms <= limit };
}

/** `ms` before the right time, or after it where it is negative. */
export function early(ms: number, mostEarly: number, mostLate: number): Seen {
  return { seen: `${secondsOf(Math.abs(ms))} ${ms >= 0 ? "early" : "late"}`, equal: ms <= mostEarly && ms >= -mostLate };
}

/** The code with which the service has ended the session. */
export function endedWith(probe: Probe, code: number): Seen {
  const { endCode, httpStatus } = probe;
  const seen = httpStatus === undefined ? (endCode ?? "session goes on") : `HTTP ${httpStatus}`;
  return { seen: String(seen), equal: httpStatus === undefined && endCode === code };
}

/** Message types where there should be none. */
export function listed(nothing: string, types: readonly string[]): Seen {
  return { seen: types.length === 0 ? nothing : `${types.length} of ${[...new Set(types)].join(", ")}`, equal: types.length === 0 };
}

export function typeOf({ frame }: Heard): string {
  return frame.kind === "other" ? frame.message.type : frame.kind;
}

/** Turns with a text, in the order in which they came. */
export function turnsOf({ heard }: Probe): { at: number; turn: TurnMessage }[] {
  return heard.flatMap(({ at, frame }) => (frame.kind === "turn" && turnText(frame.message) !== "" ? [{ at, turn: frame.message }] : []));
}
