/** What a window of two inputs holds: the records of each, in columns, one list per key. */
import type { ColumnKind } from '../../../plugins/api/batch.js';
import type { CopyOnWrite, Watched } from '../../contract/copy-on-write.js';
import type { KeySlots } from '../windows/key-slots.js';
import { RecordLists } from './record-lists.js';

export class WindowRecords<K> implements Watched {
  start = 0;
  /** Set while a snapshot of the window is written. The window then belongs to the snapshot too. */
  copyOnWrite: CopyOnWrite | null = null;
  /** Memory has all its records. */
  isComplete = true;
  /** The disk has the records before these, in so many parts. */
  readonly stored = { first: 0, second: 0, parts: 0 };
  readonly keys: KeySlots<K>;
  readonly first: RecordLists;
  readonly second: RecordLists;

  constructor(keys: KeySlots<K>, first: readonly ColumnKind[], second: readonly ColumnKind[]) {
    this.keys = keys;
    this.first = new RecordLists(first);
    this.second = new RecordLists(second);
  }

  /** Memory lets go of everything. */
  clear(): void {
    this.keys.clear();
    this.first.clear();
    this.second.clear();
    this.stored.first = 0;
    this.stored.second = 0;
  }
  /** ... and it becomes another window. */
  reset(): void {
    this.clear();
    this.isComplete = true;
    this.stored.parts = 0;
  }
}
