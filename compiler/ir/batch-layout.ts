/** Structs become leaf columns, as far as their demanded fields go; what cannot be flattened is one object column. */
import type { BatchLayout, ColumnKind, ColumnSpec, Schema } from '../../plugins/api/index.js';
import { hasOwnFields } from '../../plugins/api/schema.js';
import { fieldUsage } from './demand.js';
import type { Usage } from './lambda.js';

// Columns that are made for the exchange: no property of a record can have these names.
/** A computed key. */
export const KEY_COLUMN = '\u0000key';
/** The time of the last record that is in an accumulator. */
export const LAST_COLUMN = '\u0000last';

export function isMadeForExchange([first]: readonly string[]): boolean {
  return first !== undefined && first.startsWith('\u0000');
}

/** As plans and manifests call a column. `whole`: what travels, where that has no fields. */
export function columnName(path: readonly string[], whole: 'record' | 'accumulator' = 'record'): string {
  if (isMadeForExchange(path)) return `<${path[0]!.slice(1)}>`;
  return path.length === 0 ? `<${whole}>` : path.join('.');
}

export function batchLayout(schema: Schema, demand: Usage): BatchLayout {
  return { columns: columnsOf(schema, demand, [], { optional: false, below: false }) };
}

function columnsOf(
  schema: Schema,
  demand: Usage,
  path: readonly string[],
  /** the property may be absent; it lies below a struct that may be */
  { optional, below }: { readonly optional: boolean; readonly below: boolean },
): readonly ColumnSpec[] {
  if (demand === 'none') return [];
  if (hasOwnFields(schema)) {
    const fields = schema.fields.flatMap(f =>
      columnsOf(f.schema, fieldUsage(demand, f.name), [...path, f.name], {
        optional: f.optional,
        below: below || optional,
      }),
    );
    return optional ? [presenceColumn(path), ...fields] : fields;
  }
  if (schema.kind === 'nullable' && hasOwnFields(schema.of)) {
    return [presenceColumn(path), ...columnsOf(schema.of, demand, path, { optional: false, below: true })];
  }
  const kind = optional ? 'object' : columnKind(schema);
  return [{ path, kind, schema, ...(kind === 'object' && (optional || below) && { optional: true }) }];
}

function presenceColumn(path: readonly string[]): ColumnSpec {
  return { path, kind: 'bool', schema: { kind: 'bool' }, presence: true };
}

export function columnKind(schema: Schema): ColumnKind {
  switch (schema.kind) {
    case 'float64':
    case 'timestamp':
      return 'float64';
    case 'int32':
    case 'float32':
    case 'int64':
    case 'bool':
    case 'string':
      return schema.kind;
    case 'enum':
      if (schema.values.every(v => typeof v === 'string')) return 'string';
      if (schema.values.every(v => typeof v === 'number')) return 'float64';
      return schema.values.every(v => typeof v === 'boolean') ? 'bool' : 'object';
    default:
      return 'object';
  }
}
