import type { RecogniserStyle } from "./recogniser";

/** How one connection goes, in the order in which they are asked for. */
export interface ConnectionPlan {
  /** ms from the request to the open socket */
  openMs: number;
  /** ms from there to Begin; absent: none comes */
  beginMs?: number;
  /** in Begin's place */
  refusal?: { code: number; text: string | null; typed: boolean } | { http: number } | "network";
  /** this Error comes before Begin, and the socket stays open */
  errorFirst?: number;
  /** s until the service closes the session with 3008 */
  expiresS?: number;
  /** ms by which texts come late */
  textDelayMs: number;
  /** ms that a pong takes; absent: none ever comes */
  pongMs?: number;
  /** ms from Terminate to Termination; absent: none comes */
  terminationMs?: number;
  /** While it is on its way, the session that it is to replace ends: so many ms after it was asked for. */
  presentEnds?: { afterMs: number; by: PresentEnd };
}

export const PRESENT_ENDS = ["drop", "close", "terminate"] as const;
export type PresentEnd = (typeof PRESENT_ENDS)[number];

export const AUDIO_FORMS = ["raw", "odd", "wav", "wavs", "stereo", "floats"] as const;
export type AudioForm = (typeof AUDIO_FORMS)[number];

export const ACTIONS = ["start", "stop", "flush", "configure"] as const;
export type Action = (typeof ACTIONS)[number];

/** What a host does from within a message that it receives. */
export type Outcome =
  | "begin"
  | "final"
  | "partial"
  | "termination"
  | "reconnecting"
  | "failed"
  | "budget"
  /** a message of the service's own */
  | "server"
  | "error"
  | "warning"
  | "status";

/** One thing that happens, at a time in ms from the beginning. Each stands for itself: a schedule is shortened by leaving some out. */
export type Step = { at: number; stream: number } & (
  | { do: "say"; words: number }
  | { do: "microphone"; pieceMs: number; rate: number; form: AudioForm; first: boolean }
  | { do: "microphone off" }
  /** Node-RED is busy: pieces of audio come late, all at once */
  | { do: "hold audio"; ms: number }
  | { do: "file"; sentences: number[]; pauseMs: number; rate: number; form: AudioForm }
  | { do: "action"; action: Action }
  | { do: "drop" }
  | { do: "half-open" }
  | { do: "stall"; ms: number }
  | { do: "mute pongs" }
  /** the service sends a frame, or ends the session */
  | { do: "error"; code: number; text: string | null; typed: boolean; close: boolean }
  | { do: "close"; code: number }
  | { do: "terminate" }
  | { do: "frame"; text: string }
  | { do: "junk" }
  | { do: "account"; usable: boolean }
  | { do: "redeploy" }
  | { do: "crash" }
);

/** The `nth` time that this comes out, the flow does that, at once. */
export interface Reaction {
  stream: number;
  on: Outcome;
  nth: number;
  action: Action | "audio" | "close";
}

export interface Schedule {
  seed: number;
  streams: number;
  properties: Record<string, unknown>;
  style: RecogniserStyle;
  connections: ConnectionPlan[];
  steps: Step[];
  reactions: Reaction[];
  /** whether the node is removed at the end, not redeployed */
  removed: boolean;
}

/** A schedule as a person reads it: one line for each thing. */
export function describeSchedule({ seed, streams, properties, style, connections, steps, reactions, removed }: Schedule): string {
  return [
    `seed ${seed}, ${streams} stream(s), ${JSON.stringify(properties)}, recogniser ${JSON.stringify(style)}, ${removed ? "removed" : "redeployed"} at the end`,
    ...connections.map((plan, index) => `  connection ${index + 1}: ${JSON.stringify(plan)}`),
    ...reactions.map(({ stream, on, nth, action }) => `  at the ${on} no. ${nth} of stream ${stream}: ${action}`),
    ...[...steps].sort((one, other) => one.at - other.at).map(describeStep),
  ].join("\n");
}

function describeStep({ at, stream, do: what, ...more }: Step): string {
  return `  ${(at / 1000).toFixed(3)} s, stream ${stream}: ${what}${Object.keys(more).length > 0 ? ` ${JSON.stringify(more)}` : ""}`;
}
