/** Snapshots that are written while records go on: whoever changes something tells them before. */

/** Told before slots of a table change while a snapshot of the table is being written. */
export interface CopyOnWrite {
  /** Before what is in the slot is overwritten, or given to somebody who may change it. */
  touch(slot: number): void;
  /** Before the slot is emptied. Its key may be another one afterwards. */
  release(slot: number): void;
}

/** A table whose slots can be watched. */
export interface Watched {
  copyOnWrite: CopyOnWrite | null;
}
