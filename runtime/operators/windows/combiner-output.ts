/** How a sender writes accumulators into the open batches of its gate: their columns, then the key's. */
import type { ColumnData } from '../../../plugins/api/batch.js';
import type { Schema } from '../../../plugins/api/schema.js';
import { keyGroupOf, operatorIndexOf } from '../../contract/key-groups.js';
import { keyHasher } from '../../contract/key-hash.js';
import type { OutputGate } from '../../contract/task.js';

export class CombinerOutput<K> {
  readonly #gate: OutputGate;
  readonly #hash: ((key: unknown) => number) | null;
  readonly #columns: number;

  /**
   * @param key null: no column carries it, and everything goes to the first channel
   * @param columns of the accumulator
   */
  constructor(gate: OutputGate, key: Schema | null, columns: number) {
    this.#gate = gate;
    this.#hash = key === null ? null : keyHasher(key);
    this.#columns = columns;
  }

  /** @param last time of the last record, for receivers that want to know it: a column behind the key's */
  write(columns: readonly ColumnData[], slot: number, key: K, timestamp: number, last?: number): void {
    const gate = this.#gate;
    const count = this.#columns;
    const channel =
      this.#hash === null || gate.channels === 1
        ? 0
        : operatorIndexOf(
            keyGroupOf(this.#hash(key), gate.maxParallelism),
            gate.maxParallelism,
            gate.channels,
          );
    const batch = gate.open[channel]!;
    const row = batch.length;
    for (let c = 0; c < count; c++) batch.columns[c]![row] = columns[c]![slot] as never;
    if (this.#hash !== null) batch.columns[count]![row] = key as never;
    if (last !== undefined) batch.columns[count + 1]![row] = last as never;
    batch.timestamps[row] = timestamp;
    if ((batch.length = row + 1) === batch.capacity) gate.flush(channel);
  }
}
