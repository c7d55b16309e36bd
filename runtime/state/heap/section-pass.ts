import type { CopyOnWrite } from './copy-on-write.js';

/** Whole entries of one key group, encoded. */
export interface EntryBlock {
  readonly keyGroup: number;
  /** valid until the next step of the pass */
  readonly entries: Uint8Array;
}

/** Encodes the entries that a table has at the barrier, bit by bit, while records go on. */
export interface SectionPass extends CopyOnWrite {
  /**
   * Goes on until the time (of performance.now()) has come, or until there is no room for more entries; true when all
   * are encoded. The blocks must be taken after every step.
   */
  step(until: number): boolean;
  /** What is worth writing, and all that is left when everything is encoded. */
  takeBlocks(): readonly EntryBlock[];
  /** It is written, or nobody wants it any more. */
  close?(): void;
}
