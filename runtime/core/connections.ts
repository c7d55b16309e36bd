/**
 * Which subtasks an exchange connects, and the number of each channel: computed when asked, because an exchange between
 * 10,000 and 10,000 subtasks has 100,000,000 channels. What one subtask is connected to is always a range.
 */
import { RuntimeFault } from '../contract/fault.js';
import type { ExchangeManifest } from '../contract/manifest.js';

/** Both ends included; never empty. */
export interface SubtaskRange {
  readonly first: number;
  readonly last: number;
}

export interface Connections {
  readonly allToAll: boolean;
  readonly count: number;
  readonly downstreamOf: (fromSubtask: number) => SubtaskRange;
  readonly upstreamOf: (toSubtask: number) => SubtaskRange;
  /** from 0; of connected subtasks */
  readonly indexOf: (fromSubtask: number, toSubtask: number) => number;
}
interface End {
  readonly name: string;
  readonly parallelism: number;
}

export function connect(partition: ExchangeManifest['partition'], from: End, to: End): Connections {
  switch (partition) {
    case 'forward':
      if (from.parallelism !== to.parallelism)
        throw new RuntimeFault('FC5006', {
          message: `'${from.name}' has parallelism ${from.parallelism} and forwards to '${to.name}' with ${to.parallelism}`,
          domain: 'user',
          fix: 'give both the same parallelism, or use .rebalance() between them',
        });
      return pointwise(from.parallelism, to.parallelism);
    case 'rescale':
      return pointwise(from.parallelism, to.parallelism);
    case 'rebalance':
    case 'shuffle':
    case 'global':
    case 'broadcast':
    case 'hash':
    case 'custom':
      return allToAll(from.parallelism, to.parallelism);
  }
}

function allToAll(from: number, to: number): Connections {
  const upstream = { first: 0, last: from - 1 };
  const downstream = { first: 0, last: to - 1 };
  return {
    allToAll: true,
    count: from * to,
    downstreamOf: () => downstream,
    upstreamOf: () => upstream,
    indexOf: (fromSubtask, toSubtask) => fromSubtask * to + toSubtask,
  };
}

/** Neighbouring groups, as Flink's pointwise distribution: each on the more parallel side has one on the other. */
function pointwise(from: number, to: number): Connections {
  const fanOut = from <= to;
  const [few, many] = fanOut ? [from, to] : [to, from];
  const isOne = (one: number): SubtaskRange => ({ first: one, last: one });
  // Flink cuts the upstream side at floor(j·from/to), which rounds the other way when it is the more parallel one.
  const groupOf = fanOut
    ? (one: number) => Math.floor((one * few) / many)
    : (one: number) => Math.ceil(((one + 1) * few) / many) - 1;
  const membersOf = fanOut
    ? (group: number) => ({
        first: Math.ceil((group * many) / few),
        last: Math.ceil(((group + 1) * many) / few) - 1,
      })
    : (group: number) => ({
        first: Math.floor((group * many) / few),
        last: Math.floor(((group + 1) * many) / few) - 1,
      });
  return {
    allToAll: false,
    count: many,
    downstreamOf: fanOut ? membersOf : one => isOne(groupOf(one)),
    upstreamOf: fanOut ? one => isOne(groupOf(one)) : membersOf,
    indexOf: fanOut ? (_, toSubtask) => toSubtask : fromSubtask => fromSubtask,
  };
}
