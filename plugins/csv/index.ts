/** Comma-separated values (flink: the csv format). */
export { CsvFormat, type CsvOptions } from './csv-format.js';
// called by generated decoders
export { enumValue, headerColumns, wantedAt } from './csv-decoder.js';
export { quotedEnd, quotedText } from './quotes.js';
