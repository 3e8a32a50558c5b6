import { readAction, type ControlMessage } from "../common/action";

const ACTIONS = ["start", "stop", "flush", "configure"] as const;
/** Payloads that count as commands, as in other speech nodes. */
const PAYLOAD_ACTIONS = ["start", "stop", "flush"];

export interface StreamingInput extends ControlMessage {
  audio?: unknown;
  topic?: unknown;
  /** the first message of a recording, as the microphone marks it */
  first?: unknown;
}

export type StreamingAction = (typeof ACTIONS)[number];

/**
 * The command that a message carries, in `msg.action` or as its payload; undefined for audio.
 * @throws AaiError AAI_ACTION for an unknown action
 */
export function readStreamingAction({ action, payload }: StreamingInput): StreamingAction | undefined {
  const isCommand = (action === undefined || action === null) && typeof payload === "string" && PAYLOAD_ACTIONS.includes(payload);
  return readAction({ action: isCommand ? payload : action }, ACTIONS);
}
