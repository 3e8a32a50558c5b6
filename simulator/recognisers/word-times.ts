/** Spreads words over a stretch of speech (ms), by their numbers of characters: for words whose times are unknown. */
export function spreadWords<Word extends { text: string }>(
  words: readonly Word[],
  from: number,
  to: number,
): (Word & { start: number; end: number })[] {
  const all = words.reduce((sum, word) => sum + word.text.length, 0);
  let before = 0;
  return words.map((word) => {
    const start = from + ((to - from) * before) / all;
    before += word.text.length;
    return { ...word, start, end: from + ((to - from) * before) / all };
  });
}
