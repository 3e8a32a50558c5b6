import type { Asked } from "../assemblyai/parameter-warnings";
import { addOnsOf, hourlyRate, sessionCost } from "../billing/pricing";
import type { BilledAt, BilledSummary } from "../billing/session-book";
import type { SessionSummary, SummaryAt } from "../session/session-summary";

interface RunningSession {
  asked: Asked;
  summary: SummaryAt;
  /** the highest so far, in USD per hour */
  rate: number;
}

interface BilledSession {
  summary: BilledAt;
  topic: string | undefined;
  /** USD per hour */
  readonly rate: number;
}

/**
 * What the sessions of a node cost, by what each was asked for. `configure` may change that while a session runs: an add-on that was on for
 * a while counts for all of it, so that no bill is larger than what was shown.
 */
export class SessionCosts {
  /** by id */
  private readonly running = new Map<string, RunningSession>();

  /** @returns what the book needs: the session's cost at any moment */
  begun(sessionId: string, topic: string | undefined, asked: Asked, summary: SummaryAt): BilledSession {
    const session = { asked, summary, rate: 0 };
    this.running.set(sessionId, session);
    return {
      summary: (reason) => withCost(summary(reason), rateOf(session)),
      topic,
      get rate() {
        return rateOf(session);
      },
    };
  }

  /** Sessions may be asked for something else from now on. */
  changed(): void {
    for (const session of this.running.values()) rateOf(session);
  }

  ended(summary: SessionSummary): { summary: BilledSummary; rate: number } {
    const session = this.running.get(summary.sessionId);
    this.running.delete(summary.sessionId);
    const rate = session ? rateOf(session) : hourlyRate(summary.model);
    return { summary: withCost(summary, rate), rate };
  }
}

function rateOf(session: RunningSession): number {
  const { model } = session.summary("crash");
  session.rate = Math.max(session.rate, hourlyRate(model, addOnsOf(session.asked)));
  return session.rate;
}

function withCost(summary: SessionSummary, rate: number): BilledSummary {
  return { ...summary, costUsd: sessionCost(summary.sessionSeconds, rate) };
}
