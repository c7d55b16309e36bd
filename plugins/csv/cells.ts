/** Which parser a column's schema needs, shared by the generic and the generated decoder. */
import type { ColumnSpec } from '../api/batch.js';
import type { Schema } from '../api/schema.js';

export type CellParser =
  | { readonly kind: 'text' }
  /** `flag`: gives 1 or 0, and the column wants the boolean itself */
  | { readonly kind: 'parse'; readonly parser: string; readonly scale?: number; readonly flag?: boolean }
  | { readonly kind: 'enum'; readonly values: readonly (string | number | boolean)[] };

export interface CellPlan {
  readonly name: string;
  readonly column: number;
  readonly parser: CellParser;
  /** what an empty cell means: null, undefined, or a value like any other */
  readonly empty: 'null' | 'undefined' | null;
}

/** The cell of a column, or the reason why CSV cannot carry it. */
export function planCell(spec: ColumnSpec, column: number, record: Schema): CellPlan | string {
  if (spec.path.length !== 1 || spec.presence)
    return `csv records are flat, but '${spec.path.join('.')}' is a nested field`;
  const name = spec.path[0]!;
  const nullable = spec.schema.kind === 'nullable' ? spec.schema : null;
  const schema = nullable ? nullable.of : spec.schema;
  const parser = cellParser(schema, spec.kind);
  if (typeof parser === 'string') return `field '${name}' ${parser}`;
  const optional = record.kind === 'struct' && record.fields.some(f => f.name === name && f.optional);
  return { name, column, parser, empty: nullable?.null ? 'null' : nullable || optional ? 'undefined' : null };
}

function cellParser(schema: Schema, column: ColumnSpec['kind']): CellParser | string {
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
      return { kind: 'parse', parser: 'parseBool', flag: column === 'object' };
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
