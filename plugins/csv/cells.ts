/** Which parser a column's schema needs, shared by the generic and the generated decoder. */
import type { ColumnSpec } from '../api/batch.js';
import type { Schema } from '../api/schema.js';

export type CellParser =
  | { readonly kind: 'text' }
  | { readonly kind: 'parse'; readonly parser: string; readonly scale?: number }
  | { readonly kind: 'enum'; readonly values: readonly (string | number | boolean)[] };

export interface CellPlan {
  readonly name: string;
  readonly column: number;
  readonly parser: CellParser;
  /** what an empty cell means: null, undefined, or a value like any other */
  readonly empty: 'null' | 'undefined' | null;
}

/** The cell of a column, or the reason why CSV cannot carry it. */
export function planCell(spec: ColumnSpec, column: number): CellPlan | string {
  if (spec.path.length !== 1 || spec.presence)
    return `csv records are flat, but '${spec.path.join('.')}' is a nested field`;
  const name = spec.path[0]!;
  const nullable = spec.schema.kind === 'nullable' ? spec.schema : null;
  const schema = nullable ? nullable.of : spec.schema;
  const parser = cellParser(schema);
  if (typeof parser === 'string') return `field '${name}' ${parser}`;
  // an optional field has an object column although its schema would not need one
  const optional =
    nullable === null &&
    spec.kind === 'object' &&
    !['bigint', 'decimal', 'date', 'enum'].includes(schema.kind);
  return { name, column, parser, empty: nullable?.null ? 'null' : nullable || optional ? 'undefined' : null };
}

function cellParser(schema: Schema): CellParser | string {
  switch (schema.kind) {
    case 'string':
      return { kind: 'text' };
    case 'float64':
    case 'float32':
      return { kind: 'parse', parser: 'parseFloat64' };
    case 'int32':
      return { kind: 'parse', parser: 'parseInt32' };
    case 'int64':
      return { kind: 'parse', parser: 'parseInt64' };
    case 'bigint':
      return { kind: 'parse', parser: 'parseBigint' };
    case 'bool':
      return { kind: 'parse', parser: 'parseBool' };
    case 'timestamp':
      return { kind: 'parse', parser: 'parseTimestamp' };
    case 'date':
      return { kind: 'parse', parser: 'parseDate' };
    case 'decimal':
      return { kind: 'parse', parser: 'parseDecimal', scale: schema.scale };
    case 'enum':
      return { kind: 'enum', values: schema.values };
    default:
      return `is a ${schema.kind}, which has no CSV form`;
  }
}
