/** Writes records into the columns of a batch: the way of sources that hand out objects. */
import type { Batch, BatchLayout, ColumnSpec } from '../../plugins/api/batch.js';

export type RowAppender = (batch: Batch, row: number, record: unknown) => void;

type ColumnWriter = (batch: Batch, row: number, record: unknown) => void;

/**
 * One closure per column, made once per reader. Columns under an absent struct keep what the row held before; their
 * presence column says so.
 */
export function createRowAppender(layout: BatchLayout): RowAppender {
  const writers = layout.columns.map(columnWriter);
  if (writers.length === 1) return writers[0]!;
  return (batch, row, record) => {
    for (let c = 0; c < writers.length; c++) writers[c]!(batch, row, record);
  };
}

function columnWriter(column: ColumnSpec, c: number): ColumnWriter {
  const read = reader(column.path);
  if (column.presence)
    return (batch, row, record) => {
      const value = read(record);
      (batch.columns[c] as Uint8Array)[row] = value === undefined ? 2 : value === null ? 0 : 1;
    };
  switch (column.kind) {
    case 'bool':
      return (batch, row, record) => {
        (batch.columns[c] as Uint8Array)[row] = read(record) === true ? 1 : 0;
      };
    case 'string':
      return (batch, row, record) => {
        // A garbage cell (see above) must still be a string, because it is encoded with the others.
        const value = read(record);
        (batch.columns[c] as string[])[row] = typeof value === 'string' ? value : '';
      };
    case 'int64':
      return (batch, row, record) => {
        const value = read(record);
        (batch.columns[c] as BigInt64Array)[row] = typeof value === 'bigint' ? value : 0n;
      };
    case 'float64':
    case 'int32':
    case 'float32':
      return (batch, row, record) => {
        (batch.columns[c] as Float64Array)[row] = read(record) as number;
      };
    case 'object':
      return (batch, row, record) => {
        (batch.columns[c] as unknown[])[row] = read(record);
      };
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** Paths of up to two steps, nearly all, without a loop. */
function reader(path: readonly string[]): (record: unknown) => unknown {
  const [first, second] = path;
  if (first === undefined) return record => record;
  if (second === undefined) return record => (record as Fields)[first];
  if (path.length === 2)
    return record => (record as { readonly [key: string]: Fields | null | undefined })[first]?.[second];
  return record => {
    let value: unknown = record;
    for (const step of path) {
      if (value === null || value === undefined) return undefined;
      value = (value as Fields)[step];
    }
    return value;
  };
}
