import type { TurnMessage } from "../assemblyai/protocol";
import type { Stretch } from "../audio/timeline";
import { wholeText, type TurnEvent } from "../assemblyai/turn-assembler";

/**
 * Word times are estimates, and differ between sessions, so a word counts as where its middle is. After silence, the service places starts
 * up to 1 s early: the middle is at most this long before the end.
 */
const LONGEST_HALF_WORD_MS = 250;

interface Unfinished {
  turn: TurnMessage;
  sessionId: string;
  /** the words that no later session has covered yet, and where on the timeline their middles are */
  words: { text: string; middle: number }[];
}

/**
 * The turns whose session was lost before their final. Another session gets their audio again; what that session does not reach, because
 * it is ended or lost before, is still known from the last partial, and must be emitted.
 */
export class UnfinishedTurns {
  private turns: Unfinished[] = [];

  /**
   * The session sent no final for these turns. Its texts replace those of an earlier session for the same audio.
   * @param from position of the first sample that the session was sent
   * @param positionOf where on the timeline a time of the session lies
   */
  add(turns: TurnMessage[], sessionId: string, from: number, positionOf: (ms: number) => number): void {
    const added = turns.map((turn) => {
      const words = (turn.words ?? []).map(({ text, start, end }) => {
        const half = Math.min(LONGEST_HALF_WORD_MS, Math.max(0, end - start) / 2);
        return { text, middle: positionOf(end - half) };
      });
      return { turn, sessionId, words };
    });
    const ends = turns.flatMap(({ words }) => words?.at(-1)?.end ?? []);
    if (ends.length > 0) this.covered({ from, until: positionOf(Math.max(...ends)) });
    this.turns.push(...added);
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
