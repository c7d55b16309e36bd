import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as fc from 'fast-check';
import {
  days,
  decimal,
  decimalToNumber,
  divideDecimal,
  float32,
  formatDecimal,
  hours,
  int,
  int64,
  milliseconds,
  minutes,
  multiplyDecimal,
  rescale,
  seconds,
  timestamp,
} from '../../compiler/lang/index.js';

test('durations are milliseconds', () => {
  assert.equal(
    [milliseconds(2), seconds(2), minutes(2), hours(2), days(2)],
    [2, 2000, 120_000, 7_200_000, 172_800_000],
  );
});

test('int truncates and refuses what does not fit', () => {
  assert.is(int(2.9), 2);
  assert.is(int(-2.9), -2);
  assert.ok(Object.is(int(-0.5), 0));
  assert.is(int(2 ** 31 - 1), 2147483647);
  for (const n of [2 ** 31, -(2 ** 31) - 1, NaN, Infinity]) assert.throws(() => int(n), /32 bits/);
});

test('int64 refuses what does not fit', () => {
  assert.is(int64('9223372036854775807'), 2n ** 63n - 1n);
  assert.is(int64(5), 5n);
  assert.throws(() => int64(2n ** 63n), /64 bits/);
});

test('float32 rounds to the nearest value of 32 bits', () => {
  assert.is(float32(0.1), Math.fround(0.1));
});

test('timestamp reads texts without a zone as UTC', () => {
  assert.is(timestamp('1970-01-01 00:00:01'), 1000);
  assert.is(timestamp('1970-01-01T00:00'), 0);
  assert.is(timestamp('1970-01-01T02:00:00+02:00'), 0);
  assert.is(timestamp(new Date(5)), 5);
  assert.throws(() => timestamp('yesterday'), /not a date/);
});

test('decimal reads texts exactly and rounds half away from zero', () => {
  assert.is(decimal('2.55', 2), 255n);
  assert.is(decimal('-2.5', 0), -3n);
  assert.is(decimal('2.005', 2), 201n);
  assert.is(decimal('.5', 1), 5n);
  assert.is(decimal('7', 3), 7000n);
  assert.is(decimal('-0.004', 2), 0n);
  for (const text of ['', '.', 'abc', '1,5', '1e5']) assert.throws(() => decimal(text, 2), /not a decimal/);
});

test('decimal reads numbers by their shortest text, exponents included', () => {
  assert.is(decimal(0.1, 3), 100n);
  assert.is(decimal(1.005, 2), 101n);
  assert.is(decimal(1e-7, 8), 10n);
  assert.is(decimal(1.5e21, 1), 15_000_000_000_000_000_000_000n);
  assert.is(decimal(3n, 2), 300n);
  assert.throws(() => decimal(NaN, 2), /not a decimal/);
});

test('formatDecimal is the inverse of decimal', () => {
  assert.is(formatDecimal(255n, 2), '2.55');
  assert.is(formatDecimal(-5n, 2), '-0.05');
  assert.is(formatDecimal(7n, 0), '7');
  fc.assert(
    fc.property(fc.bigInt(), fc.integer({ min: 0, max: 20 }), (value, scale) => {
      assert.is(decimal(formatDecimal(value, scale), scale), value);
    }),
  );
});

test('rescale rounds half away from zero', () => {
  assert.is(rescale(255n, 2, 1), 26n);
  assert.is(rescale(-255n, 2, 1), -26n);
  assert.is(rescale(254n, 2, 1), 25n);
  assert.is(rescale(5n, 0, 2), 500n);
});

test('multiplyDecimal and divideDecimal are exact up to the rounding at the end', () => {
  assert.is(multiplyDecimal(decimal('19.99', 2), 2, decimal('3', 0), 0, 2), 5997n);
  assert.is(multiplyDecimal(decimal('0.05', 2), 2, decimal('0.5', 1), 1, 2), 3n);
  assert.is(divideDecimal(decimal('10', 0), 0, decimal('3', 0), 0, 4), 33333n);
  assert.is(divideDecimal(decimal('-2', 0), 0, decimal('3', 0), 0, 2), -67n);
  assert.is(divideDecimal(decimal('1.00', 2), 2, decimal('8', 0), 0, 0), 0n);
  assert.throws(() => divideDecimal(1n, 0, 0n, 0, 2), RangeError);
});

test('decimalToNumber divides by the scale', () => {
  assert.is(decimalToNumber(255n, 2), 2.55);
});

test.run();
