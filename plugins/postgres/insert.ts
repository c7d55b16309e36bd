import type { Column } from './columns.js';

/**
 * One statement for any number of rows: an array per column, unnested by the server. Its text does not depend on the
 * number of rows, so the server plans it once.
 */
export function insertStatement(
  table: string,
  columns: readonly Column[],
  upsertKeys: readonly string[],
): string {
  const names = columns.map(({ name }) => quoted(name));
  const arrays = columns.map(({ type }, i) => `$${i + 1}::${withoutModifier(type)}[]`);
  const insert = `INSERT INTO ${table} (${names.join(', ')}) SELECT * FROM unnest(${arrays.join(', ')})`;
  if (upsertKeys.length === 0) return insert;
  const others = columns.filter(({ name }) => !upsertKeys.includes(name)).map(({ name }) => quoted(name));
  const action =
    others.length === 0
      ? 'DO NOTHING'
      : `DO UPDATE SET ${others.map(name => `${name} = EXCLUDED.${name}`).join(', ')}`;
  return `${insert} ON CONFLICT (${upsertKeys.map(quoted).join(', ')}) ${action}`;
}

/** An explicit cast to varchar(3) would cut longer values without a word; assigning them is an error. */
function withoutModifier(type: string): string {
  return type.replace(/\(\d+(,-?\d+)?\)/, '');
}

/** Identifiers of the program, whatever characters they have. */
function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
