import type { Account } from "../assemblyai/account";
import type { Clock } from "../common/clock";
import type { Connect } from "../assemblyai/connection";
import type { AaiError } from "../common/errors";
import type { BeginMessage } from "../assemblyai/protocol";
import type { Reconnecting } from "./reconnection";
import type { TurnEvent } from "../assemblyai/turn-assembler";
import type { SummaryAt, SessionSummary } from "../session/session-summary";
import type { StreamingSettings } from "./stream-settings";

/** What streams, their transcriptions and the relays of their sessions have in common. */

/** What they open sessions with. */
export interface ListeningOptions {
  clock: Clock;
  connect: Connect;
  /** @throws AaiError where no usable account is set up */
  account: () => Account;
  settings: StreamingSettings;
}

/** What a stream emits: everything that its node has to send, show or report. */
export type StreamEvent =
  /** @param summary the session's summary, if it ended at that moment for this reason */
  | { type: "begun"; begin: BeginMessage; summary: SummaryAt }
  /** `number` counts the stream's turns from 1, through all its sessions; a partial has the number that its final will have */
  | { type: "turn"; turn: TurnEvent; sessionId: string; number: number }
  | { type: "terminated"; summary: SessionSummary }
  /** @param sessionId of the session that broke off, if it had begun */
  | { type: "reconnecting"; info: Reconnecting; sessionId: string | undefined }
  | { type: "error"; error: AaiError }
  | { type: "warning"; error: AaiError }
  /** Something that the status shows has changed. */
  | { type: "changed" };

export type Emit = (event: StreamEvent) => void;
