/** What barriers had overtaken in one channel, on its way again after a restore: rows and watermarks in their order. */
import { Batch, type BatchLayout } from '../../plugins/api/batch.js';
import { BatchDecoder, CodecMemory } from './batch-codec.js';
import { BATCH, EVENT, NOTHING, type Polled } from './channel.js';
import type { Codecs } from './codecs.js';
import { readInFlight, type InFlightEntry } from './in-flight-data.js';
import { Kind } from './ring-memory.js';

export class RecoveredChannel {
  batch: Batch;
  watermark = 0;
  readonly #entries: Iterator<InFlightEntry>;
  readonly #decoder: BatchDecoder;
  #large: CodecMemory | null = null;

  /** `parts`: pieces of the channel, in order; a batch may begin in one and end in the next. */
  constructor(parts: readonly Uint8Array[], layout: BatchLayout, codecs: Codecs, batchRows: number) {
    this.#entries = entriesOf(parts);
    this.#decoder = new BatchDecoder(layout, codecs);
    this.batch = new Batch(layout, batchRows);
  }

  /** Throws a CodecError where the bytes are not those of such a channel. */
  poll(): Polled {
    for (;;) {
      const next = this.#entries.next();
      if (next.done) return NOTHING;
      const { kind, a, b, payload, length } = next.value;
      if (kind === Kind.Watermark) {
        this.watermark = b;
        return EVENT;
      }
      if (kind === Kind.Batch) return this.#decode(payload);
      if (this.#assemble(payload, length, a, b)) return this.#decode(this.#large!);
    }
  }

  #assemble(piece: CodecMemory, length: number, total: number, start: number): boolean {
    if (start === 0) this.#large = new CodecMemory(new ArrayBuffer((total + 7) & ~7));
    piece.bytes.copy(this.#large!.bytes, start, 0, length);
    return start + length === total;
  }

  #decode(memory: CodecMemory): Polled {
    const rows = memory.u32[0]!;
    // It may come from a job with larger batches.
    if (rows > this.batch.capacity) this.batch = new Batch(this.batch.layout, rows);
    this.#decoder.decode(memory, this.batch);
    return BATCH;
  }
}

function* entriesOf(parts: readonly Uint8Array[]): Generator<InFlightEntry, undefined> {
  for (const part of parts) yield* readInFlight(part);
}

/** Leaves only the rows that `keep` names. */
export function filterRows(batch: Batch, keep: (row: number) => boolean): void {
  let kept = 0;
  for (let row = 0; row < batch.length; row++) {
    if (!keep(row)) continue;
    batch.timestamps[kept] = batch.timestamps[row]!;
    for (const column of batch.columns) column[kept] = column[row]!;
    kept++;
  }
  batch.length = kept;
}
