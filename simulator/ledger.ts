import type { SimulatorSession } from "./session";

export interface LedgerState {
  /** Sessions that have not ended: not by the service, and not by the close of their socket. */
  open: number;
  /** Connections since the start, and how many of them got a Begin. */
  connections: number;
  sessions: number;
  /** What the service would bill by now (s), open sessions included. */
  billedSeconds: number;
}

/**
 * What the sessions cost. A session is billed from Begin until its socket closes, by whole seconds, as its Termination says; one whose
 * client vanished is billed until the socket is found closed, one that is forgotten until its cap.
 */
export class Ledger {
  constructor(private readonly all: readonly SimulatorSession[]) {}

  get state(): LedgerState {
    return {
      open: this.openSessions.length,
      connections: this.all.length,
      sessions: this.all.filter((session) => session.record.begunAt !== undefined).length,
      billedSeconds: this.all.reduce((sum, session) => sum + session.billedSeconds, 0),
    };
  }

  get openSessions(): readonly SimulatorSession[] {
    return this.all.filter((session) => session.isOpen);
  }
}
