import type { BeginMessage, TurnMessage } from "../assemblyai/protocol";
import type { SessionSummary } from "../session/session-summary";
import type { Reconnecting } from "../stream/reconnection";
import type { TurnEvent } from "../assemblyai/turn-assembler";

/** What leaves the streaming node. Each message is made anew, as a flow may change it; the session still works with the server's. */
type Origin = {
  sessionId?: string;
  topic?: string;
};

export type TurnOutput = Origin & {
  payload: string;
  final: boolean;
  /** the server's message, as received */
  turn: TurnMessage;
  /** counts the turns of the stream from 1, through all its sessions */
  turnNumber: number;
};

export type SessionOutput = Origin &
  (
    | { event: "begin"; payload: BeginMessage }
    | { event: "termination"; payload: SessionSummary; action?: "stop" }
    | { event: "reconnecting"; payload: Reconnecting }
  );

export function turnOutput(event: TurnEvent, sessionId: string, turnNumber: number, topic: string | undefined): TurnOutput {
  return { payload: event.text, final: event.final, turn: structuredClone(event.turn), turnNumber, sessionId, ...withTopic(topic) };
}

export function beginOutput(begin: BeginMessage, topic: string | undefined): SessionOutput {
  return { event: "begin", payload: structuredClone(begin), sessionId: begin.id, ...withTopic(topic) };
}

/** @param stopsMicrophone whether a microphone that is wired to this output is to stop when a session ends for silence */
export function terminationOutput(summary: SessionSummary, topic: string | undefined, stopsMicrophone: boolean): SessionOutput {
  const action = summary.reason === "silence" && stopsMicrophone ? { action: "stop" as const } : {};
  return { event: "termination", payload: summary, sessionId: summary.sessionId, ...withTopic(topic), ...action };
}

/** @param sessionId of the session that broke off, if it had begun */
export function reconnectingOutput(info: Reconnecting, sessionId: string | undefined, topic: string | undefined): SessionOutput {
  return { event: "reconnecting", payload: info, ...(sessionId === undefined ? {} : { sessionId }), ...withTopic(topic) };
}

function withTopic(topic: string | undefined): { topic?: string } {
  return topic === undefined ? {} : { topic };
}
