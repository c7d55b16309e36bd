/**
 * Empty batches of a sender. The first ones are small: a loop that fills them meets a full batch before V8 compiles it,
 * and is not compiled again for what it had not seen yet; the first records are on their way sooner, too.
 */
import { Batch, type BatchLayout } from '../../plugins/api/batch.js';

const firstRows = 16;
const growth = 4;

export class BatchPool {
  readonly #layout: BatchLayout;
  readonly #rows: number;
  readonly #maxSpare: number;
  readonly #spare: Batch[] = [];
  #nextRows: number;

  /**
   * @param rows of a batch, after the first few
   * @param maxSpare more that are given back are left to the garbage collector
   */
  constructor(layout: BatchLayout, rows: number, maxSpare: number) {
    this.#layout = layout;
    this.#rows = rows;
    this.#maxSpare = maxSpare;
    this.#nextRows = Math.min(firstRows, rows);
  }

  take(): Batch {
    return this.#spare.pop() ?? this.#make();
  }

  give(batch: Batch): void {
    if (batch.capacity < this.#rows || this.#spare.length >= this.#maxSpare) return;
    batch.length = 0;
    this.#spare.push(batch);
  }

  #make(): Batch {
    const rows = this.#nextRows;
    this.#nextRows = Math.min(rows * growth, this.#rows);
    return new Batch(this.#layout, rows);
  }
}
