import type { TurnMessage } from "../assemblyai/protocol";
import type { Stretch } from "../audio/timeline";
import { wholeText, type TurnEvent } from "../assemblyai/turn-assembler";

/** Word times are estimates, and differ from one hearing to the next: a word that ends this soon after what was heard is not another. */
const TOLERANCE_MS = 500;

interface Unfinished {
  turn: TurnMessage;
  sessionId: string;
  /** the words that were not heard again yet, and where on the timeline each ends: after silence, the service places starts up to 1 s early */
  words: { text: string; end: number }[];
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

  /**
   * The session gave these turns no final. What it was heard to say takes the place of what an earlier session said there.
   * @param from position of the first sample that the session was sent
   * @param positionOf where on the timeline a time of the session lies
   */
  add(turns: TurnMessage[], sessionId: string, from: number, positionOf: (ms: number) => number): void {
    const added = turns.map((turn) => {
      const words = (turn.words ?? []).map(({ text, end }) => ({ text, end: positionOf(end) }));
      return { turn, sessionId, words };
    });
    const ends = added.flatMap(({ words }) => words.map(({ end }) => end));
    if (ends.length > 0) this.heard({ from, until: Math.max(...ends) });
    this.turns.push(...added);
  }

  /** A later session has heard everything in this stretch. A turn without word times counts as heard with the first of them. */
  heard({ from, until }: Stretch): void {
    for (const turn of this.turns) turn.words = turn.words.filter(({ end }) => end <= from || end > until + this.tolerance);
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
