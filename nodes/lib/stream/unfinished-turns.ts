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
    this.keep((middle) => middle < from || middle > until);
  }

  /** Whether a session that is sent the audio from `position` on hears words of them again. */
  reach(position: number): boolean {
    return this.turns.some(({ words }) => words.some(({ middle }) => middle >= position));
  }

  /** Takes what no session has covered again, as finals: all of it, or the words before `position`, which no session will be sent again. */
  take(position = Infinity): { event: TurnEvent; sessionId: string }[] {
    const left = this.turns.map((each) => ({ ...each, words: each.words.filter(({ middle }) => middle < position) }));
    this.keep((middle) => middle >= position);
    return left.flatMap(({ turn, sessionId, words }) => {
      if (words.length === 0) return [];
      const isWhole = words.length === (turn.words ?? []).length;
      const text = isWhole ? wholeText(turn) : words.map((word) => word.text).join(" ");
      return [{ event: { final: true, text, turn }, sessionId }];
    });
  }

  private keep(isLeft: (middle: number) => boolean): void {
    for (const turn of this.turns) turn.words = turn.words.filter(({ middle }) => isLeft(middle));
    this.turns = this.turns.filter(({ words }) => words.length > 0);
  }
}
