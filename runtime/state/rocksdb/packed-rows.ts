/** Rows of packed entries: state that operators lay out themselves, and sections of canonical snapshots. */
import type { ByteWriter } from '../../contract/bytes.js';
import type { KeyGroupRange } from '../../contract/key-groups.js';
import type { CustomKeyedState } from '../../contract/state.js';
import { KeyGroupWriter } from '../key-group-writer.js';
import { keyGroupText, stateIdText } from './key-context.js';
import type { UnitStore } from './unit-store.js';
import type { WriteBatch } from './write-batch.js';

/** By key group, in chunks. */
export function customEntries(state: CustomKeyedState): Map<number, Uint8Array[]> {
  const writer = new KeyGroupWriter();
  const entry = (keyGroup: number): ByteWriter => writer.entry(keyGroup);
  for (const rows of state.snapshot()) for (let row = 0; row < rows.count; row++) rows.write(row, entry);
  return writer.finish();
}

export function writeCustomRows(
  store: UnitStore,
  id: number,
  keyGroups: KeyGroupRange,
  state: CustomKeyedState,
): void {
  const sections = customEntries(state);
  for (let keyGroup = keyGroups.start; keyGroup <= keyGroups.end; keyGroup++) {
    const prefix = keyGroupText(keyGroup) + stateIdText(id);
    store.batch.deleteRange(prefix);
    sections.get(keyGroup)?.forEach((chunk, i) => {
      writePackedChunk(store.batch, id, keyGroup, i, chunk);
      store.sendIfLarge();
    });
  }
}

/** Sections of a canonical snapshot, as they came: they stay so until the operator registers their states. */
export function writePackedChunk(
  batch: WriteBatch,
  id: number,
  keyGroup: number,
  chunk: number,
  entries: Uint8Array,
): void {
  batch.value().raw(entries);
  batch.put(packedKey(keyGroup, id, chunk));
}
function packedKey(keyGroup: number, id: number, chunk: number): string {
  return keyGroupText(keyGroup) + stateIdText(id) + keyGroupText(chunk >>> 16) + keyGroupText(chunk & 0xffff);
}
