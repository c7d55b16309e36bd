/** Generic decoder: JSON.parse per line, then every column by its path. */
import type { Batch, ColumnSpec } from '../api/batch.js';
import type { DecoderContext, RecordDecoder } from '../api/format.js';
import { MIN_TIMESTAMP } from '../api/types.js';
import { RecordError, recordEnds, recordStop, utf8 } from '../api/text-records.js';
import { exactParser } from './exact-numbers.js';
import { fromJson } from './from-json.js';

/** Puts the record of bytes [start, stop) into a row of the batch. */
export type LineReader = (bytes: Uint8Array, start: number, stop: number, batch: Batch, row: number) => void;

export function createLineReader(context: DecoderContext): LineReader {
  const read = fromJson(context.schema);
  const parse = exactParser(context.schema);
  const writers = context.layout.columns.map(columnWriter);
  return (bytes, start, stop, batch, row) => {
    const record = read(parse(utf8(bytes, start, stop)), '');
    for (let column = 0; column < writers.length; column++)
      writers[column]!(record, batch.columns[column] as unknown[], row);
  };
}

export function createJsonDecoder(context: DecoderContext): RecordDecoder {
  const read = createLineReader(context);
  return {
    decode(bytes, from, to, last, batch) {
      const records = recordEnds(bytes, from, to, last, batch.capacity - batch.length, false);
      let start = from;
      let row = batch.length;
      for (let i = 0; i < records.count; i++) {
        const end = records.ends[i]!;
        const stop = recordStop(bytes, start, end);
        if (stop > start) {
          try {
            read(bytes, start, stop, batch, row);
            batch.timestamps[row] = MIN_TIMESTAMP;
            row++;
          } catch (error) {
            if (!(error instanceof RecordError)) throw error;
            context.badRecords.report({
              raw: bytes.slice(start, stop),
              reason: error.message,
              position: context.describe(start),
            });
          }
        }
        start = end;
      }
      batch.length = row;
      return start;
    },
  };
}

type ColumnWriter = (record: unknown, column: Batch['columns'][number] | unknown[], row: number) => void;

function columnWriter(spec: ColumnSpec): ColumnWriter {
  const { path } = spec;
  const value = (record: unknown): unknown =>
    path.reduce<unknown>((at, name) => (at as Record<string, unknown> | null | undefined)?.[name], record);
  if (spec.presence)
    return (record, column, row) => {
      const at = value(record);
      (column as Uint8Array)[row] = at === undefined ? 2 : at === null ? 0 : 1;
    };
  if (spec.kind === 'bool')
    return (record, column, row) => ((column as Uint8Array)[row] = value(record) === true ? 1 : 0);
  // below an absent struct columns hold garbage, but of their own type
  const filler =
    spec.kind === 'string' ? '' : spec.kind === 'object' ? undefined : spec.kind === 'int64' ? 0n : 0;
  return (record, column, row) =>
    ((column as unknown[])[row] = value(record) ?? (spec.kind === 'object' ? value(record) : filler));
}
