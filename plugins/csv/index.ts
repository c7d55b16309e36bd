/** Comma-separated values (flink: the csv format). The functions below the format are what generated decoders call. */
export { CsvFormat, type CsvOptions } from './csv-format.js';
export { enumValue } from './csv-decoder.js';
export {
  CsvRecordError,
  quotedEnd,
  quotedText,
  recordEnds,
  recordStop,
  unquotedText,
  utf8,
  type RecordEnds,
} from './records.js';
export {
  parseBigint,
  parseBool,
  parseDate,
  parseDecimal,
  parseFloat64,
  parseInt32,
  parseInt64,
  parseTimestamp,
} from './fields.js';
