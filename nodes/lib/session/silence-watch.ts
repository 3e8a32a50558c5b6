import type { Clock } from "../common/clock";
import { IdleTimer } from "../common/idle-timer";

/** On the way to a server that works, or in a busy Node-RED, an answer takes this long at most. */
const LATE_ANSWER_MS = 1_000;

export interface SilenceWatchActions {
  /** Asks the server for a sign of life, which `answered` is to be told of. */
  ask(): void;
  /** Nothing was said for the silence timeout. */
  silent(): void;
}

/**
 * Decides whether a silent session really is silent: a server that has stopped answering is silent too, and may have heard nothing of
 * what is being said. So it is asked for a sign of life shortly before the silence timeout passes.
 *
 *   stopped ──start()──▶ counting ──timeout, server has answered──────────────▶ stopped, silent() called
 *                          │  ▲                                                   ▲
 *          timeout, no answer yet  │                                              │
 *                          ▼  └──text, or an answer that is later──┐              │
 *                        in doubt ─────────────────────────────────┴──answer within 1 s
 */
export class SilenceWatch {
  private readonly clock: IdleTimer;
  private heardAt = 0;
  private askedAt = 0;
  /** the silence timeout passed then, but the server may be cut off rather than silent */
  private doubtSince: number | undefined;

  /** @param timeoutMs 0 = never silent */
  constructor(
    private readonly time: Clock,
    timeoutMs: number,
    private readonly actions: SilenceWatchActions,
  ) {
    this.clock = new IdleTimer(
      time,
      timeoutMs,
      () => this.elapsed(),
      () => this.ask(),
    );
  }

  /** ms until the silence timeout, or undefined where it does not count. */
  get remainingMs(): number | undefined {
    return this.clock.remainingMs;
  }

  /** The clock's time at which the server was last heard from. */
  get lastHeardAt(): number {
    return this.heardAt;
  }

  start(): void {
    this.doubtSince = undefined;
    this.clock.start();
  }

  stop(): void {
    this.doubtSince = undefined;
    this.clock.stop();
  }

  /** The timeout passes in `ms`, unless a text comes before. */
  elapseIn(ms: number): void {
    this.clock.elapseIn(ms);
  }

  /** A message of the server's, whatever it says. */
  messageCame(): void {
    this.heardAt = this.time.now();
  }

  /** Something was said: the whole timeout is ahead again. */
  textCame(): void {
    this.clock.touch();
    if (this.doubtSince !== undefined) this.start();
  }

  /** The server has given the sign of life that it was asked for, or a regular one. */
  answered(): void {
    this.heardAt = this.time.now();
    if (this.doubtSince === undefined) return;
    // An answer that is merely late changes nothing; after a real standstill, the texts are still to come.
    if (this.heardAt - this.doubtSince >= LATE_ANSWER_MS) return this.start();
    this.doubtSince = undefined;
    this.actions.silent();
  }

  private ask(): void {
    this.askedAt = this.time.now();
    this.actions.ask();
  }

  private elapsed(): void {
    if (this.heardAt < this.askedAt) this.doubtSince = this.time.now();
    else this.actions.silent();
  }
}
