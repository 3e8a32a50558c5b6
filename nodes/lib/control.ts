import { AaiError } from "./errors";

/** The part of a message that can carry a command. */
export interface ControlMessage {
  action?: unknown;
  payload?: unknown;
}

/**
 * The command that a message carries in `msg.action`, or undefined where it carries none.
 * @param accepted the actions that the node knows, as they are shown to the user when another one comes
 * @throws AaiError AAI_ACTION for anything else than one of them
 */
export function readAction<Action extends string>(msg: ControlMessage, accepted: readonly Action[]): Action | undefined {
  if (msg.action === undefined || msg.action === null) return undefined;
  const action = accepted.find((known) => known === msg.action);
  if (action === undefined) throw unknownAction(msg.action, accepted);
  return action;
}

/** The error for a command, or a payload in the place of one, that a node does not know. */
export function unknownAction(value: unknown, accepted: readonly string[]): AaiError {
  return new AaiError("AAI_ACTION", { value: describe(value), accepted: accepted.join(", ") });
}

/** A short form of any value that is safe in an error text: no transcript or audio is quoted at length. */
export function describe(value: unknown): string {
  if (typeof value === "string") return value.length > 80 ? `${value.slice(0, 80)}…` : value;
  if (Buffer.isBuffer(value)) return `Buffer of ${value.length} bytes`;
  if (Array.isArray(value)) return "array";
  return typeof value === "object" && value !== null ? "object" : String(value);
}
