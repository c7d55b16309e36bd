/** JSON lines: one JSON object per line (flink: the json format). */
export { JsonFormat } from './json-format.js';
// called by generated decoders
export {
  cursor,
  enumOf,
  escapedKey,
  expect,
  expectEnd,
  readBool,
  readDigits,
  readKey,
  readNull,
  readNumber,
  readQuoted,
  readString,
  readText,
  skipSpace,
  skipValue,
} from './scan.js';
export { fromJson, type JsonReader } from './from-json.js';
export { createLineReader, type LineReader } from './json-decoder.js';
export { decimalOf, integerOf } from './decimal.js';
export { exactParser } from './exact-numbers.js';
