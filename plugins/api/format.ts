/** Formats turn bytes into rows and records into bytes. */
import type { Batch, BatchLayout } from './batch.js';
import type { Schema } from './schema.js';
import type { BadRecordHandler } from './source.js';

export interface DecoderContext {
  readonly layout: BatchLayout;
  readonly schema: Schema;
  /** Where a byte offset stands, for messages: "rides.csv:17". */
  readonly describe: (offset: number) => string;
  readonly badRecords: BadRecordHandler;
  /** First line of the input without its line end, when the format has a header; else null. */
  readonly header: string | null;
  /**
   * A filter behind the source, asked with the columns filled that FormatCompiler was told are `first`. Of a row it
   * refuses nobody reads the others: they need not be filled, and what would stand there need not be looked at. The row
   * stays in the batch.
   */
  readonly accepts?: RowFilter | undefined;
}
export type RowFilter = (batch: Batch, row: number) => boolean;
export interface RecordDecoder {
  /**
   * Decodes whole records from bytes [from, to), appends rows to `batch` until it is full or no whole record is
   * left, and returns the offset of the first byte not consumed. `last`: the input ends at `to`, so a record
   * without terminator counts. `bytes` may be longer than `to`; offsets count from its start. Timestamps are left at MIN_TIMESTAMP.
   */
  decode(bytes: Uint8Array, from: number, to: number, last: boolean, batch: Batch): number;
}
export interface RecordEncoder {
  /** One record with its terminator. */
  encode(record: unknown): Uint8Array | string;
  readonly header?: string;
}
export interface Format<T> {
  readonly name: string;
  /** Whether a file of records can be cut at record boundaries found by scanning from any byte. */
  readonly splittable: boolean;
  /** The first line is not a record; readers take it off and hand it to every decoder of this input. */
  readonly hasHeader: boolean;
  /** Generic fallback; used when the compiler has not generated a decoder. */
  createDecoder(context: DecoderContext): RecordDecoder;
  createEncoder(schema: Schema): RecordEncoder;
  /** Fields of a record that its encoder reads; absent: all. */
  readonly encodedFields?: readonly string[] | undefined;
  readonly __record?: T;
}

/** The compile-time half of a format: writes the specialised decoder. Registered in plugins/compilers.ts. */
export interface FormatCompiler {
  /** 'flinkc/json#JsonFormat' */
  readonly format: string;
  /**
   * Source text of an ES module that exports `createDecoder(context: DecoderContext): RecordDecoder` for exactly
   * these columns. `options` are the format's constructor arguments where known at build time.
   * Returns null when the schema needs the generic decoder. A wrong schema throws FormatSchemaError.
   * `first`: which columns context.accepts reads; null: there is none.
   */
  generateDecoder(input: {
    readonly schema: Schema;
    readonly layout: BatchLayout;
    readonly options: readonly unknown[];
    readonly first: readonly boolean[] | null;
  }): string | null;
  /** Columns this format can produce for a schema, used to check "schema fits format" at build time: reason or null. */
  check(schema: Schema): string | null;
}
