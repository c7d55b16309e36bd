/** Generic decoder: what the compiler generates for known columns, as a loop over closures. */
import type { Batch } from '../api/batch.js';
import { ConnectorError } from '../api/connector-error.js';
import type { DecoderContext, RecordDecoder } from '../api/format.js';
import { MIN_TIMESTAMP } from '../api/types.js';
import { planCell, type CellPlan } from './cells.js';
import type { CsvOptions } from './csv-format.js';
import * as fields from '../api/byte-values.js';
import {
  RecordError,
  recordEnds,
  recordStop,
  recordText,
  utf8,
  type RecordEnds,
} from '../api/text-records.js';
import { quotedEnd, quotedText } from './quotes.js';

type Parse = (bytes: Uint8Array, start: number, end: number) => unknown;

const parsers: Readonly<
  Record<string, (bytes: Uint8Array, start: number, end: number, scale: number) => unknown>
> = fields as never;

export function createCsvDecoder(context: DecoderContext, options: CsvOptions<unknown>): RecordDecoder {
  const delimiter = (options.delimiter ?? ',').charCodeAt(0);
  const quote = options.quote ?? '"';
  const columns =
    (options.columns as readonly string[] | undefined) ?? headerColumns(context.header, options);
  const plans = context.layout.columns.map((spec, i) => {
    const plan = planCell(spec, i, context.schema);
    if (typeof plan === 'string')
      throw new ConnectorError('FC5401', {
        message: plan,
        fix: 'declare the field as string, number, boolean, Timestamp, Decimal or bigint',
      });
    return plan;
  });
  const wanted = wantedAt(
    columns,
    plans.map(plan => plan.name),
  );
  // also the cells that nobody reads: a line that is cut off is a bad record whatever the program reads of it
  const cells = columns.map((_, position) => plans[wanted[position]!] ?? null);
  return new CsvDecoder(context, { delimiter, quote, nullLiteral: options.nullLiteral ?? '' }, cells);
}

/** The header's names; cells may be quoted. */
export function headerColumns(header: string | null, options: CsvOptions<unknown>): string[] {
  const delimiter = (options.delimiter ?? ',').charCodeAt(0);
  const quote = options.quote ?? '"';
  const bytes = Buffer.from(header ?? '');
  const names: string[] = [];
  for (let at = 0; at <= bytes.length; at++) {
    let end = at;
    if (bytes[at] === quote.charCodeAt(0)) {
      try {
        end = quotedEnd(bytes, at, bytes.length, quote.charCodeAt(0));
      } catch (error) {
        throw new ConnectorError('FC5402', {
          message: `the csv header cannot be read: ${(error as Error).message}`,
          fix: 'correct the first line of the file, or list the columns in CsvFormat({ columns: [...] })',
        });
      }
      names.push(quotedText(bytes, at, end, quote));
    } else {
      while (end < bytes.length && bytes[end] !== delimiter) end++;
      names.push(utf8(bytes, at, end).trim());
    }
    at = end;
  }
  return names;
}

/**
 * By position in the file: index of the wanted field that stands there, or −1. A field that stands nowhere is a wrong
 * program or a wrong file.
 */
export function wantedAt(columns: readonly string[], wanted: readonly string[]): Int32Array {
  const at = new Int32Array(columns.length).fill(-1);
  for (const [i, name] of wanted.entries()) {
    const position = columns.indexOf(name);
    if (position < 0)
      throw new ConnectorError('FC5402', {
        message: `the csv input has no column '${name}'; it has ${columns.map(c => `'${c}'`).join(', ')}`,
        fix: 'name the field like the column, or list the columns of the file in CsvFormat({ columns: [...] })',
      });
    at[position] = i;
  }
  return at;
}

class CsvDecoder implements RecordDecoder {
  readonly #context: DecoderContext;
  readonly #delimiter: number;
  readonly #quote: string;
  readonly #quoteCode: number;
  readonly #null: string;
  readonly #cells: readonly (CellPlan | null)[];
  readonly #parse: readonly (Parse | null)[];
  readonly #wantsText: boolean;

  constructor(
    context: DecoderContext,
    syntax: { readonly delimiter: number; readonly quote: string; readonly nullLiteral: string },
    cells: readonly (CellPlan | null)[],
  ) {
    this.#context = context;
    this.#delimiter = syntax.delimiter;
    this.#quote = syntax.quote;
    this.#quoteCode = syntax.quote.charCodeAt(0);
    this.#null = syntax.nullLiteral;
    this.#cells = cells;
    this.#wantsText = cells.some(cell => cell !== null && cell.parser.kind !== 'parse');
    this.#parse = cells.map(cell => {
      if (cell?.parser.kind !== 'parse') return null;
      const { parser, scale = 0, flag = false } = cell.parser;
      const parse = parsers[parser]!;
      if (flag) return (bytes, start, end) => parse(bytes, start, end, scale) === 1;
      return (bytes, start, end) => parse(bytes, start, end, scale);
    });
  }

  decode(bytes: Uint8Array, from: number, to: number, last: boolean, batch: Batch): number {
    const records = recordEnds(bytes, from, to, last, batch.capacity - batch.length, this.#wantsText);
    let start = from;
    let row = batch.length;
    for (let i = 0; i < records.count; i++) {
      const end = records.ends[i]!;
      const stop = recordStop(bytes, start, end);
      // an empty line is no record, unless a record is a single cell
      if (stop > start || this.#cells.length === 1) {
        try {
          this.#record(bytes, records, start, stop, batch, row);
          batch.timestamps[row] = MIN_TIMESTAMP;
          row++;
        } catch (error) {
          if (!(error instanceof RecordError)) throw error;
          this.#context.badRecords.report({
            raw: bytes.slice(start, stop),
            reason: error.message,
            position: this.#context.describe(start),
          });
        }
      }
      start = end;
    }
    batch.length = row;
    return start;
  }

  #record(
    bytes: Uint8Array,
    records: RecordEnds,
    start: number,
    stop: number,
    batch: Batch,
    row: number,
  ): void {
    let at = start;
    for (let position = 0; position < this.#cells.length; position++) {
      if (at > stop) throw new RecordError(`${position} cells, ${this.#cells.length} expected`);
      const quoted = bytes[at] === this.#quoteCode && at < stop;
      let end: number;
      if (quoted) {
        end = quotedEnd(bytes, at, stop, this.#quoteCode);
        if (end < stop && bytes[end] !== this.#delimiter)
          throw new RecordError(`text after the closing quote of cell ${position + 1}`);
      } else {
        end = at;
        while (end < stop && bytes[end] !== this.#delimiter) end++;
      }
      const cell = this.#cells[position];
      if (cell)
        (batch.columns[cell.column] as unknown[])[row] = this.#value(
          cell,
          position,
          bytes,
          records,
          at,
          end,
          quoted,
        );
      at = end + 1;
    }
    if (at <= stop) throw new RecordError(`more than ${this.#cells.length} cells`);
  }
  #value(
    cell: CellPlan,
    position: number,
    bytes: Uint8Array,
    records: RecordEnds,
    start: number,
    end: number,
    quoted: boolean,
  ): unknown {
    if (cell.empty !== null && !quoted && this.#isNull(bytes, start, end))
      return cell.empty === 'null' ? null : undefined;
    const parse = this.#parse[position];
    try {
      if (parse) return quoted ? parse(bytes, start + 1, end - 1) : parse(bytes, start, end);
      const text = quoted
        ? quotedText(bytes, start, end, this.#quote)
        : recordText(bytes, records, start, end);
      return cell.parser.kind === 'enum' ? enumValue(text, cell.parser.values) : text;
    } catch (error) {
      if (error instanceof RecordError) throw new RecordError(`column '${cell.name}': ${error.message}`);
      throw error;
    }
  }
  #isNull(bytes: Uint8Array, start: number, end: number): boolean {
    return this.#null === '' ? start === end : utf8(bytes, start, end) === this.#null;
  }
}

/** The declared literal with this text. */
export function enumValue(
  text: string,
  values: readonly (string | number | boolean)[],
): string | number | boolean {
  const value = values.find(v => String(v) === text);
  if (value === undefined)
    throw new RecordError(
      `${JSON.stringify(text)} is not one of ${values.map(v => JSON.stringify(v)).join(', ')}`,
    );
  return value;
}
