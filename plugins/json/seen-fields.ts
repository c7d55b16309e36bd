/** Generated code that notes which fields of an object were there. */

/** A word holds so many: a small integer. */
const bitsPerWord = 31;

export const seenWords = (fields: number): number => Math.max(1, Math.ceil(fields / bitsPerWord));

/** Variable of the word that notes the field. */
export const seen = (field: number): string => `seen${Math.floor(field / bitsPerWord)}`;
export const bitOf = (field: number): number => 2 ** (field % bitsPerWord);

/** Expression: was this field not there? */
export const unseen = (field: number): string => `(${seen(field)} & ${bitOf(field)}) === 0`;

/** Expression: were all of these fields there? */
export function allSeen(fields: readonly number[]): string {
  const masks = new Map<string, number>();
  for (const field of fields) masks.set(seen(field), (masks.get(seen(field)) ?? 0) + bitOf(field));
  return [...masks].map(([word, mask]) => `(${word} & ${mask}) === ${mask}`).join(' && ') || 'true';
}
