/** Appends events to batches, as positions that generated code asks or as columns. */
import type { Batch, BatchLayout } from '../api/batch.js';
import { fillRows, type RowAccess } from '../api/source-rows.js';
import type { NexmarkConfig } from './options.js';
import { nexmarkAccess, NexmarkModel, nexmarkRows } from './rows.js';

export class NexmarkGenerator {
  readonly #model: NexmarkModel;
  /** null: whoever reads the batch computes rows */
  readonly #access: RowAccess | null;

  constructor(config: NexmarkConfig, layout: BatchLayout, computesRows = false) {
    this.#model = new NexmarkModel(config);
    this.#access = computesRows ? null : nexmarkAccess(layout);
  }

  /** Appends events `first` … `first + count − 1` (numbered from 0) and their timestamps. */
  fill(batch: Batch, first: number, count: number): void {
    const rows = nexmarkRows(this.#model, first);
    if (this.#access !== null) return fillRows(batch, this.#access, rows, count);
    batch.rows = rows;
    batch.describeRow = row => `event ${first + row}`;
    batch.length = count;
  }
}
