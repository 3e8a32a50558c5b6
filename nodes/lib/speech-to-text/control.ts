import { readAction, type ControlMessage } from "../common/action";
import { readConfiguration } from "../assemblyai/update-configuration";
import type { Streams } from "./streams";

const ACTIONS = ["start", "stop", "flush", "configure"] as const;
/** A payload that is meant as a command, by those who send it to other speech nodes. */
const PAYLOAD_ACTIONS = ["start", "stop", "flush"];

export interface StreamingInput extends ControlMessage {
  audio?: unknown;
  topic?: unknown;
  /** the first message of a recording, as the microphone marks it */
  first?: unknown;
}

/** The part of the streams that messages lead. */
type Led = Pick<Streams, "audio" | "start" | "stop" | "flush" | "configure">;

/**
 * Does what one message asks for: a command in `msg.action`, or else audio in `msg.payload`.
 * @throws AaiError for a message that is neither, and for audio or parameters that cannot be taken
 */
export function handleStreamingInput(streams: Led, { action, payload, audio, topic, first }: StreamingInput): void {
  switch (readAction({ action }, ACTIONS)) {
    case "start":
      return streams.start(topic);
    case "stop":
      return streams.stop(topic);
    case "flush":
      return streams.flush(topic);
    case "configure":
      return streams.configure(readConfiguration(payload), topic);
    case undefined:
      if (typeof payload === "string" && PAYLOAD_ACTIONS.includes(payload)) {
        return handleStreamingInput(streams, { action: payload, topic });
      }
      return streams.audio(payload, audio, topic, first === true);
  }
}
