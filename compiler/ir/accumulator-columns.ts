/** How accumulators and kept records lie in columns: one per field of a flat struct, else one in all. */
import type { ColumnKind, Schema } from '../../plugins/api/index.js';
import { columnKind } from './batch-layout.js';
import type { LoweredFn } from './lambda.js';

export interface AccumulatorColumn {
  /** null: the accumulator itself */
  readonly name: string | null;
  readonly kind: ColumnKind;
  readonly schema: Schema;
}
export type AccumulatorColumns = readonly AccumulatorColumn[];

export function accumulatorColumns(schema: Schema): AccumulatorColumns {
  if (
    schema.kind === 'struct' &&
    !schema.classRef &&
    schema.fields.length > 0 &&
    schema.fields.every(f => !f.optional && columnKind(f.schema) !== 'object')
  ) {
    return schema.fields.map(f => ({ name: f.name, kind: columnKind(f.schema), schema: f.schema }));
  }
  return [{ name: null, kind: columnKind(schema), schema }];
}

/** The function's text gives every column its new value. */
export function settles(fn: LoweredFn | null, columns: AccumulatorColumns): fn is LoweredFn {
  const result = fn?.inline?.result;
  if (!result) return false;
  if (columns[0]!.name === null) return result.kind !== 'struct' && columns[0]!.kind !== 'object';
  if (result.kind === 'expression') return result.choice !== undefined;
  return result.kind === 'struct' || result.path.length === 0;
}
