/** Compares recognised words with the spoken ones. Ignores capitals, punctuation and hyphens, and "Mr." equals "Mister". */
export function wordErrors(said: string, recognised: string): { errors: number; words: number } {
  const [reference, words] = [plainWords(said), plainWords(recognised)];
  // Levenshtein's distance: a row for each word said, a column for each word recognised.
  let row = Array.from({ length: words.length + 1 }, (_, i) => i);
  for (const [i, expected] of reference.entries()) {
    const next = [i + 1];
    for (const [j, word] of words.entries()) {
      const replaced = (row[j] ?? 0) + (word === expected ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return { errors: row.at(-1) ?? 0, words: reference.length };
}

function plainWords(text: string): string[] {
  const plain = text.toLowerCase().replace(/\bmr\b/g, "mister");
  return plain.match(/[a-z0-9']+/g) ?? [];
}
