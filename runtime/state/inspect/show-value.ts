/** State values as JSON that a reader can tell apart again: what JSON does not have is an object with one `$` key. */
export function plainValue(value: unknown): unknown {
  switch (typeof value) {
    case 'bigint':
      return { $bigint: String(value) };
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $number: Object.is(value, -0) ? '-0' : String(value) };
    case 'undefined':
      return { $undefined: true };
    case 'object':
      return value === null ? null : plainObject(value);
    default:
      return value;
  }
}

function plainObject(value: object): unknown {
  if (Array.isArray(value)) return value.map(plainValue);
  if (value instanceof Date) return { $date: Number.isNaN(value.getTime()) ? null : value.toISOString() };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  if (value instanceof Map) return { $map: Array.from(value, ([k, v]) => [plainValue(k), plainValue(v)]) };
  if (value instanceof Set) return { $set: Array.from(value, plainValue) };
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, field]) => [name, plainValue(field)]),
  );
}

/** One line; the same value gives the same text. */
export function valueText(value: unknown): string {
  return JSON.stringify(plainValue(value));
}
