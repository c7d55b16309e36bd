import type { RecordEncoder } from '../api/format.js';
import type { Schema } from '../api/schema.js';
import { cellWriter } from '../api/text-form.js';
import type { CsvOptions } from './csv-format.js';

/** One line per record; cells are quoted when they hold a delimiter, a quote or a line end, or would read as null. */
export function createCsvEncoder(schema: Schema, options: CsvOptions<unknown>): RecordEncoder {
  const delimiter = options.delimiter ?? ',';
  const quote = options.quote ?? '"';
  const nullLiteral = options.nullLiteral ?? '';
  const fields = schema.kind === 'struct' ? schema.fields : null;
  const names = fields
    ? ((options.columns as readonly string[] | undefined) ?? fields.map(field => field.name))
    : ['value'];
  const writers = names.map(name =>
    cellWriter(fields ? (fields.find(field => field.name === name)?.schema ?? { kind: 'json' }) : schema),
  );
  const needsQuotes = (text: string): boolean =>
    text.includes(delimiter) || text.includes(quote) || text.includes('\n') || text.includes('\r');
  const quoted = (text: string): string => quote + text.replaceAll(quote, quote + quote) + quote;
  const cell = (value: unknown, write: (value: unknown) => string): string => {
    if (value === null || value === undefined) return nullLiteral;
    const text = write(value);
    return needsQuotes(text) || text === nullLiteral ? quoted(text) : text;
  };
  return {
    ...(options.header
      ? { header: `${names.map(name => (needsQuotes(name) ? quoted(name) : name)).join(delimiter)}\n` }
      : {}),
    encode: record => {
      const values = fields ? names.map(name => (record as Record<string, unknown>)[name]) : [record];
      return `${values.map((value, i) => cell(value, writers[i]!)).join(delimiter)}\n`;
    },
  };
}
