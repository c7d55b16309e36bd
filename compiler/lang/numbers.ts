/** Making and computing branded numbers. Decimals are unscaled bigints: all arithmetic here is exact. */
import type { Decimal, Float32, Int32, Int64, Timestamp } from '../../plugins/api/types.js';

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/** Truncates towards zero; a value outside 32 bits is an error rather than a wrapped number. */
export function int(value: number): Int32 {
  const truncated = Math.trunc(value);
  if ((truncated | 0) !== truncated) throw new RangeError(`${value} does not fit into 32 bits`);
  return truncated | 0; // also turns -0 into 0
}

/** A number must be integral; texts are decimal integers. */
export function int64(value: number | bigint | string): Int64 {
  const result = BigInt(value);
  if (result < INT64_MIN || result > INT64_MAX) throw new RangeError(`${value} does not fit into 64 bits`);
  return result;
}

export function float32(value: number): Float32 {
  return Math.fround(value);
}

/** Milliseconds since the epoch, UTC. Texts without a zone are read as UTC, so results do not depend on the machine. */
export function timestamp(value: number | string | Date): Timestamp {
  const ms =
    typeof value === 'number' ? value : typeof value === 'string' ? parseUtc(value) : value.getTime();
  if (!Number.isFinite(ms)) throw new RangeError(`'${String(value)}' is not a date and time`);
  return ms;
}

const ISO_WITHOUT_ZONE = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?$/;

function parseUtc(text: string): number {
  return Date.parse(ISO_WITHOUT_ZONE.test(text) ? `${text.replace(' ', 'T')}Z` : text);
}

const DECIMAL = /^\s*([+-]?)(\d*)(?:\.(\d*))?\s*$/;

/**
 * `decimal('2.55', 2)` is 255n. Digits beyond the scale are rounded half away from zero (SQL's HALF_UP).
 * The precision is inferred from where the value goes. Numbers are read by their shortest decimal text: `decimal(0.1, 1)` is 1n.
 */
export function decimal<S extends number, P extends number = 18>(
  value: string | number | bigint,
  scale: S,
): Decimal<P, S> {
  if (typeof value === 'bigint') return value * powerOfTen(scale);
  const text = typeof value === 'number' ? plainDigits(value) : value;
  const match = DECIMAL.exec(text);
  const whole = match?.[2] ?? '';
  const fraction = match?.[3] ?? '';
  if (match === null || whole.length + fraction.length === 0) {
    throw new RangeError(`'${value}' is not a decimal number`);
  }
  const unscaled = rescaleUnscaled(BigInt(whole + fraction), fraction.length, scale);
  return match[1] === '-' ? -unscaled : unscaled;
}

/** Exponents written out: 1e-7 → "0.0000001". */
function plainDigits(value: number): string {
  const text = String(value);
  const match = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text; // NaN and Infinity are refused by the caller's pattern
  const digits = match[2]! + (match[3] ?? '');
  const point = match[2]!.length + Number(match[4]);
  if (point <= 0) return `${match[1]}0.${'0'.repeat(-point)}${digits}`;
  return `${match[1]}${digits.slice(0, point).padEnd(point, '0')}.${digits.slice(point)}`;
}

/** `formatDecimal(255n, 2)` is "2.55". */
export function formatDecimal(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
  const sign = value < 0n ? '-' : '';
  if (scale === 0) return sign + digits;
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** For display and approximate arithmetic. */
export function decimalToNumber(value: bigint, scale: number): number {
  return Number(formatDecimal(value, scale));
}

/** The same amount with another number of decimal places, rounded half away from zero. */
export function rescale<To extends number, P extends number = 18>(
  value: bigint,
  from: number,
  to: To,
): Decimal<P, To> {
  return value < 0n ? -rescaleUnscaled(-value, from, to) : rescaleUnscaled(value, from, to);
}

/** The product of a decimal of scale `scaleA` and one of `scaleB`, rounded to `scale`. */
export function multiplyDecimal<S extends number, P extends number = 18>(
  a: bigint,
  scaleA: number,
  b: bigint,
  scaleB: number,
  scale: S,
): Decimal<P, S> {
  return rescale(a * b, scaleA + scaleB, scale);
}

/** The quotient, rounded half away from zero to `scale`. Division by zero is a RangeError. */
export function divideDecimal<S extends number, P extends number = 18>(
  a: bigint,
  scaleA: number,
  b: bigint,
  scaleB: number,
  scale: S,
): Decimal<P, S> {
  const shift = scale + scaleB - scaleA;
  const dividend = shift >= 0 ? a * powerOfTen(shift) : a;
  const divisor = shift >= 0 ? b : b * powerOfTen(-shift);
  const negative = dividend < 0n !== divisor < 0n;
  const quotient = divideRounded(dividend < 0n ? -dividend : dividend, divisor < 0n ? -divisor : divisor);
  return negative ? -quotient : quotient;
}

function rescaleUnscaled(magnitude: bigint, from: number, to: number): bigint {
  return to >= from ? magnitude * powerOfTen(to - from) : divideRounded(magnitude, powerOfTen(from - to));
}

function divideRounded(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor / 2n) / divisor;
}

function powerOfTen(exponent: number): bigint {
  return 10n ** BigInt(exponent);
}
