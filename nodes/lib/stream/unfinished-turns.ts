import type { TurnMessage } from "../assemblyai/protocol";
import type { Stretch } from "../audio/timeline";
import { wholeText, type TurnEvent } from "../assemblyai/turn-assembler";

/** Word times are estimates, and differ between sessions: a word that ends this soon after the covered audio is not a new one. */
export const WORD_TOLERANCE_MS = 500;

interface Unfinished {
  turn: TurnMessage;
  sessionId: string;
  /**
   * the words that no later session has covered yet, and where on the timeline each ends: after silence, the service places starts up to 1
   * s early
   */
  words: { text: string; end: number }[];
}

/**
 * The turns whose session was lost before their final. Another session gets their audio again; what that session does not reach, because
 * it is ended or lost before, is still known from the last partial, and must be emitted.
 */
export class UnfinishedTurns {
  private turns: Unfinished[] = [];
  private readonly tolerance: number;

  /** @param samplesPerMs of the timeline */
  constructor(samplesPerMs: number) {
    this.tolerance = WORD_TOLERANCE_MS * samplesPerMs;
  }

  /**
   * The session sent no final for these turns. Its texts replace those of an earlier session for the same audio.
   * @param from position of the first sample that the session was sent
   * @param positionOf where on the timeline a time of the session lies
   */
  add(turns: TurnMessage[], sessionId: string, from: number, positionOf: (ms: number) => number): void {
    const added = turns.map((turn) => {
      const words = (turn.words ?? []).map(({ text, end }) => ({ text, end: positionOf(end) }));
      return { turn, sessionId, words };
    });
    const ends = added.flatMap(({ words }) => words.map(({ end }) => end));
    if (ends.length > 0) this.covered({ from, until: Math.max(...ends) + this.tolerance });
    this.turns.push(...added);
  }

  /** A later session has processed everything in this stretch, and given its texts. Turns without word times count as covered, too. */
  covered({ from, until }: Stretch): void {
    for (const turn of this.turns) turn.words = turn.words.filter(({ end }) => end <= from || end > until);
    this.turns = this.turns.filter(({ words }) => words.length > 0);
  }

  /** Takes the turns that no session has covered again, as finals. */
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
