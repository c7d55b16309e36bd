/** What generated code calls where a value does not fit its column, or a record is read where there is none. */
import { RuntimeFault } from './fault.js';

/** `presence`: 0 null, 2 undefined. Fails as JavaScript does when a property of such a value is read. */
export function readOfAbsent(presence: number, property: string): never {
  throw new TypeError(
    `Cannot read properties of ${presence === 0 ? 'null' : 'undefined'} (reading '${property}')`,
  );
}

export function checkedInt32(value: number, field: string): number {
  if ((value | 0) !== value) throw new RangeError(`${field}: ${value} is not a 32-bit integer`);
  return value;
}

export function checkedInt64(value: bigint, field: string): bigint {
  if (BigInt.asIntN(64, value) !== value) throw new RangeError(`${field}: ${value} is not a 64-bit integer`);
  return value;
}

/** Of a timestamp assigner: every comparison with NaN or undefined is false, so no watermark and no window would see it. */
export function invalidTimestamp(value: unknown): never {
  throw new RuntimeFault('FC5258', {
    message: `The timestamp assigner returned ${String(value)}, which is no time.`,
    domain: 'user',
    fix: 'return milliseconds since the epoch. Date.parse gives NaN for texts that it cannot read; filter such records out before, or give them a time',
  });
}

/** Presence of a struct that may be null or undefined, as it stands in a presence column. */
export function presenceOf(value: unknown): 0 | 1 | 2 {
  return value === null ? 0 : value === undefined ? 2 : 1;
}

/** Channel chosen by a user's partitioner. */
export function checkedChannel(channel: number, channels: number): number {
  if (channel >= 0 && channel < channels && Number.isInteger(channel)) return channel;
  throw new RangeError(`The partitioner returned ${channel}, which is not one of ${channels} partitions`);
}
