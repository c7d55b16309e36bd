import type { KeyedSection } from '../../contract/state.js';
import type { KeyGroupWriter } from '../key-group-writer.js';
import type { ChangedSlots } from './changed-slots.js';
import type { Watched } from './copy-on-write.js';

/** One section of snapshots, its entries lying in the slots of a table. */
export interface SlotSection {
  readonly name: string;
  readonly described: Omit<KeyedSection, 'keyGroups'>;
  readonly table: Watched & { changes: ChangedSlots | null };
  /** Nothing when everything in the slot has expired. */
  readonly writeEntry: (to: KeyGroupWriter, slot: number) => void;
  /** What tells the entry from others: key and namespace; of timers everything. */
  readonly writeId: (to: KeyGroupWriter, slot: number) => void;
}
