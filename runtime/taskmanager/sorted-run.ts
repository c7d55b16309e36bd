/** A sorted run in a temporary file: batches in the bytes of the exchange codec, each behind its length. */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Batch } from '../../plugins/api/batch.js';
import type { InputSpec } from '../contract/task.js';
import { BatchDecoder, BatchEncoder, CodecMemory } from '../exchange/batch-codec.js';
import { copyRow, type SortKey } from './sort-buffer.js';
import type { Cursor, SortOptions } from './sorted-inputs.js';

export interface SpilledRun {
  open(readKey: (batch: Batch, row: number) => SortKey): Cursor | null;
  close(): void;
}
export function writeRun(rows: Cursor | null, spec: InputSpec, options: SortOptions): SpilledRun {
  const dir = mkdtempSync(join(options.tmpDir, 'flinkc-sort-'));
  const file = openSync(join(dir, 'run'), 'w+');
  const encoder = new BatchEncoder(spec.layout, spec.codecs);
  const batch = new Batch(spec.layout, options.batchRows);
  let memory = new CodecMemory(new ArrayBuffer(1 << 16));
  const length = Buffer.alloc(4);
  const flush = (): void => {
    if (batch.length === 0) return;
    const bytes = (encoder.measure(batch) + 7) & ~7;
    if (memory.length < bytes) memory = new CodecMemory(new ArrayBuffer(bytes));
    encoder.write(batch, memory);
    length.writeUInt32LE(bytes);
    writeSync(file, length);
    writeSync(file, memory.bytes, 0, bytes);
    batch.length = 0;
  };
  if (rows)
    do {
      copyRow(spec.layout, rows.batch, rows.row, batch);
      if (batch.length === batch.capacity) flush();
    } while (rows.next());
  flush();
  return {
    open: readKey => openRun(file, spec, options.batchRows, readKey),
    close() {
      closeSync(file);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function openRun(
  file: number,
  spec: InputSpec,
  batchRows: number,
  readKey: (batch: Batch, row: number) => SortKey,
): Cursor | null {
  const decoder = new BatchDecoder(spec.layout, spec.codecs);
  const batch = new Batch(spec.layout, batchRows);
  const length = Buffer.alloc(4);
  let memory = new CodecMemory(new ArrayBuffer(1 << 16));
  let position = 0;
  let row = 0;
  let key: SortKey = 0;
  const load = (): boolean => {
    if (readSync(file, length, 0, 4, position) < 4) return false;
    const bytes = length.readUInt32LE();
    if (memory.length < bytes) memory = new CodecMemory(new ArrayBuffer(bytes));
    readSync(file, memory.bytes, 0, bytes, position + 4);
    position += 4 + bytes;
    decoder.decode(memory, batch);
    row = 0;
    return true;
  };
  if (!load()) return null;
  key = readKey(batch, 0);
  return {
    batch,
    get row() {
      return row;
    },
    get key() {
      return key;
    },
    get timestamp() {
      return batch.timestamps[row]!;
    },
    next() {
      if (++row === batch.length && !load()) return false;
      key = readKey(batch, row);
      return true;
    },
  };
}
