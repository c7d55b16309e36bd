/** Key groups for the scheduler; the formulae are shared with senders and state backends through the contract. */
export {
  defaultMaxParallelism,
  keyGroupOf,
  keyGroupRangeOf,
  MAX_MAX_PARALLELISM,
  murmur,
  operatorIndexOf,
} from '../contract/key-groups.js';
export type { KeyGroupRange } from '../contract/key-groups.js';
