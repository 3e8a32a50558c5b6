import type { Day } from "./schedule";

/** A final turn, and its time of arrival (ms since midnight). */
export interface Final {
  at: number;
  text: string;
}

export interface Score {
  words: number;
  /** words that were recognised */
  recognised: number;
  sentences: number;
  /** sentences whose first word was not recognised */
  firstWordsLost: number;
}

/** Compares the final turns with the words of the recordings, conversation by conversation. */
export function score({ conversations }: Day, finals: readonly Final[]): Score {
  const result: Score = { words: 0, recognised: 0, sentences: 0, firstWordsLost: 0 };
  conversations.forEach(({ begin, sentences }, index) => {
    const until = conversations[index + 1]?.begin ?? Infinity;
    const came = finals.filter(({ at }) => at >= begin && at < until).flatMap(({ text }) => text.split(" "));
    const recognised = matched(
      sentences.flatMap(({ words }) => words),
      came,
    );
    let first = 0;
    for (const { words } of sentences) {
      result.sentences++;
      if (!recognised.has(first)) result.firstWordsLost++;
      first += words.length;
    }
    result.words += first;
    result.recognised += recognised.size;
  });
  return result;
}

/** Which of `said` are in the longest common subsequence with `came`. */
export function matched(said: readonly string[], came: readonly string[]): Set<number> {
  const lengths = Array.from({ length: said.length + 1 }, () => Array.from({ length: came.length + 1 }, () => 0));
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = said.length - 1; i >= 0; i--) {
    const row = lengths[i] as number[];
    for (let j = came.length - 1; j >= 0; j--) row[j] = said[i] === came[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  }
  const found = new Set<number>();
  for (let i = 0, j = 0; i < said.length && j < came.length;) {
    if (said[i] === came[j]) {
      found.add(i++);
      j++;
    } else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return found;
}
