/**
 * Behaviours that are known to differ from the service's, or from what is assumed of it, on demand: with each of them `assemblyai-check`
 * must name the one assumption that no longer holds.
 */
export const DEVIATIONS = {
  "turns-in-silence": "an empty partial turn every 3 s, also where nobody speaks",
  "short-messages": "takes any number of messages of less than 50 ms",
  "billed-from-open": "Termination counts from the open connection, not from Begin",
  "bare-close": "closes with a code where it would send an Error first",
  "pings-count": "a WebSocket ping puts off inactivity_timeout",
  "unknown-fields": "refuses an UpdateConfiguration with a field that it does not know",
} as const;

export type Deviation = keyof typeof DEVIATIONS;

/** @throws Error that names what is accepted */
export function parseDeviation(text: string): Deviation {
  const names = Object.keys(DEVIATIONS) as Deviation[];
  const found = names.find((name) => name === text);
  if (found === undefined) throw new Error(`unknown deviation "${text}": use one of ${names.join(", ")}`);
  return found;
}
