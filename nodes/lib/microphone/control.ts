import { describe } from "../common/describe";
import { readAction, type ControlMessage } from "../common/action";
import { AaiError } from "../common/errors";
import { readSessionEvent, type SessionEvent } from "../common/session-event";
import type { MicrophoneSettings } from "./settings";

export type MicrophoneAction = "start" | "stop" | "toggle";

const ACTIONS = ["start", "stop", "toggle"] as const;

/** Which sessions a microphone stops with. */
type Companion = Pick<MicrophoneSettings, "stopWithSession" | "topic">;

/**
 * What a message asks the microphone to do: `msg.action`, or a payload of "start", "stop", "toggle", true or false. A session event asks
 * for a stop where its stream does not go on by itself, and for nothing otherwise.
 * @returns undefined where it asks for nothing
 * @throws AaiError AAI_ACTION for anything else
 */
export function readMicrophoneAction(msg: ControlMessage & { event?: unknown }, microphone: Companion): MicrophoneAction | undefined {
  const action = readAction(msg, ACTIONS);
  if (action !== undefined) return action;
  const session = readSessionEvent(msg);
  if (session) return isLastOf(session, microphone) ? "stop" : undefined;
  if (msg.payload === true) return "start";
  if (msg.payload === false) return "stop";
  const named = ACTIONS.find((known) => known === msg.payload);
  if (named === undefined) {
    throw new AaiError("AAI_ACTION/payload", { kind: kindOf(msg.payload), accepted: [...ACTIONS, "true", "false"].join(", ") });
  }
  return named;
}

/** Whether nobody listens to this microphone any more. One without a topic has no other's to mind. */
function isLastOf({ event, topic, listening }: SessionEvent, microphone: Companion): boolean {
  if (!microphone.stopWithSession || listening !== false) return false;
  return (event === "termination" || event === "failed") && (microphone.topic === "" || microphone.topic === topic);
}

/** A payload is named by its kind, never quoted: it may be a transcript. */
function kindOf(payload: unknown): string {
  return typeof payload === "string" ? `string[${payload.length}]` : describe(payload);
}
