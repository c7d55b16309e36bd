/** Fills a new database from handles: its own kind as files, canonical ones as packed rows. */
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RuntimeFault } from '../../contract/fault.js';
import type { KeyGroupRange } from '../../contract/key-groups.js';
import { sameSchema } from '../../contract/section-schema.js';
import type {
  CanonicalHandle,
  ChangelogHandle,
  KeyedStateHandle,
  RocksdbHandle,
  SnapshotSource,
} from '../../contract/snapshot.js';
import type { KeyedSection } from '../../contract/state.js';
import { readLoggedEntries } from '../changelog/read-log.js';
import { openCanonical } from '../format/canonical.js';
import type { StateBlock } from '../format/state-file-reader.js';
import { incompatible } from '../scope-faults.js';
import { removeFolder, type NativeManifest } from './native-snapshot.js';
import { engine } from './package.js';
import { EntryRows, haveEntryRows } from './entry-rows.js';
import { writePackedChunk } from './packed-rows.js';
import { readRowSegment } from './row-segment.js';
import { StateDirectory, type StoredState } from './state-directory.js';
import type { StoreSettings } from './store-messages.js';
import type { StoreDatabase, StoreThread } from './store-thread.js';
import { operationsWithin, WriteBatch } from './write-batch.js';

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
  const files = only?.kind === 'changelog' ? only.base : only;
  if (handles.length === 1 && files?.kind === 'rocksdb' && covers(range, files.keyGroups)) {
    const manifest = await download(files, source!, folder);
    const opened = {
      db: thread.open(folder, settings),
      directory: new StateDirectory(manifest.states),
      uniqueIds: manifest.uniqueIds,
    };
    if (only!.kind === 'changelog') await goOn(opened, only!, source!, range);
    return opened;
  }
  const opened = { db: thread.open(folder, settings), directory: new StateDirectory([]), uniqueIds: {} };
  for (const handle of handles) await add(opened, handle, source!, folder, range);
  return opened;
}

async function add(
  into: OpenedDatabase,
  handle: KeyedStateHandle,
  source: SnapshotSource,
  folder: string,
  range: KeyGroupRange,
): Promise<void> {
  switch (handle.kind) {
    case 'rocksdb':
      return adopt(into, handle, source, folder, range);
    case 'canonical':
      return unpack(into, await canonicalBlocks(source, handle, range));
    case 'changelog': {
      const sections = await readLoggedEntries(source, handle, range);
      if (sections) return unpack(into, blocksOf(sections));
      if (handle.base) await add(into, handle.base, source, folder, range);
      return goOn(into, handle, source, range);
    }
  }
}

/** What a changelog of rows says on top of its base. */
async function goOn(
  into: OpenedDatabase,
  { segments, columns }: ChangelogHandle,
  source: SnapshotSource,
  range: KeyGroupRange,
): Promise<void> {
  for (const segment of segments) {
    const ids = new Map<number, number>();
    await readRowSegment(
      source,
      segment,
      states => {
        for (const state of states) ids.set(state.id, idIn(into.directory, state));
      },
      operations => into.db.write(operationsWithin(operations, range.start, range.end, ids)),
    );
  }
  if (columns) await unpack(into, await canonicalBlocks(source, columns, range), true);
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

/** A section of canonical entries, block by block. */
interface CanonicalSection extends Pick<KeyedSection, 'kind' | 'schema'> {
  readonly name: string;
  readonly blocks: AsyncIterable<StateBlock> | Iterable<StateBlock>;
}

async function canonicalBlocks(
  source: SnapshotSource,
  handle: CanonicalHandle,
  range: KeyGroupRange,
): Promise<readonly CanonicalSection[]> {
  const reader = await openCanonical(source, handle);
  return reader.sections.flatMap(({ name, mode, kind, schema }, section) =>
    mode === null ? [{ name, kind, schema, blocks: reader.blocks(section, range.start, range.end) }] : [],
  );
}
function blocksOf(sections: ReadonlyMap<string, KeyedSection>): readonly CanonicalSection[] {
  return Array.from(sections, ([name, { kind, schema, keyGroups }]) => ({
    name,
    kind,
    schema,
    blocks: [...keyGroups].flatMap(([keyGroup, chunks]) => chunks.map(entries => ({ keyGroup, entries }))),
  }));
}

/** `inColumns`: as an operator's own layout, whatever entries are. */
async function unpack(
  into: OpenedDatabase,
  sections: readonly CanonicalSection[],
  inColumns = false,
): Promise<void> {
  const rows = new SortedRows(into.db);
  for (const { name, kind, schema, blocks } of sections) {
    const packed = inColumns || !haveEntryRows(kind, schema);
    const id = idIn(into.directory, { name, kind, schema, packed });
    const entryRows = packed ? null : new EntryRows(id, kind, schema);
    let chunk = 0;
    for await (const { keyGroup, entries } of blocks) {
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

function otherEngine(name: string): RuntimeFault {
  return new RuntimeFault('FC5122', {
    message: `the checkpoint was written by ${name}, this is ${engine}: its files could be misread`,
    domain: 'config',
    fix: 'restore it with the flinkc that wrote it and take a savepoint, which fits every version',
  });
}
