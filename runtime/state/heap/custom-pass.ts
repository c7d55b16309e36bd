import type { SnapshotRows } from '../../contract/state.js';
import { KeyGroupWriter } from '../key-group-writer.js';
import { unwatch, watch } from './copy-on-write.js';
import { PAGE_SIZE } from './pages.js';
import type { EntryBlock, SectionPass } from './section-pass.js';
import { SlotPass } from './slot-pass.js';

/** What an operator lays out itself, one of its tables after the other. */
export class CustomPass implements SectionPass {
  readonly #writer = new KeyGroupWriter();
  readonly #open: { readonly rows: SnapshotRows; readonly pass: SlotPass }[];

  /** The tables are watched from now on. */
  constructor(tables: readonly SnapshotRows[]) {
    const entry = (keyGroup: number): ReturnType<KeyGroupWriter['entry']> => this.#writer.entry(keyGroup);
    this.#open = tables.map(rows => {
      const pass = new SlotPass(firstSlots(rows.count), (_, row) => rows.write(row, entry));
      watch(rows.table, pass);
      return { rows, pass };
    });
  }
  touch(): void {}
  release(): void {}
  step(until: number): boolean {
    for (let first = this.#open[0]; first; first = this.#open[0]) {
      if (!first.pass.step(until)) return false;
      unwatch(first.rows.table, first.pass);
      this.#open.shift();
    }
    return true;
  }
  takeBlocks(): readonly EntryBlock[] {
    return this.#writer.take(this.#open.length === 0);
  }
  close(): void {
    for (const { rows, pass } of this.#open.splice(0)) unwatch(rows.table, pass);
  }
}

/** Pages in which the slots 0 … count-1 are marked. */
function firstSlots(count: number): readonly Uint8Array[] {
  return Array.from({ length: Math.ceil(count / PAGE_SIZE) }, (_, page) =>
    new Uint8Array(PAGE_SIZE).fill(1, 0, Math.min(PAGE_SIZE, count - page * PAGE_SIZE)),
  );
}
