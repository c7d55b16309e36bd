import type { BatchLayout } from '../api/batch.js';
import type { RowAccess } from '../api/source-rows.js';

/** Numbers from `first` on, one per row. */
export class SequenceRows {
  readonly #first: number;
  constructor(first: number) {
    this.#first = first;
  }
  value(row: number): number {
    return this.#first + row;
  }
}

/** There is no column when nothing downstream reads the number itself. */
export function sequenceAccess(layout: BatchLayout): RowAccess {
  return { values: { value: { method: 'value' } }, columns: layout.columns.map(() => 'value') };
}
