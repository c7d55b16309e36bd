import type { Schema } from '../api/schema.js';
import { ship, type ShipReference, type Shippable } from '../api/shipping.js';
import type { Sink, SinkWriter, WriterInitContext } from '../api/sink.js';
import { cellWriter } from '../api/text-form.js';

export interface TableOptions<T> {
  readonly title?: string;
  /** columns in this order; default: all fields, sorted by name */
  readonly columns?: readonly (keyof T & string)[];
  /** sort before printing, first column first; '-' in front of a name sorts descending */
  readonly sortBy?: readonly string[];
  /** rows to print; the others are counted */
  readonly limit?: number;
}

/** Rows kept for the table; what comes after is counted only, so that memory is bounded. */
const maxRows = 100_000;

/** Prints the records of a bounded stream as one aligned table when the input ends. Runs at parallelism 1. */
export class TableSink<T> implements Sink<T>, Shippable {
  readonly #options: TableOptions<T>;
  constructor(options: TableOptions<T> = {}) {
    this.#options = options;
  }
  [ship](): ShipReference {
    return { module: 'flinkc/print', name: 'TableSink', args: [this.#options] };
  }
  describe(): string {
    return `table${this.#options.title ? ` "${this.#options.title}"` : ''}`;
  }
  get fields(): readonly (keyof T & string)[] | undefined {
    const { columns, sortBy = [] } = this.#options;
    return columns && [...columns, ...(sortBy.map(key => key.replace(/^-/, '')) as (keyof T & string)[])];
  }
  createWriter(context: WriterInitContext): SinkWriter<T> {
    return new TableWriter(this.#options, context);
  }
}

class TableWriter<T> implements SinkWriter<T> {
  readonly #rows: Record<string, unknown>[] = [];
  #left = 0;
  readonly #options: TableOptions<T>;
  readonly #schema: Schema;

  constructor(options: TableOptions<T>, context: WriterInitContext) {
    this.#options = options;
    this.#schema = context.schema;
  }
  write(element: T): void {
    if (this.#rows.length < maxRows)
      this.#rows.push(
        this.#schema.kind === 'struct' ? (element as Record<string, unknown>) : { value: element },
      );
    else this.#left++;
  }
  async flush(endOfInput: boolean): Promise<void> {
    if (!endOfInput) return;
    const text = renderTable(this.#rows, this.#schema, this.#options, this.#left);
    await new Promise<void>(resolve => process.stdout.write(text, () => resolve()));
  }
  async close(): Promise<void> {}
}

function renderTable(
  rows: Record<string, unknown>[],
  schema: Schema,
  options: TableOptions<never>,
  uncounted: number,
): string {
  const fields = schema.kind === 'struct' ? schema.fields : [{ name: 'value', schema, optional: false }];
  const names: readonly string[] = options.columns ?? fields.map(field => field.name);
  const columns = names.map(name => {
    const field = fields.find(f => f.name === name);
    if (!field)
      throw new Error(
        `table column '${name}' is not a field of the record (${fields.map(f => f.name).join(', ')})`,
      );
    return { name, write: cellWriter(field.schema), right: isNumber(field.schema) };
  });
  if (options.sortBy) rows.sort(comparison(options.sortBy));
  const limit = options.limit ?? rows.length;
  const cells = rows.slice(0, limit).map(row => columns.map(column => cell(column.write(row[column.name]))));
  const widths = columns.map((column, i) =>
    Math.max(column.name.length, ...cells.map(row => row[i]!.length)),
  );
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, i) => (columns[i]!.right ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  const more = rows.length - cells.length + uncounted;
  return [
    ...(options.title ? [options.title] : []),
    line(names),
    widths.map(width => '─'.repeat(width)).join('  '),
    ...cells.map(line),
    ...(more > 0 ? [`… ${more} more rows`] : []),
    '',
  ].join('\n');
}

const cell = (text: string): string => text.replaceAll(/[\r\n\t]+/g, ' ');
const isNumber = (schema: Schema): boolean =>
  ['int32', 'int64', 'bigint', 'float32', 'float64', 'decimal'].includes(
    schema.kind === 'nullable' ? schema.of.kind : schema.kind,
  );

function comparison(
  sortBy: readonly string[],
): (a: Record<string, unknown>, b: Record<string, unknown>) => number {
  const keys = sortBy.map(key =>
    key.startsWith('-') ? { name: key.slice(1), sign: -1 } : { name: key, sign: 1 },
  );
  return (a, b) => {
    for (const { name, sign } of keys) {
      const x = a[name] as string | number | bigint;
      const y = b[name] as string | number | bigint;
      if (x < y) return -sign;
      if (x > y) return sign;
    }
    return 0;
  };
}
