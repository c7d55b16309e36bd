/** The npm package `rocksdb`: as much of it as is used, and the one place that loads it. */
import { createRequire } from 'node:module';
import { RuntimeFault } from '../../contract/fault.js';

type Callback<T = void> = (error: Error | null | undefined, result: T) => void;

export interface RocksdbOptions {
  readonly cacheSize: number;
  readonly writeBufferSize: number;
  /** Newer engines read uncompressed files only. */
  readonly compression: false;
  readonly infoLogLevel?: string;
}
/** Built up in the engine: half of what an array of operations costs. */
export interface RocksdbBatch {
  put(key: Buffer, value: Buffer): unknown;
  del(key: Buffer): unknown;
  write(callback: Callback): void;
}
export interface RocksdbRange {
  readonly gte?: Buffer;
  readonly gt?: Buffer;
  readonly lt?: Buffer;
}
export interface RocksdbIterator {
  next(callback: (error: Error | null | undefined, key?: Buffer, value?: Buffer) => void): void;
  seek(target: Buffer): void;
  /** Rows that were read ahead: the next key is the last, its value before it. */
  cache?: Buffer[] | null;
  end(callback: Callback): void;
}
export interface Rocksdb {
  open(options: RocksdbOptions, callback: Callback): void;
  close(callback: Callback): void;
  getMany(
    keys: readonly Buffer[],
    options: { readonly asBuffer: true },
    callback: Callback<readonly (Buffer | undefined)[]>,
  ): void;
  batch(): RocksdbBatch;
  clear(range: RocksdbRange, callback: Callback): void;
  /** What it sees is fixed when it is made. */
  iterator(options: RocksdbRange & { readonly highWaterMark: number }): RocksdbIterator;
}
export type RocksdbConstructor = new (location: string) => Rocksdb;

/** What native snapshots are made by; another engine may misread them without an error. */
export const engine = 'rocksdb 5.2.1 (RocksDB 6.17.3)';

/**
 * Must be called in the main thread before any worker calls it: after the first worker that loaded the package has
 * ended, others could not load it any more ("Module did not self-register").
 */
export function loadRocksdb(
  load: (name: string) => unknown = createRequire(import.meta.url),
): RocksdbConstructor {
  try {
    return load('rocksdb') as RocksdbConstructor;
  } catch (cause) {
    const platform = `${process.platform}-${process.arch}`;
    throw new RuntimeFault('FC5120', {
      message: `state.backend.type is rocksdb, but the package 'rocksdb' has no binary for ${platform}, or is not installed`,
      domain: 'config',
      fix: "use state.backend.type: hashmap, or install the optional dependency with 'npm install rocksdb' (binaries: linux-x64, macOS, win32-x64)",
      facts: { platform, cause: cause instanceof Error ? cause.message.split('\n')[0]! : String(cause) },
      cause,
    });
  }
}
