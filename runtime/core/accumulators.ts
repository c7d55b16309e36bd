/** Results of accumulators over all subtasks. Pure. */

/** What one subtask has accumulated. */
export interface AccumulatorValue {
  readonly value: unknown;
  readonly mergedBy: 'max' | 'min' | null;
}
export type AccumulatorValues = Readonly<Record<string, AccumulatorValue>>;

/**
 * Numbers and bigints add up unless they say otherwise, lists are joined; of anything else the subtasks' values are
 * listed.
 */
export function mergeAccumulators(parts: readonly AccumulatorValues[]): Readonly<Record<string, unknown>> {
  const byName = new Map<string, AccumulatorValue[]>();
  for (const part of parts)
    for (const [name, value] of Object.entries(part)) byName.set(name, [...(byName.get(name) ?? []), value]);
  return Object.fromEntries(
    [...byName].map(([name, all]) => [
      name,
      merge(
        all.map(({ value }) => value),
        all[0]!.mergedBy,
      ),
    ]),
  );
}

function merge(values: readonly unknown[], mergedBy: AccumulatorValue['mergedBy']): unknown {
  if (mergedBy !== null) return Math[mergedBy](...(values as readonly number[]));
  if (values.every(value => typeof value === 'number')) return values.reduce((a, b) => a + b, 0);
  if (values.every(value => typeof value === 'bigint')) return values.reduce((a, b) => a + b, 0n);
  if (values.every(value => Array.isArray(value))) return values.flat();
  return values.length === 1 ? values[0] : values;
}
