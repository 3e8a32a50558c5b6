import type { Account } from "../assemblyai/account";
import type { Clock } from "../common/clock";
import type { Connect } from "../assemblyai/connection";
import type { AaiError } from "../common/errors";
import type { BeginMessage } from "../assemblyai/protocol";
import type { AccountAt, SessionAccount } from "../session/session-summary";
import type { StreamingSettings } from "../speech-to-text/settings";

/** What streams, their transcriptions and the relays of their sessions have in common. */

/** What they open sessions with. */
export interface ListeningOptions {
  clock: Clock;
  connect: Connect;
  /** @throws AaiError where no usable account is set up */
  account: () => Account;
  settings: StreamingSettings;
}

/** What they tell of sessions. */
export interface ListeningHandlers {
  /** @param account the session's account, if it ended at that moment for this reason */
  begun(begin: BeginMessage, account: AccountAt): void;
  terminated(account: SessionAccount): void;
  warning(error: AaiError): void;
  /** Something that the status shows has changed. */
  changed(): void;
}
