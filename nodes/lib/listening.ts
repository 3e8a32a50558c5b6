import type { Account } from "./account";
import type { Clock } from "./clock";
import type { Connect } from "./connection";
import type { AaiError } from "./errors";
import type { BeginMessage } from "./protocol";
import type { AccountAt, SessionAccount } from "./session-account";
import type { StreamingSettings } from "./streaming-settings";

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
