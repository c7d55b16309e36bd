/** Rows of one keyed input in memory, sorted on demand by key, timestamp and arrival. */
import { Batch } from '../../plugins/api/batch.js';
import type { BatchLayout } from '../../plugins/api/batch.js';
import type { KeyType } from '../contract/state.js';
import { ByteWriter } from '../contract/bytes.js';
import type { Cursor } from './sorted-inputs.js';

/** Any total order will do, as long as equal keys are neighbours. Within one input all keys have one of these types. */
export type SortKey = number | string | bigint;

/** NaN, which is a key like any other, is the largest. */
export function compareKeys(x: SortKey, y: SortKey): number {
  if (x < y) return -1;
  if (x > y) return 1;
  return x === y ? 0 : Number(Number.isNaN(x)) - Number(Number.isNaN(y));
}

/** Keys that JavaScript compares by value are taken as they are, others by their bytes. */
export function keyReader(
  column: number,
  type: KeyType,
  layout: BatchLayout,
): (batch: Batch, row: number) => SortKey {
  if (layout.columns[column]!.kind !== 'object')
    return (batch, row) => batch.columns[column]![row] as SortKey;
  const writer = new ByteWriter();
  return (batch, row) => {
    writer.reset();
    type.codec.write(writer, batch.columns[column]![row]);
    return Buffer.from(writer.bytes.buffer, 0, writer.length).toString('latin1');
  };
}

export class SortBuffer {
  readonly #layout: BatchLayout;
  readonly #rows: number;
  readonly #readKey: (batch: Batch, row: number) => SortKey;
  readonly #batches: Batch[] = [];
  readonly #keys: SortKey[] = [];
  #variableBytes = 0;

  constructor(layout: BatchLayout, batchRows: number, readKey: (batch: Batch, row: number) => SortKey) {
    this.#layout = layout;
    this.#rows = batchRows;
    this.#readKey = readKey;
  }

  add(batch: Batch): void {
    for (let row = 0; row < batch.length; row++) {
      let last = this.#batches.at(-1);
      if (!last || last.length === last.capacity)
        this.#batches.push((last = new Batch(this.#layout, this.#rows)));
      copyRow(this.#layout, batch, row, last);
      this.#keys.push(this.#readKey(batch, row));
    }
    this.#variableBytes += variableBytes(this.#layout, batch);
  }

  get estimatedBytes(): number {
    // A row: its fixed columns and timestamp, the key, and its place in the sort.
    return this.#keys.length * (8 * (this.#layout.columns.length + 1) + 32) + this.#variableBytes;
  }

  /** Null when there is nothing. The buffer must not be added to afterwards. */
  sort(): Cursor | null {
    const keys = this.#keys;
    if (keys.length === 0) return null;
    const batches = this.#batches;
    const rows = this.#rows;
    const timestampOf = (i: number): number => batches[Math.floor(i / rows)]!.timestamps[i % rows]!;
    const order = Uint32Array.from(keys, (_, i) => i).sort(
      (a, b) => compareKeys(keys[a]!, keys[b]!) || timestampOf(a) - timestampOf(b) || a - b,
    );
    let at = 0;
    return {
      get batch() {
        return batches[Math.floor(order[at]! / rows)]!;
      },
      get row() {
        return order[at]! % rows;
      },
      get key() {
        return keys[order[at]!]!;
      },
      get timestamp() {
        return timestampOf(order[at]!);
      },
      next: () => ++at < order.length,
    };
  }
}

/** Appends one row to `to`. */
export function copyRow(layout: BatchLayout, from: Batch, row: number, to: Batch): void {
  const at = to.length++;
  to.timestamps[at] = from.timestamps[row]!;
  for (let c = 0; c < layout.columns.length; c++) (to.columns[c] as unknown[])[at] = from.columns[c]![row];
}

// Objects are guessed: measuring them would mean encoding every row.
const guessedObjectBytes = 64;

function variableBytes(layout: BatchLayout, batch: Batch): number {
  let bytes = 0;
  layout.columns.forEach((column, c) => {
    if (column.kind === 'object') bytes += guessedObjectBytes * batch.length;
    if (column.kind === 'string')
      for (let row = 0; row < batch.length; row++) bytes += (batch.columns[c] as string[])[row]!.length;
  });
  return bytes;
}
