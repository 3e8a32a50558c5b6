import type { TurnMessage } from "../assemblyai/protocol";
import type { Stretch } from "../audio/timeline";
import { wholeText, type TurnEvent } from "../assemblyai/turn-assembler";

/** Word times are estimates, and differ from one hearing to the next: a word that begins this soon after what was heard is not another. */
const TOLERANCE_MS = 500;

interface Unfinished {
  turn: TurnMessage;
  sessionId: string;
  /** the words that were not heard again yet, and where on the timeline each begins */
  words: { text: string; at: number }[];
}

/**
 * The turns whose session went away before their final. Another session hears them again; what it never comes to hear, because it is
 * ended or lost before, is still known from the last partial, and must come out.
 */
export class UnfinishedTurns {
  private turns: Unfinished[] = [];
  private readonly tolerance: number;

  /** @param samplesPerMs of the timeline */
  constructor(samplesPerMs: number) {
    this.tolerance = TOLERANCE_MS * samplesPerMs;
  }

  /** @param positionOf where on the timeline a time of the turn's session lies */
  add(turn: TurnMessage, sessionId: string, positionOf: (ms: number) => number): void {
    const words = (turn.words ?? []).map(({ text, start }) => ({ text, at: positionOf(start) }));
    this.turns.push({ turn, sessionId, words });
  }

  /** A later session has heard everything in this stretch. A turn without word times counts as heard with the first of them. */
  heard({ from, until }: Stretch): void {
    for (const turn of this.turns) turn.words = turn.words.filter(({ at }) => at < from || at >= until + this.tolerance);
    this.turns = this.turns.filter(({ words }) => words.length > 0);
  }

  /** What was not heard again, as finals, which it keeps no longer. */
  take(): { event: TurnEvent; sessionId: string }[] {
    const left = this.turns;
    this.turns = [];
    return left.map(({ turn, sessionId, words }) => {
      const isWhole = words.length === (turn.words ?? []).length;
      const text = isWhole ? wholeText(turn) : words.map((word) => word.text).join(" ");
      return { event: { final: true, text, turn }, sessionId };
    });
  }
}
