import type { AaiError } from "../../nodes/lib/common/errors";
import type { SpeechToTextHost } from "../../nodes/lib/speech-to-text/speech-to-text";
import { wordsIn } from "./recogniser";
import type { Outcome, Reaction } from "./schedule";

/** What came out of the engine, in its order. */
export type Came = { at: number; stream: number; generation: number } & (
  | { what: "begin"; sessionId: string }
  | { what: "termination"; sessionId: string; reason: string; costUsd: number }
  | { what: "budget"; usedUsd: number; budgetUsd: number }
  | { what: "reconnecting"; dueAt: number }
  | { what: "failed" | "other" }
  | { what: "final" | "partial"; text: string; words: number[]; number: number; turn: string }
  | { what: "error" | "warning"; code: string; message: string }
);

/** A flow around one engine: writes down what comes out and does, at once, what it is to do at that. */
export class Flow implements SpeechToTextHost {
  private readonly counts = new Map<string, number>();
  /** its process has crashed */
  isDead = false;
  /** the engine can take messages */
  isWired = false;

  constructor(
    readonly generation: number,
    private readonly now: () => number,
    private readonly reactions: readonly Reaction[],
    private readonly came: (entry: Came) => void,
    private readonly react: (reaction: Reaction) => void,
    private readonly streamOf: (topic: string | undefined) => number,
  ) {}

  sendFinal(message: Parameters<SpeechToTextHost["sendFinal"]>[0]): void {
    this.turn("final", message);
  }

  sendPartial(message: Parameters<SpeechToTextHost["sendPartial"]>[0]): void {
    this.turn("partial", message);
  }

  sendEvent(message: Parameters<SpeechToTextHost["sendEvent"]>[0]): void {
    const { event, payload } = message;
    const stream = this.streamOf(message.topic);
    const { reason, costUsd, delaySeconds, usedUsd, budgetUsd } = payload as { [name: string]: unknown };
    const sessionId = message.sessionId ?? "";
    switch (event) {
      case "begin":
        return this.note("begin", stream, { what: "begin", sessionId });
      case "termination":
        return this.note("termination", stream, { what: "termination", sessionId, reason: String(reason), costUsd: Number(costUsd) });
      case "reconnecting":
        return this.note("reconnecting", stream, { what: "reconnecting", dueAt: this.now() + Number(delaySeconds) * 1000 });
      case "budget":
        return this.note("budget", stream, { what: "budget", usedUsd: Number(usedUsd), budgetUsd: Number(budgetUsd) });
      case "failed":
        return this.note("failed", stream, { what: "failed" });
      default:
        return this.note("server", stream, { what: "other" });
    }
  }

  eventsArrive(): boolean {
    return true;
  }

  error({ code, message }: AaiError, topic: string | undefined): void {
    this.note("error", this.streamOf(topic), { what: "error", code, message });
  }

  warn({ code, message }: AaiError): void {
    this.note("warning", 0, { what: "warning", code, message });
  }

  show(): void {
    if (!this.isDead) this.happened("status", 0);
  }

  private turn(what: "final" | "partial", message: Parameters<SpeechToTextHost["sendFinal"]>[0]): void {
    const { payload: text, turnNumber: number, sessionId, turn } = message;
    const entry = { what, text, words: wordsIn(text), number, turn: `${sessionId} ${turn.turn_order}` };
    this.note(what, this.streamOf(message.topic), entry);
  }

  private note(outcome: Outcome, stream: number, entry: DistributiveOmit<Came, "at" | "stream" | "generation">): void {
    if (this.isDead) return;
    this.came({ at: this.now(), stream, generation: this.generation, ...entry });
    this.happened(outcome, stream);
  }

  private happened(on: Outcome, stream: number): void {
    if (!this.isWired) return;
    const key = `${on} ${stream}`;
    const nth = (this.counts.get(key) ?? 0) + 1;
    this.counts.set(key, nth);
    for (const reaction of this.reactions) {
      if (reaction.on === on && reaction.stream === stream && reaction.nth === nth) this.react(reaction);
    }
  }
}

type DistributiveOmit<Union, Keys extends PropertyKey> = Union extends unknown ? Omit<Union, Keys> : never;
