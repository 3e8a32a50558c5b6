/**
 * A room with a microphone and a topic of its own. Each hour people talk in it twice, for some sentences; in between it is quiet. Where
 * `open` is "speech" the microphone is on all day; else from before a conversation until its session has ended, as output 3 wired back to
 * it does.
 */
import type { OpenMode } from "../../nodes/lib/stream/stream-settings";
import type { Random } from "../../test/support/random";
import { silence, spoken, type RecordingName } from "../../test/support/spoken";

export const PIECE_MS = 100;
const PIECE_SAMPLES = 16 * PIECE_MS;
const MINUTE = 60_000;
/** When a conversation may begin, in minutes of the hour. The last one is over, faults included, before the hour is. */
const BEGINNINGS = [
  [1, 24],
  [27, 50],
] as const;
const RECORDINGS: readonly RecordingName[] = ["goforward", "librivox_0880", "librivox_0930", "librivox_0870"];
const quietRoom = silence(10_000);

interface Conversation {
  /** ms since the hour's beginning */
  begin: number;
  pcm: Int16Array;
}

export class Room {
  /** of the present hour */
  said: string[] = [];
  came: string[] = [];
  private conversations: Conversation[] = [];
  private isOn: boolean;

  constructor(
    readonly topic: string,
    readonly open: OpenMode,
    private readonly random: Random,
  ) {
    this.isOn = open === "speech";
  }

  newHour(): void {
    const { random, open } = this;
    this.said = [];
    this.came = [];
    this.conversations = BEGINNINGS.map(([from, to]) => {
      const recordings = Array.from({ length: random.whole(1, 4) }, () => random.pick(RECORDINGS));
      // A pause longer than the silence timeout would stop a microphone that output 3 is wired to, in the middle of a conversation.
      const pauseMs = random.whole(800, open === "speech" ? 8000 : 3000);
      const { pcm, words } = spoken({ recordings, pauseMs, leadMs: 500, levelled: true });
      this.said.push(...words);
      return { begin: random.whole((from * MINUTE) / PIECE_MS, (to * MINUTE) / PIECE_MS) * PIECE_MS, pcm };
    });
  }

  /** A session has ended. */
  hungUp(): void {
    if (this.open !== "speech") this.isOn = false;
  }

  /**
   * @param at ms since the hour's beginning, a multiple of PIECE_MS
   * @returns the microphone's audio from then on, for PIECE_MS; undefined while the microphone is off
   */
  hear(at: number): { pcm: Int16Array; begins: boolean } | undefined {
    const begins = this.conversations.some(({ begin }) => begin === at);
    if (begins) this.isOn = true;
    if (!this.isOn) return undefined;
    for (const { begin, pcm } of this.conversations) {
      const from = (at - begin) * 16;
      if (from >= 0 && from + PIECE_SAMPLES <= pcm.length) return { pcm: pcm.subarray(from, from + PIECE_SAMPLES), begins };
    }
    const from = (at * 16) % quietRoom.length;
    return { pcm: quietRoom.subarray(from, from + PIECE_SAMPLES), begins };
  }
}
