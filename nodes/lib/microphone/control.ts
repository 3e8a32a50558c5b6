import { describe } from "../common/describe";
import { readAction, type ControlMessage } from "../common/action";
import { AaiError } from "../common/errors";

export type MicrophoneAction = "start" | "stop" | "toggle";

const ACTIONS = ["start", "stop", "toggle"] as const;

/** The events of the streaming node's third output, which a user wires to the microphone so that it stops with the session. */
const SESSION_EVENTS: ReadonlySet<unknown> = new Set(["begin", "termination", "reconnecting"]);

/**
 * What a message asks the microphone to do: `msg.action`, or a payload of "start", "stop", "toggle", true or false.
 * @returns undefined for a session event without an action, which asks for nothing
 * @throws AaiError AAI_ACTION for anything else
 */
export function readMicrophoneAction(msg: ControlMessage & { event?: unknown }): MicrophoneAction | undefined {
  const action = readAction(msg, ACTIONS);
  if (action !== undefined) return action;
  if (msg.payload === true) return "start";
  if (msg.payload === false) return "stop";
  const named = ACTIONS.find((known) => known === msg.payload);
  if (named === undefined && !SESSION_EVENTS.has(msg.event)) {
    throw new AaiError("AAI_ACTION/payload", { kind: kindOf(msg.payload), accepted: [...ACTIONS, "true", "false"].join(", ") });
  }
  return named;
}

/** A payload is named by its kind, never quoted: it may be a transcript. */
function kindOf(payload: unknown): string {
  return typeof payload === "string" ? `string[${payload.length}]` : describe(payload);
}
