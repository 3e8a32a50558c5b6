import type { Measured } from "./assumptions";
import type { Probe } from "./probe";

/** A session that is over. */
export type Session = Pick<Probe, "openedAt" | "begunAt" | "terminateAt" | "ended" | "error" | "endCode" | "termination">;

/** Where Begin comes sooner than this, rounding hides from where the seconds are counted. */
const TELLING_MS = 500;

/** What several sessions show together. */
export function across(probes: readonly Session[]): Measured {
  return { ...errors(probes), ...billedFrom(probes) };
}

/** The order of Error, Termination and close, in each session that the service has ended with an error. */
function errors(probes: readonly Session[]): Measured {
  const failed = probes.flatMap((probe) => (probe.ended && probe.terminateAt === undefined && probe.endCode !== 1006 ? [probe] : []));
  if (failed.length === 0) return {};
  const wrong = failed.filter(({ error, ended }) => error?.error_code === undefined || error.error_code !== ended?.closed.code);
  const terminated = failed.filter(({ termination }) => termination);
  return {
    "error-close": {
      seen: wrong.length === 0 ? "always" : `otherwise in ${wrong.length} of ${failed.length} sessions`,
      equal: wrong.length === 0,
    },
    "error-termination": {
      seen: terminated.length === 0 ? "never" : `in ${terminated.length} of ${failed.length} sessions`,
      equal: terminated.length === 0,
    },
  };
}

/**
 * The service says whole seconds, and whether it rounds them is not known. So the mean over all sessions decides which of both moments is
 * nearer: that of Begin, or that of the open socket, which comes earlier by the time that Begin takes.
 */
function billedFrom(probes: readonly Session[]): Measured {
  const sessions = probes.flatMap(({ termination, openedAt, begunAt }) =>
    termination && openedAt !== undefined && begunAt !== undefined
      ? [{ end: termination.at, seconds: termination.message.session_duration_seconds, openedAt, begunAt }]
      : [],
  );
  if (sessions.length === 0) return {};
  const mean = (of: (session: (typeof sessions)[number]) => number) =>
    sessions.reduce((sum, session) => sum + of(session), 0) / sessions.length;
  const fromBegin = mean(({ end, seconds, begunAt }) => seconds * 1000 - (end - begunAt));
  const fromOpen = mean(({ end, seconds, openedAt }) => seconds * 1000 - (end - openedAt));
  if (fromBegin - fromOpen < TELLING_MS) return {};
  const isBegin = Math.abs(fromBegin) <= Math.abs(fromOpen);
  const told = (ms: number) => `${ms >= 0 ? "+" : "−"}${Math.abs(ms / 1000).toFixed(1)} s`;
  return {
    "seconds-from": {
      seen: `${isBegin ? "Begin" : "the open socket"} (${told(fromBegin)} from Begin, ${told(fromOpen)} from open)`,
      equal: isBegin,
    },
  };
}
