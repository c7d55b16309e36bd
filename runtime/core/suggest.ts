/** Known words that a mistyped one may have meant: options, commands, parameters, configuration keys. */

/** The known word closest to this one, when it is close enough to be meant. */
export function suggest(word: string, known: Iterable<string>): string | null {
  const { word: near, distance } = nearest(word, known);
  return distance <= Math.max(2, Math.floor(word.length / 3)) ? near : null;
}

/** The known word with the smallest edit distance; an infinite one when nothing is known. */
export function nearest(
  word: string,
  known: Iterable<string>,
): { readonly word: string | null; readonly distance: number } {
  let best: { readonly word: string | null; readonly distance: number } = { word: null, distance: Infinity };
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < best.distance) best = { word: candidate, distance };
  }
  return best;
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length]!;
}
