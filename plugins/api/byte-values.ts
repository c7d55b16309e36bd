/** Values of text formats, straight from the bytes: a string is made only when nothing faster is exact. */
import { RecordError, utf8 } from './text-records.js';

const zero = 48;
const minus = 45;
const plus = 43;
const point = 46;

/** Powers of ten that doubles hold exactly. */
const tens = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
  1e20, 1e21, 1e22,
];

function wrong(bytes: Uint8Array, start: number, end: number, what: string): RecordError {
  return new RecordError(`${JSON.stringify(utf8(bytes, start, Math.min(end, start + 60)))} is not ${what}`);
}

/**
 * Up to 15 digits divided by a power of ten up to 1e22 is correctly rounded (both are exact doubles, one division);
 * everything else goes through Number.
 */
export function parseFloat64(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 10) {
    // most numbers are short and whole: integers are multiplied faster
    let whole = 0;
    let next = start;
    for (; next < end; next++) {
      const digit = bytes[next]! - zero;
      if (digit < 0 || digit > 9) break;
      whole = (Math.imul(whole, 10) + digit) | 0;
    }
    if (next === end && next > start) return whole;
  }
  let at = start;
  const negative = bytes[at] === minus;
  if (negative || bytes[at] === plus) at++;
  let mantissa = 0;
  let digits = 0;
  let scale = -1;
  for (; at < end; at++) {
    const c = bytes[at]!;
    const digit = c - zero;
    if (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      digits++;
      if (scale >= 0) scale++;
    } else if (c === point && scale < 0) scale = 0;
    else return parseSlow(bytes, start, end);
  }
  if (digits === 0) throw wrong(bytes, start, end, 'a number');
  if (digits > 15) return parseSlow(bytes, start, end);
  const value = scale > 0 ? mantissa / tens[scale]! : mantissa;
  return negative ? -value : value;
}
function parseSlow(bytes: Uint8Array, start: number, end: number): number {
  const text = utf8(bytes, start, end).trim();
  const value = Number(text);
  if (text === '' || (Number.isNaN(value) && text !== 'NaN') || /^0[xob]/i.test(text))
    throw wrong(bytes, start, end, 'a number');
  return value;
}

export function parseInt32(bytes: Uint8Array, start: number, end: number): number {
  const value = parseFloat64(bytes, start, end);
  if (value !== (value | 0)) throw wrong(bytes, start, end, 'a 32-bit integer');
  return value;
}

export function parseBool(bytes: Uint8Array, start: number, end: number): number {
  switch (utf8(bytes, start, end).toLowerCase()) {
    case 'true':
    case '1':
      return 1;
    case 'false':
    case '0':
      return 0;
    default:
      throw wrong(bytes, start, end, 'true or false');
  }
}

export function parseBigint(bytes: Uint8Array, start: number, end: number): bigint {
  const text = utf8(bytes, start, end);
  if (!/^[+-]?\d+$/.test(text)) throw wrong(bytes, start, end, 'an integer');
  return BigInt(text);
}
export function parseInt64(bytes: Uint8Array, start: number, end: number): bigint {
  const value = parseBigint(bytes, start, end);
  if (BigInt.asIntN(64, value) !== value) throw wrong(bytes, start, end, 'a 64-bit integer');
  return value;
}

/** Unscaled value; digits beyond the scale must be zeros, because a decimal is exact. */
export function parseDecimal(bytes: Uint8Array, start: number, end: number, scale: number): bigint {
  let at = start;
  const negative = bytes[at] === minus;
  if (negative || bytes[at] === plus) at++;
  let unscaled = 0;
  let digits = 0;
  let fraction = -1;
  for (; at < end; at++) {
    const c = bytes[at]!;
    const digit = c - zero;
    if (digit >= 0 && digit <= 9) {
      if (fraction >= 0 && fraction >= scale) {
        if (digit !== 0) throw wrong(bytes, start, end, `a decimal with ${scale} places`);
        continue;
      }
      unscaled = unscaled * 10 + digit;
      digits++;
      if (fraction >= 0) fraction++;
    } else if (c === point && fraction < 0) fraction = 0;
    else throw wrong(bytes, start, end, 'a decimal');
  }
  if (digits === 0) throw wrong(bytes, start, end, 'a decimal');
  const missing = scale - Math.max(fraction, 0);
  if (digits + missing > 15) return longDecimal(utf8(bytes, start, end), scale);
  const value = BigInt(unscaled * tens[missing]!);
  return negative ? -value : value;
}
function longDecimal(text: string, scale: number): bigint {
  const [whole, fraction = ''] = text.replace(/^[+-]/, '').split('.');
  const value = BigInt(whole! + fraction.slice(0, scale).padEnd(scale, '0'));
  return text.startsWith('-') ? -value : value;
}

let cachedDay = -1;
let cachedDayMs = 0;

/**
 * `yyyy-MM-dd HH:mm:ss[.SSS]` or ISO 8601 with 'T' and 'Z' or offset, in UTC when no offset is given, or digits alone:
 * milliseconds since the epoch.
 */
export function parseTimestamp(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 19 || bytes[start + 4] !== minus) return parseMilliseconds(bytes, start, end);
  const year = digits(bytes, start, 4);
  const month = digits(bytes, start + 5, 2);
  const date = digits(bytes, start + 8, 2);
  const hour = digits(bytes, start + 11, 2);
  const minute = digits(bytes, start + 14, 2);
  const second = digits(bytes, start + 17, 2);
  const plausible =
    month >= 1 && month <= 12 && date >= 1 && date <= 31 && hour <= 23 && minute <= 59 && second <= 59;
  const separated =
    bytes[start + 7] === minus &&
    (bytes[start + 10] === 32 || bytes[start + 10] === 84) &&
    bytes[start + 13] === 58 &&
    bytes[start + 16] === 58;
  // Date.UTC takes years below 100 for years of the last century
  if (!plausible || !separated || year < 100 || hour < 0 || minute < 0 || second < 0)
    return parseTimestampText(bytes, start, end);
  let at = start + 19;
  let millisecond = 0;
  if (at < end && bytes[at] === point) {
    let unit = 100;
    for (at++; at < end; at++, unit /= 10) {
      const digit = bytes[at]! - zero;
      if (digit < 0 || digit > 9) break;
      if (unit >= 1) millisecond += digit * unit;
    }
  }
  if (at < end && !(at === end - 1 && (bytes[at] === 90 || bytes[at] === 122)))
    return parseTimestampText(bytes, start, end);
  const day = (year * 16 + month) * 32 + date;
  if (day !== cachedDay) {
    const ms = Date.UTC(year, month - 1, date);
    if (new Date(ms).getUTCDate() !== date) throw wrong(bytes, start, end, 'a date');
    cachedDay = day;
    cachedDayMs = ms;
  }
  return cachedDayMs + ((hour * 60 + minute) * 60 + second) * 1000 + millisecond;
}
/** −1 when a character is no digit. */
function digits(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i++) {
    const digit = bytes[at + i]! - zero;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
/** Digits alone, as many as doubles hold exactly; else whatever it is. */
function parseMilliseconds(bytes: Uint8Array, start: number, end: number): number {
  const negative = bytes[start] === minus;
  let at = negative ? start + 1 : start;
  if (at >= end || end - at > 15) return parseTimestampText(bytes, start, end);
  let value = 0;
  for (; at < end; at++) {
    const digit = bytes[at]! - zero;
    if (digit < 0 || digit > 9) return parseTimestampText(bytes, start, end);
    value = value * 10 + digit;
  }
  return negative ? -value : value;
}
function parseTimestampText(bytes: Uint8Array, start: number, end: number): number {
  const text = utf8(bytes, start, end).trim();
  if (/^-?\d+$/.test(text)) return Number(text);
  const iso = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?(Z|[+-]\d\d:?\d\d)?$/i.exec(text);
  const value = iso ? Date.parse(`${iso[1]}T${iso[2] ?? '00:00'}${iso[3] ?? 'Z'}`) : NaN;
  // Date.parse takes 30 February for a day of March
  if (Number.isNaN(value) || new Date(`${iso![1]}T00:00Z`).getUTCDate() !== Number(iso![1]!.slice(8)))
    throw wrong(bytes, start, end, 'a timestamp');
  return value;
}
export function parseDate(bytes: Uint8Array, start: number, end: number): Date {
  return new Date(parseTimestamp(bytes, start, end));
}
