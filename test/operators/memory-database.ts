/** What the RocksDB backend asks of its database, in memory: for random tests that need thousands of databases. */
import { ByteReader, ByteWriter } from '../../runtime/contract/bytes.js';
import type { StoreDatabase } from '../../runtime/state/rocksdb/store-thread.js';
import { OperationReader } from '../../runtime/state/rocksdb/write-batch.js';

export class MemoryDatabase implements Pick<StoreDatabase, 'getMany' | 'write' | 'scan'> {
  readonly #rows = new Map<string, Buffer>();
  #sorted: string[] | null = [];

  getMany(keys: Uint8Array<ArrayBuffer>): ByteReader {
    const from = new ByteReader(keys);
    const out = new ByteWriter();
    while (from.remaining > 0) {
      const length = from.varint();
      const at = from.take(length);
      const row = this.#rows.get(Buffer.from(keys.buffer, keys.byteOffset + at, length).toString('latin1'));
      out.varint(row ? row.length + 1 : 0);
      if (row) out.raw(row);
    }
    return new ByteReader(out.toBytes());
  }
  write(operations: Uint8Array<ArrayBuffer>): void {
    const operation = new OperationReader(operations.slice());
    while (operation.next()) {
      const key = operation.keyBytes().toString('latin1');
      if (operation.type === 'put') this.#rows.set(key, operation.valueBytes());
      else if (operation.type === 'delete') this.#rows.delete(key);
      else for (const other of this.#rows.keys()) if (other.startsWith(key)) this.#rows.delete(other);
    }
    this.#sorted = null;
  }
  scan(from: string, after: boolean, to: string, rows: number): ByteReader {
    this.#sorted ??= [...this.#rows.keys()].sort();
    const out = new ByteWriter();
    let count = 0;
    for (const key of this.#sorted) {
      if (key < from || (after && key === from)) continue;
      if (key >= to || count++ === rows) break;
      out.bytesValue(Buffer.from(key, 'latin1'));
      out.bytesValue(this.#rows.get(key)!);
    }
    return new ByteReader(out.toBytes());
  }
}
