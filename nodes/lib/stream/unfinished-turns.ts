import type { Stretch } from "../audio/timeline";
import { wholeText, type TurnEvent } from "../assemblyai/turn-assembler";
import type { PlacedTurn } from "./feed";

/**
 * The turns whose session was lost before their final. Another session gets their audio again; what that session does not reach, because
 * it is ended or lost before, is still known from the last partial, and must be emitted.
 */
export class UnfinishedTurns {
  /** with the words that no later session has covered yet */
  private turns: PlacedTurn[] = [];

  /**
   * The session sent no final for these turns. Its texts replace those of an earlier session for the same audio.
   * @param from position of the first sample that the session was sent
   */
  add(turns: PlacedTurn[], from: number): void {
    const ends = turns.flatMap(({ words }) => words.at(-1)?.end ?? []);
    if (ends.length > 0) this.covered({ from, until: Math.max(...ends) });
    this.turns.push(...turns);
  }

  /** A later session has processed everything in this stretch, and given its texts. Turns without word times count as covered, too. */
  covered({ from, until }: Stretch): void {
    for (const turn of this.turns) turn.words = turn.words.filter(({ middle }) => middle < from || middle > until);
    this.turns = this.turns.filter(({ words }) => words.length > 0);
  }

  /** Whether a session that is sent the audio from `position` on hears words of them again. */
  reach(position: number): boolean {
    return this.turns.some(({ words }) => words.some(({ middle }) => middle >= position));
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
