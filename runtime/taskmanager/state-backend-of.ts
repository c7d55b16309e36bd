/** The state backend that the deployment chose (`state.backend.type`, `state.changelog.enabled`). */
import {
  changelogStateBackend,
  heapStateBackend,
  RocksdbStateBackend,
  type StateBackend,
} from '../state/index.js';
import type { SlotDeployment } from './messages.js';

export function openStateBackend({ batchMode, settings }: SlotDeployment): StateBackend {
  const { type, localDir, changelog, ...rocksdb } = settings.stateBackend;
  // BATCH mode has the state of one key at a time.
  if (batchMode) return heapStateBackend();
  const { enabled } = changelog;
  const backend =
    type === 'hashmap'
      ? heapStateBackend(enabled)
      : new RocksdbStateBackend({ ...rocksdb, localDir: localDir ?? settings.tmpDir }, enabled);
  return enabled ? changelogStateBackend(backend, changelog) : backend;
}
