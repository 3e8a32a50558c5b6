import type { Account } from "../assemblyai/account";
import type { Connect } from "../assemblyai/connection";
import type { SessionLine } from "../assemblyai/session-line";
import type { TurnEvent } from "../assemblyai/turn-assembler";
import type { Clock } from "../common/clock";
import type { JsonObject } from "../common/json";
import type { AaiError } from "../common/errors";
import type { SessionEvent } from "../session/session";
import type { SessionSummary } from "../session/session-summary";
import type { SpeechDetector } from "../voice/silero";
import type { WakeWord } from "../wakeword/wake-word";
import type { Reconnecting } from "./reconnection";
import type { StreamingSettings } from "./stream-settings";

/** A stream's means to open sessions. */
export interface ListeningOptions {
  clock: Clock;
  connect: Connect;
  /** @throws AaiError where no usable account is set up */
  account: () => Account;
  /** where streams wait whose account has no line of its own */
  line: SessionLine;
  settings: StreamingSettings;
  /** what `configure` has changed of the settings by now, for the sessions of the next occasion to listen */
  configuration: () => JsonObject;
  /** makes what judges frames of audio; by default the package's own network */
  voiceDetector?: (() => SpeechDetector) | undefined;
  /** whether wake words are only tried now: they open nothing */
  wakeWordsOnTrial?: (() => boolean) | undefined;
  /** whether somebody looks on, who is to see the level */
  isWatched?: (() => boolean) | undefined;
}

/** The events of a stream: everything that its node has to send, show or report. */
export type StreamEvent =
  /** Someone has said a wake word. `onTrial`: it opens nothing, and no flow is to know */
  | { type: "called"; word: WakeWord; probability: number; onTrial: boolean }
  | Extract<SessionEvent, { type: "begun" | "warning" }>
  /** `number` counts the stream's turns from 1, through all its sessions; a partial has the number that its final will have */
  | { type: "turn"; turn: TurnEvent; sessionId: string; number: number }
  | (Extract<SessionEvent, { type: "message" }> & { sessionId: string })
  /** `replaced`: another session takes its place, without anything being started anew */
  | { type: "terminated"; summary: SessionSummary; replaced: boolean }
  /** `sessionId` of the session that broke off, if it had begun */
  | { type: "reconnecting"; info: Reconnecting; sessionId: string | undefined }
  /** No session could be had, and none will be tried until something is started anew. */
  | { type: "failed"; error: AaiError }
  | { type: "error"; error: AaiError }
  /** The status has changed. */
  | { type: "changed" };

export type Emit = (event: StreamEvent) => void;
