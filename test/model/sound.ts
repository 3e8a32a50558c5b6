/**
 * Audio that can be read like a text: a word is a square wave whose height says which word it is, silence is zeros. So the model of the
 * service hears exactly the words that it was sent, and how much of each.
 */

export interface SpokenWord {
  id: number;
  /** ms of the room's time */
  start: number;
  end: number;
}

/** High enough for a voice detector that skips what is no louder than the noise. */
const QUIETEST = 4_000;
/** 500 Hz at 8 kHz: passes every resampler. */
const HALF_PERIOD = 8;

/** The word that a sample is of; 0 for silence. */
export function wordOf(sample: number): number {
  return sample === 0 ? 0 : Math.abs(sample) - QUIETEST;
}

/** What is said in one room: sentences of words, one after another. Times are ms of the model's clock, or of a file. */
export class Room {
  readonly words: SpokenWord[] = [];

  /** @param nextId gives each word a number of its own, counting up */
  constructor(private readonly nextId: () => number) {}

  /** Someone says so many words from `at` on, or from the end of what is being said. */
  say(at: number, count: number): void {
    let time = Math.max(at, (this.words.at(-1)?.end ?? 0) + 400);
    for (let said = 0; said < count; said++) {
      const id = this.nextId();
      const length = 260 + ((id * 37) % 5) * 60;
      this.words.push({ id, start: time, end: time + length });
      time += length + 20 + ((id * 53) % 4) * 30;
    }
  }

  /** The samples from one time to another. */
  render(from: number, to: number, rate: number): Int16Array {
    const first = Math.round((from * rate) / 1000);
    const samples = new Int16Array(Math.max(0, Math.round((to * rate) / 1000) - first));
    for (let at = this.words.length - 1; at >= 0; at--) {
      const { id, start, end } = this.words[at] as SpokenWord;
      if (end <= from) break;
      const until = Math.min(samples.length, Math.round((end * rate) / 1000) - first);
      for (let index = Math.max(0, Math.round((start * rate) / 1000) - first), sign = 1; index < until; index += HALF_PERIOD) {
        samples.fill(sign * (QUIETEST + id), index, Math.min(until, index + HALF_PERIOD));
        sign = -sign;
      }
    }
    return samples;
  }

  /** The words of which something is said between two times. */
  between(from: number, to: number): SpokenWord[] {
    const words: SpokenWord[] = [];
    for (let at = this.words.length - 1; at >= 0; at--) {
      const word = this.words[at] as SpokenWord;
      if (word.end <= from) break;
      if (word.start < to) words.push(word);
    }
    return words;
  }
}
