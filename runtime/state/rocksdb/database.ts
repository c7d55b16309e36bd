/** One RocksDB database, in the store thread. Requests come one after the other: each sees all that went before it. */
import { promisify } from 'node:util';
import { ByteReader, ByteWriter } from '../../contract/bytes.js';
import { copyDatabase } from './linked-copy.js';
import { loadRocksdb, type Rocksdb, type RocksdbBatch, type RocksdbIterator } from './package.js';
import { ScratchBuffer } from './scratch-buffer.js';
import { storeFault } from './store-fault.js';
import type { LinkedFile, StoreSettings } from './store-messages.js';
import { OperationReader, prefixEnd } from './write-batch.js';

const READ_AHEAD = 256 * 1024;

export class Database {
  readonly folder: string;
  readonly #db: Rocksdb;
  readonly #key = new ScratchBuffer();
  readonly #value = new ScratchBuffer();

  private constructor(folder: string, db: Rocksdb) {
    this.folder = folder;
    this.#db = db;
  }
  static async open(folder: string, settings: StoreSettings): Promise<Database> {
    const db = new (loadRocksdb())(folder);
    try {
      await promisify(db.open.bind(db))({
        cacheSize: settings.blockCacheBytes,
        writeBufferSize: settings.writeBufferBytes,
        compression: false,
      });
    } catch (error) {
      throw storeFault(error, 'opened', folder);
    }
    return new Database(folder, db);
  }

  /** Values in the order of the keys, each behind its length + 1; 0: there is none. */
  async getMany(packed: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
    const keys: Buffer[] = [];
    const from = new ByteReader(packed);
    while (from.remaining > 0) {
      const length = from.varint();
      const at = from.take(length);
      keys.push(Buffer.from(packed.buffer, packed.byteOffset + at, length));
    }
    const values = await new Promise<readonly (Buffer | undefined)[]>((resolve, reject) => {
      this.#db.getMany(keys, { asBuffer: true }, (error, found) => {
        if (error) reject(storeFault(error, 'read', this.folder));
        else resolve(found);
      });
    });
    const out = new ByteWriter(values.length * 64);
    for (const value of values) {
      out.varint(value === undefined ? 0 : value.length + 1);
      if (value !== undefined) out.raw(value);
    }
    return out.bytes.slice(0, out.length) as Uint8Array<ArrayBuffer>;
  }

  async write(packed: Uint8Array): Promise<void> {
    const operation = new OperationReader(packed);
    let batch = this.#db.batch();
    while (operation.next()) {
      const { bytes } = operation;
      if (operation.type === 'put')
        batch.put(
          this.#key.copyOf(bytes, operation.key, operation.endOfKey),
          this.#value.copyOf(bytes, operation.value, operation.position),
        );
      else if (operation.type === 'delete')
        batch.del(this.#key.copyOf(bytes, operation.key, operation.endOfKey));
      else {
        await this.#write(batch);
        const prefix = operation.keyBytes();
        await this.clear(prefix, prefixEnd(prefix));
        batch = this.#db.batch();
      }
    }
    await this.#write(batch);
  }
  async #write(batch: RocksdbBatch): Promise<void> {
    try {
      await promisify(batch.write.bind(batch))();
    } catch (error) {
      throw storeFault(error, 'written', this.folder);
    }
  }
  /** All keys of [from, to). */
  async clear(from: Buffer, to: Buffer | null): Promise<void> {
    try {
      await promisify(this.#db.clear.bind(this.#db))({ gte: from, ...(to ? { lt: to } : {}) });
    } catch (error) {
      throw storeFault(error, 'written', this.folder);
    }
  }

  iterate(from?: Buffer, after?: boolean, to?: Buffer, highWaterMark = READ_AHEAD): Cursor {
    const range = { ...(from ? (after ? { gt: from } : { gte: from }) : {}), ...(to ? { lt: to } : {}) };
    return new Cursor(this.#db.iterator({ ...range, highWaterMark }), this.folder);
  }

  /** A copy that can be opened, without stopping reads. Nothing is written while it is made: see the queue. */
  copyTo(target: string): Promise<readonly LinkedFile[]> {
    return copyDatabase(this.folder, target);
  }

  async close(): Promise<void> {
    await promisify(this.#db.close.bind(this.#db))();
  }
}

export interface Row {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Rows of one point in time. */
export class Cursor {
  readonly #iterator: RocksdbIterator;
  readonly #folder: string;

  constructor(iterator: RocksdbIterator, folder: string) {
    this.#iterator = iterator;
    this.#folder = folder;
  }
  seek(target: Buffer): void {
    this.#iterator.seek(target);
  }
  /** Rows that have been read ahead come at once. */
  next(): Row | null | Promise<Row | null> {
    const { cache } = this.#iterator;
    if (cache && cache.length > 0) return { key: cache.pop()!, value: cache.pop()! };
    return new Promise((resolve, reject) => {
      this.#iterator.next((error, key, value) => {
        if (error) reject(storeFault(error, 'read', this.#folder));
        else resolve(key === undefined || value === undefined ? null : { key, value });
      });
    });
  }
  /** Rows below `to`, packed: key, then value, each behind its length. At least one, unless there is none. */
  async page(to: Buffer | null, rows: number, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
    const out = new ByteWriter(4096);
    for (let count = 0; count < rows && out.length < bytes; count++) {
      const ahead = this.next();
      const row = ahead instanceof Promise ? await ahead : ahead;
      if (row === null || (to !== null && row.key.compare(to) >= 0)) break;
      out.bytesValue(row.key);
      out.bytesValue(row.value);
    }
    return out.bytes.slice(0, out.length) as Uint8Array<ArrayBuffer>;
  }
  end(): Promise<void> {
    return new Promise(resolve => this.#iterator.end(() => resolve()));
  }
}
