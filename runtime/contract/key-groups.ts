/**
 * Which subtask owns a key (datastream-semantics §8.1). Lives in the contract because the sender of a record, the
 * state backend and the scheduler must agree bit by bit; results of partitioning are predictable from Flink's.
 */

/** First and last key group (inclusive) of a subtask. */
export interface KeyGroupRange {
  readonly start: number;
  readonly end: number;
}

export const MAX_MAX_PARALLELISM = 32_768;

/** MurmurHash3 x86-32 of one 4-byte block with seed 0, made non-negative. */
export function murmur(code: number): number {
  let h = Math.imul(code, 0xcc9e2d51);
  h = (h << 15) | (h >>> 17);
  h = Math.imul(h, 0x1b873593);
  h = (h << 13) | (h >>> 19);
  h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  h ^= 4;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  h ^= h >>> 16;
  // The absolute value, and 0 for -2^31 (as in Flink). Hashes have no pattern, so a branch here would be mispredicted
  // for every second record.
  const sign = h >> 31;
  return ((h ^ sign) - sign) & 0x7fffffff;
}

/** Key group of a key's hash code. */
export function keyGroupOf(hashCode: number, maxParallelism: number): number {
  return murmur(hashCode) % maxParallelism;
}

/** Subtask that owns a key group. */
export function operatorIndexOf(keyGroup: number, maxParallelism: number, parallelism: number): number {
  return ((keyGroup * parallelism) / maxParallelism) | 0;
}

export function keyGroupRangeOf(subtask: number, maxParallelism: number, parallelism: number): KeyGroupRange {
  return {
    start: Math.floor((subtask * maxParallelism + parallelism - 1) / parallelism),
    end: Math.floor(((subtask + 1) * maxParallelism - 1) / parallelism),
  };
}

/** maxParallelism when the program does not say: room to grow by half, at least 128. */
export function defaultMaxParallelism(parallelism: number): number {
  const wanted = parallelism + Math.floor(parallelism / 2);
  let power = 1;
  while (power < wanted) power *= 2;
  return Math.min(Math.max(power, 128), MAX_MAX_PARALLELISM);
}
