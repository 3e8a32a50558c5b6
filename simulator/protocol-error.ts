/** Why the service ends a session: sent as an Error message, and as the code of the close that follows it. */
export class ProtocolError extends Error {
  constructor(
    readonly code: number,
    text: string,
  ) {
    super(text);
  }
}

/** The longest quotation of what a client sent, in characters: a close frame and a log hold no more. */
const LONGEST_QUOTE = 100;

/**
 * A value of a client's message, for the error about it. Lists and objects are named, not shown: JSON.parse reads any depth of them,
 * JSON.stringify and String end in a RangeError.
 */
export function quoteJson(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  return String(value).slice(0, LONGEST_QUOTE);
}

/** The close reason that goes with every Error message. */
export const SEE_ERROR = "See Error message for details";
