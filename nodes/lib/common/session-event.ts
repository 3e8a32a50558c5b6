import { isObject } from "./json";

/** A session event of the streaming node's third output, as it arrives at another node: nothing of it is certain but that it is one. */
export interface SessionEvent {
  event: string;
  payload?: unknown;
  sessionId?: unknown;
  topic?: unknown;
  listening?: unknown;
}

/**
 * The session event that a message is, or that it carries as one object in its payload, as it comes from another machine by way of MQTT.
 * @returns undefined where it is none
 */
export function readSessionEvent(msg: { event?: unknown; payload?: unknown }): SessionEvent | undefined {
  if (isSessionEvent(msg)) return msg;
  return isSessionEvent(msg.payload) ? msg.payload : undefined;
}

function isSessionEvent(value: unknown): value is SessionEvent {
  return isObject(value) && typeof value["event"] === "string";
}
