/** What generated code calls to route a record to the subtask that owns its key. */
import { keyGroupOf, operatorIndexOf } from '../contract/key-groups.js';

export { keyGroupOf, operatorIndexOf } from '../contract/key-groups.js';
export {
  hashBigint,
  hashBoolean,
  hashBytes,
  hashDate,
  hashFloat32,
  hashFloat64,
  hashInt32,
  hashInt64,
  hashLong,
  hashString,
  keyHasher,
} from '../contract/key-hash.js';

/** Channel of a hash exchange for a key with this hash code. */
export function channelOf(hashCode: number, maxParallelism: number, parallelism: number): number {
  return operatorIndexOf(keyGroupOf(hashCode, maxParallelism), maxParallelism, parallelism);
}
