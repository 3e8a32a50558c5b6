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
  if (action === undefined) throw new AaiError("AAI_ACTION", { value: describe(msg.action), accepted: accepted.join(", ") });
  return action;
}

/**
 * A short form of any value that is safe in an error text: no transcript or audio is quoted at length. What is no text or number is
 * named as in Node-RED's debug sidebar, which does so in every language alike.
 */
export function describe(value: unknown): string {
  if (typeof value === "string") return value.length > 80 ? `${value.slice(0, 80)}…` : value;
  if (Buffer.isBuffer(value)) return `buffer[${value.length}]`;
  if (Array.isArray(value)) return `array[${value.length}]`;
  return typeof value === "object" && value !== null ? "object" : String(value);
}
