import { getHeapStatistics } from 'node:v8';
import type { HeapUse } from './messages.js';

/** Of the thread that asks. */
export function heapUse(): HeapUse {
  const { used_heap_size, total_heap_size, heap_size_limit } = getHeapStatistics();
  return { used: used_heap_size, committed: total_heap_size, max: heap_size_limit };
}
