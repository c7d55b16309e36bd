import type { DecoderContext, Format, RecordDecoder, RecordEncoder } from '../api/format.js';
import type { Schema } from '../api/schema.js';
import { ship, type ShipReference, type Shippable } from '../api/shipping.js';
import { createCsvDecoder } from './csv-decoder.js';
import { createCsvEncoder } from './csv-encoder.js';

export interface CsvOptions<T> {
  /** the columns of the file, in order; columns that are not fields of the record are skipped. Needed without a header. */
  readonly columns?: readonly (keyof T | (string & {}))[];
  /** the first line names the columns; with `columns` given it is only skipped. Default false */
  readonly header?: boolean;
  /** one character, default ',' */
  readonly delimiter?: string;
  /** one character, default '"'; doubled inside quotes */
  readonly quote?: string;
  /** text that stands for null in nullable fields; default: an empty unquoted cell */
  readonly nullLiteral?: string;
}

/** Records end at a line end; quoted cells may hold delimiters and quotes, but no line ends. */
export class CsvFormat<T> implements Format<T>, Shippable {
  readonly name = 'csv';
  readonly splittable = true;
  readonly hasHeader: boolean;
  declare readonly __record?: T;
  readonly #options: CsvOptions<T>;

  constructor(options: CsvOptions<T>) {
    for (const [name, value] of [
      ['delimiter', options.delimiter ?? ','],
      ['quote', options.quote ?? '"'],
    ] as const)
      if (value.length !== 1 || value.charCodeAt(0) > 127 || value === '\n' || value === '\r')
        throw new RangeError(`csv ${name} must be one ASCII character, not ${JSON.stringify(value)}`);
    if (!options.header && !options.columns)
      throw new RangeError('csv without a header needs `columns`, the names of the columns in order');
    this.hasHeader = options.header ?? false;
    this.#options = options;
  }
  [ship](): ShipReference {
    return { module: 'flinkc/csv', name: 'CsvFormat', args: [this.#options] };
  }
  get encodedFields(): readonly string[] | undefined {
    return this.#options.columns as readonly string[] | undefined;
  }
  createDecoder(context: DecoderContext): RecordDecoder {
    return createCsvDecoder(context, this.#options as CsvOptions<unknown>);
  }
  createEncoder(schema: Schema): RecordEncoder {
    return createCsvEncoder(schema, this.#options as CsvOptions<unknown>);
  }
}
