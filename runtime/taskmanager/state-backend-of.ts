/** The state backend that the deployment chose (`state.backend.type`). */
import { heapStateBackend, RocksdbStateBackend, type StateBackend } from '../state/index.js';
import type { SlotDeployment } from './messages.js';

export function openStateBackend({ batchMode, settings }: SlotDeployment): StateBackend {
  const { type, localDir, ...rocksdb } = settings.stateBackend;
  // BATCH mode has the state of one key at a time.
  if (type === 'hashmap' || batchMode) return heapStateBackend();
  return new RocksdbStateBackend({ ...rocksdb, localDir: localDir ?? settings.tmpDir });
}
