/**
 * The state backend that the deployment chose (`state.backend.type`, `state.changelog.enabled`). What it did not choose
 * is not loaded: a third of a slot's modules.
 */
import { heapStateBackend, type StateBackend } from '../state/index.js';
import type { SlotDeployment } from './messages.js';

type Settings = SlotDeployment['settings'];

export async function openStateBackend({ batchMode, settings }: SlotDeployment): Promise<StateBackend> {
  const { type, changelog } = settings.stateBackend;
  // BATCH mode has the state of one key at a time.
  if (batchMode) return heapStateBackend();
  const { enabled } = changelog;
  const backend = type === 'hashmap' ? heapStateBackend(enabled) : await rocksdbStateBackend(settings);
  if (!enabled) return backend;
  const { changelogStateBackend } = await import('../state/changelog/changelog-state-backend.js');
  return changelogStateBackend(backend, changelog);
}

async function rocksdbStateBackend({ stateBackend, tmpDir }: Settings): Promise<StateBackend> {
  const { RocksdbStateBackend } = await import('../state/rocksdb/rocksdb-state-backend.js');
  const { localDir, changelog, ...rocksdb } = stateBackend;
  return new RocksdbStateBackend({ ...rocksdb, localDir: localDir ?? tmpDir }, changelog.enabled);
}
