/** Results of accumulators over all subtasks. Pure. */

/** Numbers and bigints add up, lists are joined; of anything else the subtasks' values are listed. */
export function mergeAccumulators(
  parts: readonly Readonly<Record<string, unknown>>[],
): Readonly<Record<string, unknown>> {
  const byName = new Map<string, unknown[]>();
  for (const part of parts)
    for (const [name, value] of Object.entries(part)) byName.set(name, [...(byName.get(name) ?? []), value]);
  return Object.fromEntries([...byName].map(([name, values]) => [name, merge(values)]));
}

function merge(values: readonly unknown[]): unknown {
  if (values.every(value => typeof value === 'number')) return values.reduce((a, b) => a + b, 0);
  if (values.every(value => typeof value === 'bigint')) return values.reduce((a, b) => a + b, 0n);
  if (values.every(value => Array.isArray(value))) return values.flat();
  return values.length === 1 ? values[0] : values;
}
