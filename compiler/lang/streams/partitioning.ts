import type { KeySelector } from '../functions.js';
import { PropertyKeySelector } from '../key-selectors.js';
import type { RecordedEdge, RecordedPartition } from '../recording.js';

/** A key as the API takes it: the name of a property, a lambda, or a KeySelector. */
export type Key<T, K> = ((value: T) => K) | KeySelector<T, K>;

export function keySelector<T>(key: Key<T, unknown> | string): object {
  return typeof key === 'string' ? new PropertyKeySelector<Record<string, unknown>, string>(key) : key;
}

export function partitioned(edge: RecordedEdge, partition: RecordedPartition): RecordedEdge {
  return { from: edge.from, sideOutput: edge.sideOutput, partition };
}
