/**
 * The scanner that generated decoders are made of. Functions read one token at `at` and leave the offset behind it in
 * `cursor.at`; what surprises them (an escape, a number with an exponent) goes through JSON.parse.
 */
import { parseFloat64 } from '../api/byte-values.js';
import { RecordError, recordText, utf8, type RecordEnds } from '../api/text-records.js';

export const cursor = { at: 0 };

const quote = 34;
const backslash = 92;

export function skipSpace(bytes: Uint8Array, at: number): number {
  while (bytes[at] === 32 || bytes[at] === 9 || bytes[at] === 13) at++;
  return at;
}

/** Offset behind this character and the white space around it. */
export function expect(bytes: Uint8Array, at: number, stop: number, character: number): number {
  at = skipSpace(bytes, at);
  if (at >= stop || bytes[at] !== character)
    throw unexpected(bytes, at, stop, `'${String.fromCharCode(character)}'`);
  return skipSpace(bytes, at + 1);
}
export function unexpected(bytes: Uint8Array, at: number, stop: number, wanted: string): RecordError {
  if (at >= stop) return new RecordError(`not JSON: the line ends where ${wanted} should stand`);
  return new RecordError(
    `not JSON: ${JSON.stringify(utf8(bytes, at, Math.min(stop, at + 20)))} where ${wanted} should stand`,
  );
}

/** Offset of the next quote or backslash, at least `stop` if there is none. `view`: of the same bytes. */
function quoteOrBackslash(bytes: Uint8Array, view: DataView, at: number, stop: number): number {
  // Four bytes at a time: of a word without the byte that is searched no byte becomes zero.
  for (; at + 4 <= stop; at += 4) {
    const word = view.getInt32(at, true);
    const quotes = word ^ 0x22222222;
    const backslashes = word ^ 0x5c5c5c5c;
    const zeros = ((quotes - 0x01010101) & ~quotes) | ((backslashes - 0x01010101) & ~backslashes);
    if ((zeros & 0x80808080) !== 0) break;
  }
  while (at < stop && bytes[at] !== quote && bytes[at] !== backslash) at++;
  return at;
}

/** Offset of the closing quote of the string whose opening quote is at `at`. */
function closingQuote(bytes: Uint8Array, view: DataView, at: number, stop: number): number {
  let end = quoteOrBackslash(bytes, view, at + 1, stop);
  while (end < stop && bytes[end] === backslash) end = quoteOrBackslash(bytes, view, end + 2, stop);
  if (end >= stop) throw new RecordError('not JSON: a string is not closed');
  return end;
}

/** Thrown where a field name is written with escapes, which cannot be compared byte by byte. */
export const escapedKey = new RecordError('a field name with escapes');

/** Start of the key's text; its end (the closing quote) is left in cursor.at. */
export function readKey(bytes: Uint8Array, at: number, stop: number): number {
  if (at >= stop || bytes[at] !== quote) throw unexpected(bytes, at, stop, 'a field name');
  for (let end = at + 1; end < stop; end++) {
    const c = bytes[end]!;
    if (c === quote) {
      cursor.at = end;
      return at + 1;
    }
    if (c === backslash) throw escapedKey;
  }
  throw new RecordError('not JSON: a string is not closed');
}

/** A line holds one value. */
export function expectEnd(bytes: Uint8Array, at: number, stop: number): void {
  const end = skipSpace(bytes, at);
  if (end < stop) throw unexpected(bytes, end, stop, 'the end of the line');
}

export function readString(
  bytes: Uint8Array,
  view: DataView,
  records: RecordEnds,
  at: number,
  stop: number,
  name: string,
): string {
  if (bytes[at] !== quote) throw wrongType(bytes, at, stop, name, 'a string');
  const end = quoteOrBackslash(bytes, view, at + 1, stop);
  if (end < stop && bytes[end] === quote) {
    cursor.at = end + 1;
    return recordText(bytes, records, at + 1, end);
  }
  const close = closingQuote(bytes, view, at, stop);
  cursor.at = close + 1;
  return parseText(bytes, at, close + 1) as string;
}

/** Offset behind the opening quote; the closing quote is left in cursor.at. For values parsed from their bytes. */
export function readQuoted(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  stop: number,
  name: string,
): number {
  if (bytes[at] !== quote) throw wrongType(bytes, at, stop, name, 'a string');
  cursor.at = closingQuote(bytes, view, at, stop);
  return at + 1;
}

const tens = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000];

export function readNumber(bytes: Uint8Array, at: number, stop: number, name: string): number {
  const c = bytes[at]!;
  // Most numbers are whole and fit a double exactly: one pass. In two halves, because integers are multiplied faster.
  if (c >= 49 && c <= 57) {
    let high = c - 48;
    let next = at + 1;
    for (const limit = Math.min(stop, at + 9); next < limit; next++) {
      const digit = bytes[next]! - 48;
      if (digit < 0 || digit > 9) break;
      high = (Math.imul(high, 10) + digit) | 0;
    }
    let value = high;
    if (next === at + 9) {
      let low = 0;
      for (const limit = Math.min(stop, at + 15); next < limit; next++) {
        const digit = bytes[next]! - 48;
        if (digit < 0 || digit > 9) break;
        low = (Math.imul(low, 10) + digit) | 0;
      }
      value = high * tens[next - at - 9]! + low;
    }
    if (next < stop && (bytes[next] === 44 || bytes[next] === 125)) {
      cursor.at = next;
      return value;
    }
  }
  if (!(c === 45 || (c >= 48 && c <= 57))) throw wrongType(bytes, at, stop, name, 'a number');
  const end = tokenEnd(bytes, at, stop);
  cursor.at = end;
  const first = c === 45 ? bytes[at + 1] : c;
  const second = bytes[c === 45 ? at + 2 : at + 1]!;
  const last = bytes[end - 1]!;
  // '01' and '1.' are no numbers in JSON
  if ((first === 48 && second >= 48 && second <= 57) || last < 48 || last > 57)
    throw wrongType(bytes, at, stop, name, 'a number');
  return parseFloat64(bytes, at, end);
}

export function readBool(bytes: Uint8Array, at: number, stop: number, name: string): number {
  const end = tokenEnd(bytes, at, stop);
  cursor.at = end;
  const a = bytes[at];
  const b = bytes[at + 1];
  const c = bytes[at + 2];
  const d = bytes[at + 3];
  if (end - at === 4 && a === 116 && b === 114 && c === 117 && d === 101) return 1;
  if (end - at === 5 && a === 102 && b === 97 && c === 108 && d === 115 && bytes[at + 4] === 101) return 0;
  throw wrongType(bytes, at, stop, name, 'true or false');
}

/** Whether a null stands here; cursor.at is moved only then. */
export function readNull(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] !== 110 || bytes[at + 1] !== 117 || bytes[at + 2] !== 108 || bytes[at + 3] !== 108)
    return false;
  cursor.at = at + 4;
  return true;
}

/** Text of any value, for a parser. */
export function readText(bytes: Uint8Array, view: DataView, at: number, stop: number): string {
  const end = skipValue(bytes, view, at, stop);
  cursor.at = end;
  return utf8(bytes, at, end);
}
function parseText(bytes: Uint8Array, at: number, end: number): unknown {
  try {
    return JSON.parse(utf8(bytes, at, end));
  } catch (error) {
    throw new RecordError(`not JSON: ${(error as Error).message}`);
  }
}

/** Text of a number, or of a string that holds one: for values that a double cannot hold. */
export function readDigits(bytes: Uint8Array, view: DataView, at: number, stop: number): string {
  const quoted = bytes[at] === quote;
  const end = quoted ? closingQuote(bytes, view, at, stop) : tokenEnd(bytes, at, stop);
  cursor.at = quoted ? end + 1 : end;
  return utf8(bytes, quoted ? at + 1 : at, end);
}

/** End of a number, true, false or null. */
function tokenEnd(bytes: Uint8Array, at: number, stop: number): number {
  let end = at;
  for (; end < stop; end++) {
    const c = bytes[end]!;
    if (c === 44 || c === 125 || c === 93 || c === 32 || c === 9 || c === 13) break;
  }
  return end;
}

/** Offset behind the value at `at`. Nested values are skipped by counting brackets outside of strings. */
export function skipValue(bytes: Uint8Array, view: DataView, at: number, stop: number): number {
  const c = bytes[at];
  if (c === quote) return closingQuote(bytes, view, at, stop) + 1;
  if (c !== 123 && c !== 91) {
    const end = tokenEnd(bytes, at, stop);
    if (end === at) throw unexpected(bytes, at, stop, 'a value');
    return end;
  }
  let depth = 0;
  for (; at < stop; at++) {
    const d = bytes[at]!;
    if (d === quote) at = closingQuote(bytes, view, at, stop);
    else if (d === 123 || d === 91) depth++;
    else if ((d === 125 || d === 93) && --depth === 0) return at + 1;
  }
  throw new RecordError('not JSON: an object or list is not closed');
}

function wrongType(bytes: Uint8Array, at: number, stop: number, name: string, expected: string): RecordError {
  return new RecordError(`field '${name}' is ${utf8(bytes, at, Math.min(stop, at + 30))}, not ${expected}`);
}

export function enumOf<V>(value: V, values: readonly V[], name: string): V {
  if (values.includes(value)) return value;
  throw new RecordError(
    `field '${name}' is ${JSON.stringify(value)}, not one of ${values.map(v => JSON.stringify(v)).join(', ')}`,
  );
}
