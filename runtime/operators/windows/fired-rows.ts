/** The keys of a window that is over and their accumulators, as the code that fires them sees them. */
import type { ColumnData } from '../../../plugins/api/batch.js';
import type { KeySlots } from './key-slots.js';

export interface FiredRows<K> {
  /** one row per key */
  readonly keys: KeySlots<K>;
  readonly columns: readonly ColumnData[];
  /** 1: the row is to be fired. Null: all are. */
  readonly due: Uint8Array | null;
}

/** Generated: gives the results of all rows to what comes after the window. `end` is exclusive, in milliseconds. */
export type FireRows<K> = (rows: FiredRows<K>, start: number, end: number) => void;
