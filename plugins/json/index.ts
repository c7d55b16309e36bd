/** JSON lines: one JSON object per line (flink: the json format). */
export { JsonFormat } from './json-format.js';
// called by generated decoders
export {
  cursor,
  enumOf,
  expect,
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
export { decimalOf } from './decimal.js';
