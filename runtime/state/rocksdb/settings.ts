import type { StoreSettings } from './store-messages.js';

/** state.backend.rocksdb.* */
export interface RocksdbSettings extends StoreSettings {
  /** Folder for the databases of this slot; made, and removed at the end. */
  readonly localDir: string;
  /** memory.fixed-per-slot: what all operators of the slot may take for decoded state, in bytes */
  readonly memoryBytes: number;
  /** timer-service.cache-size, per key group */
  readonly cachedTimers: number;
}

/** Flink's defaults, but for the write buffer: with 64 MB a checkpoint would carry a log of that size. */
export const defaultRocksdbSettings: Omit<RocksdbSettings, 'localDir'> = {
  blockCacheBytes: 8 << 20,
  writeBufferBytes: 16 << 20,
  memoryBytes: 128 << 20,
  cachedTimers: 128,
};
