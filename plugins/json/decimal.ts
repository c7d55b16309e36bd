import { parseDecimal } from '../api/byte-values.js';
import { RecordError } from '../api/text-records.js';

/** Unscaled decimal of a JSON number's or string's text; exponents are expanded first. */
export function decimalOf(text: string, scale: number, path: string): bigint {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (!match) throw new RecordError(`field '${path}' is ${JSON.stringify(text.slice(0, 60))}, not a decimal`);
  const [, sign, whole, fraction = '', exponent = '0'] = match;
  const shift = Number(exponent);
  if (Math.abs(shift) > 400) throw new RecordError(`field '${path}' is ${text}, which is out of range`);
  const digits = whole! + fraction;
  const point = whole!.length + shift;
  const plain =
    point <= 0
      ? `0.${'0'.repeat(-point)}${digits}`
      : `${digits.slice(0, point).padEnd(point, '0')}.${digits.slice(point) || '0'}`;
  const bytes = Buffer.from(sign + plain);
  return parseDecimal(bytes, 0, bytes.length, scale);
}

/** Integer of a JSON number's or string's text. */
export function integerOf(text: string, within64: boolean, path: string): bigint {
  if (!/^-?\d+$/.test(text))
    throw new RecordError(`field '${path}' is ${JSON.stringify(text.slice(0, 60))}, not an integer`);
  const value = BigInt(text);
  if (within64 && BigInt.asIntN(64, value) !== value)
    throw new RecordError(`field '${path}' is ${text}, not a 64-bit integer`);
  return value;
}
