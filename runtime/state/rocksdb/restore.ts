/** Fills a new database from handles: its own kind as files, canonical ones as packed rows. */
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RuntimeFault } from '../../contract/fault.js';
import type { KeyGroupRange } from '../../contract/key-groups.js';
import { sameSchema } from '../../contract/section-schema.js';
import type {
  CanonicalHandle,
  KeyedStateHandle,
  RocksdbHandle,
  SnapshotSource,
} from '../../contract/snapshot.js';
import { openCanonical } from '../format/canonical.js';
import { incompatible } from '../scope-faults.js';
import { removeFolder, type NativeManifest } from './native-snapshot.js';
import { engine } from './package.js';
import { EntryRows, haveEntryRows } from './entry-rows.js';
import { writePackedChunk } from './packed-rows.js';
import { StateDirectory, type StoredState } from './state-directory.js';
import type { StoreSettings } from './store-messages.js';
import type { StoreDatabase, StoreThread } from './store-thread.js';
import { WriteBatch } from './write-batch.js';

const BATCH_BYTES = 1 << 20;
/** Entries of a state that are held in memory to bring their key groups into order. */
const SORTED_BYTES = 32 << 20;

export interface OpenedDatabase {
  readonly db: StoreDatabase;
  readonly directory: StateDirectory;
  /** of table files that were restored */
  readonly uniqueIds: Readonly<Record<string, string>>;
}

/** `folder` must not exist yet. */
export async function openDatabase(
  thread: StoreThread,
  folder: string,
  settings: StoreSettings,
  handles: readonly KeyedStateHandle[],
  source: SnapshotSource | null,
  range: KeyGroupRange,
): Promise<OpenedDatabase> {
  await mkdir(folder, { recursive: true });
  const [only] = handles;
  if (handles.length === 1 && only!.kind === 'rocksdb' && covers(range, only!.keyGroups)) {
    const manifest = await download(only!, source!, folder);
    return {
      db: thread.open(folder, settings),
      directory: new StateDirectory(manifest.states),
      uniqueIds: manifest.uniqueIds,
    };
  }
  const opened = { db: thread.open(folder, settings), directory: new StateDirectory([]), uniqueIds: {} };
  for (const handle of handles) {
    if (handle.kind === 'rocksdb') await adopt(opened, handle, source!, folder, range);
    else if (handle.kind === 'canonical') await unpack(opened, handle, source!, range);
    else throw otherBackend(handle.kind);
  }
  return opened;
}

/** All key groups of the files belong to the subtask: they can be used as they are. */
function covers(range: KeyGroupRange, files: KeyGroupRange): boolean {
  return files.start >= range.start && files.end <= range.end;
}

/** Verified by the source: the engine would open a folder with a missing file without complaint. */
async function download(
  handle: RocksdbHandle,
  source: SnapshotSource,
  folder: string,
): Promise<NativeManifest> {
  if (handle.engine !== engine) throw otherEngine(handle.engine);
  for (const { name, file } of handle.files) {
    const local = join(folder, name);
    if (name.endsWith('.sst')) await source.download(file, local);
    // The engine may go on writing these; what was downloaded must stay as it is.
    else await writeFile(local, await source.read(file));
  }
  return JSON.parse(Buffer.from(await source.read(handle.manifest)).toString()) as NativeManifest;
}

async function adopt(
  into: OpenedDatabase,
  handle: RocksdbHandle,
  source: SnapshotSource,
  folder: string,
  range: KeyGroupRange,
): Promise<void> {
  const old = `${folder}-${randomUUID()}`;
  await mkdir(old);
  try {
    const manifest = await download(handle, source, old);
    const ids: Record<number, number> = {};
    for (const state of manifest.states) ids[state.id] = idIn(into.directory, state);
    into.db.adopt(old, range.start, range.end, ids);
  } finally {
    await removeFolder(old);
  }
}
function idIn(directory: StateDirectory, state: Omit<StoredState, 'id'>): number {
  const known = directory.get(state.name);
  if (known === null) return directory.add(state).id;
  if (
    known.kind !== state.kind ||
    known.packed !== state.packed ||
    known.form !== state.form ||
    !sameSchema(known.schema, state.schema)
  )
    throw incompatible(state.name, known, state.kind, state.schema);
  return known.id;
}

async function unpack(
  into: OpenedDatabase,
  handle: CanonicalHandle,
  source: SnapshotSource,
  range: KeyGroupRange,
): Promise<void> {
  const reader = await openCanonical(source, handle);
  const rows = new SortedRows(into.db);
  for (const [section, { name, mode, kind, schema }] of reader.sections.entries()) {
    if (mode !== null) continue;
    const packed = !haveEntryRows(kind, schema);
    const id = idIn(into.directory, { name, kind, schema, packed });
    const entryRows = packed ? null : new EntryRows(id, kind, schema);
    let chunk = 0;
    for await (const { keyGroup, entries } of reader.blocks(section, range.start, range.end)) {
      if (entryRows) rows.add(entryRows, keyGroup, entries);
      else writePackedChunk(rows.batch, id, keyGroup, chunk++, entries);
      rows.sendIfLarge();
    }
    rows.flush();
  }
  rows.flush();
}

/** Rows of much state in about the order of the database, which then has little to merge. */
class SortedRows {
  readonly batch = new WriteBatch();
  readonly #db: StoreDatabase;
  readonly #blocks = new Map<number, Uint8Array[]>();
  #rows: EntryRows | null = null;
  #bytes = 0;

  constructor(db: StoreDatabase) {
    this.#db = db;
  }
  add(rows: EntryRows, keyGroup: number, entries: Uint8Array): void {
    this.#rows = rows;
    const blocks = this.#blocks.get(keyGroup);
    if (blocks) blocks.push(entries.slice());
    else this.#blocks.set(keyGroup, [entries.slice()]);
    this.#bytes += entries.length;
    if (this.#bytes >= SORTED_BYTES) this.flush();
  }
  readonly sendIfLarge = (): void => {
    if (this.batch.bytes >= BATCH_BYTES) this.#db.write(this.batch.take());
  };
  flush(): void {
    for (const [keyGroup, blocks] of [...this.#blocks].sort(([a], [b]) => a - b))
      this.#rows!.write(this.batch, keyGroup, blocks, this.sendIfLarge);
    this.#blocks.clear();
    this.#bytes = 0;
    this.#db.write(this.batch.take());
  }
}

export function otherBackend(kind: string): RuntimeFault {
  return new RuntimeFault('FC5122', {
    message: `the checkpoint was written by another state backend (${kind})`,
    domain: 'config',
    fix: 'restore it with the state.backend.type and state.changelog.enabled that wrote it, or take a savepoint: savepoints fit every backend',
  });
}
function otherEngine(name: string): RuntimeFault {
  return new RuntimeFault('FC5122', {
    message: `the checkpoint was written by ${name}, this is ${engine}: its files could be misread`,
    domain: 'config',
    fix: 'restore it with the flinkc that wrote it and take a savepoint, which fits every version',
  });
}
