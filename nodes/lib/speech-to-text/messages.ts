import { turnSpeaker, type BeginMessage, type ServerMessage, type TurnMessage } from "../assemblyai/protocol";
import type { BudgetLevel } from "../billing/budget";
import type { BilledSummary } from "../billing/session-book";
import type { AaiError, ErrorCode } from "../common/errors";
import type { Reconnecting } from "../stream/reconnection";
import type { TurnEvent } from "../assemblyai/turn-assembler";
import type { WakeWord } from "../wakeword/wake-word";

/** The streaming node's output. Each message is a copy, because a flow may change it while the session still uses the server's. */
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
  /** where the service tells one apart */
  speaker?: string;
};

/** Has no `action`: MQTT and other core nodes take that for a command of their own. */
export type SessionOutput = Origin & {
  /**
   * Whether the stream goes on to its next session by itself, without anything being started anew. Absent in a termination that comes
   * late, after a restart or a deploy: nothing can be said of a stream of those days.
   */
  listening?: boolean;
} & (
    | { event: "wake"; payload: { wakeWord: string; probability: number } }
    | { event: "begin"; payload: BeginMessage }
    | { event: "termination"; payload: BilledSummary }
    | { event: "reconnecting"; payload: Reconnecting }
    | { event: "failed"; payload: { code: ErrorCode; message: string } }
    | { event: "budget"; payload: BudgetLevel }
  );

/** A message of the service that the engine does not use. `event` is its type in kebab case. */
export type ServerOutput = Origin & { event: string; payload: ServerMessage; listening: boolean };

export type EventOutput = SessionOutput | ServerOutput;

export function turnOutput(event: TurnEvent, sessionId: string, turnNumber: number, topic: string | undefined): TurnOutput {
  const speaker = turnSpeaker(event.turn);
  const output = { payload: event.text, final: event.final, turn: structuredClone(event.turn), turnNumber, sessionId, ...withTopic(topic) };
  return speaker === undefined ? output : { ...output, speaker };
}

export function wakeOutput({ name }: WakeWord, probability: number, topic: string | undefined): SessionOutput {
  return { event: "wake", payload: { wakeWord: name, probability }, ...withTopic(topic), listening: true };
}

export function beginOutput(begin: BeginMessage, topic: string | undefined, listening: boolean): SessionOutput {
  return { event: "begin", payload: structuredClone(begin), sessionId: begin.id, ...withTopic(topic), listening };
}

export function serverOutput(message: ServerMessage, sessionId: string, topic: string | undefined, listening: boolean): ServerOutput {
  return { event: eventName(message), payload: structuredClone(message), sessionId, ...withTopic(topic), listening };
}

/** @param listening undefined where it comes late */
export function terminationOutput(summary: BilledSummary, topic: string | undefined, listening?: boolean): SessionOutput {
  const message = { event: "termination" as const, payload: { ...summary }, sessionId: summary.sessionId, ...withTopic(topic) };
  return listening === undefined ? message : { ...message, listening };
}

/** @param sessionId of the session that broke off, if it had begun */
export function reconnectingOutput(info: Reconnecting, sessionId: string | undefined, topic: string | undefined): SessionOutput {
  return { event: "reconnecting", payload: info, ...(sessionId === undefined ? {} : { sessionId }), ...withTopic(topic), listening: true };
}

export function failedOutput({ code, message }: AaiError, topic: string | undefined, listening: boolean): SessionOutput {
  return { event: "failed", payload: { code, message }, ...withTopic(topic), listening };
}

export function budgetOutput(level: BudgetLevel, listening: boolean): SessionOutput {
  return { event: "budget", payload: level, listening };
}

/** The node's own events: a message of the service's is never taken for one of them. */
const OWN_EVENTS: Readonly<Record<SessionOutput["event"], true>> = {
  wake: true,
  begin: true,
  termination: true,
  reconnecting: true,
  failed: true,
  budget: true,
};

/** "LLMGatewayResponse" → "llm-gateway-response" */
function eventName({ type }: ServerMessage): string {
  const name = type
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, "$1-$2")
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1-$2")
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "")
    .toLowerCase();
  return Object.hasOwn(OWN_EVENTS, name) ? `server-${name}` : name;
}

function withTopic(topic: string | undefined): { topic?: string } {
  return topic === undefined ? {} : { topic };
}
