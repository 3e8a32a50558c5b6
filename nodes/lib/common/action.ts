import { describe } from "./describe";
import { AaiError } from "./errors";

/** The part of a message that can carry a command. */
export interface ControlMessage {
  action?: unknown;
  payload?: unknown;
}

/**
 * The command that a message carries in `msg.action`, or undefined where it carries none.
 * @param accepted the actions that the node knows; the error for another one lists them
 * @throws AaiError AAI_ACTION for any other action
 */
export function readAction<Action extends string>(msg: ControlMessage, accepted: readonly Action[]): Action | undefined {
  if (msg.action === undefined || msg.action === null) return undefined;
  const action = accepted.find((known) => known === msg.action);
  if (action === undefined) throw new AaiError("AAI_ACTION", { value: describe(msg.action), accepted: accepted.join(", ") });
  return action;
}
