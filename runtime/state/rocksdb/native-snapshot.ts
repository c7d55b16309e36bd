/** Incremental checkpoints: a linked copy of the database, of which only files that are new are uploaded. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyGroupRange } from '../../contract/key-groups.js';
import type { FileHandle, RocksdbHandle, SnapshotTarget } from '../../contract/snapshot.js';
import { piecesOf } from '../storage/local-pieces.js';
import { engine } from './package.js';
import type { StoredState } from './state-directory.js';
import type { LinkedFile } from './store-messages.js';

/** The manifest of a handle: what is needed to use the files again. */
export interface NativeManifest {
  readonly states: readonly StoredState[];
  /** table file → what identifies its content for ever */
  readonly uniqueIds: Readonly<Record<string, string>>;
}

/** Ids of table files: numbers repeat after a restore, so that a name alone says nothing. */
export class UniqueIds {
  readonly #database: string;
  readonly #known: Map<string, string>;

  /** `database`: random; `restored`: files that were there before this database was opened. */
  constructor(database: string, restored: Readonly<Record<string, string>>) {
    this.#database = database;
    this.#known = new Map(Object.entries(restored));
  }
  of(name: string): string {
    return this.#known.get(name) ?? `${this.#database}-${name}`;
  }
}

export async function writeNative(
  target: SnapshotTarget,
  folder: string,
  linked: readonly LinkedFile[],
  states: readonly StoredState[],
  ids: UniqueIds,
  keyGroups: KeyGroupRange,
  signal: AbortSignal,
): Promise<RocksdbHandle> {
  const files: { readonly name: string; readonly file: FileHandle }[] = [];
  const uniqueIds: Record<string, string> = {};
  for (const { name, shared, length } of linked) {
    signal.throwIfAborted();
    const local = join(folder, name);
    if (!shared) {
      files.push({ name, file: await writeFile(target, name, local, length, signal) });
      continue;
    }
    const id = ids.of(name);
    uniqueIds[name] = id;
    files.push({ name, file: target.shared(id) ?? (await target.uploadShared(local, id)) });
  }
  const manifest = await target.create('rocksdb-manifest');
  try {
    await manifest.write(Buffer.from(JSON.stringify({ states, uniqueIds } satisfies NativeManifest)));
  } catch (error) {
    await manifest.abort();
    throw error;
  }
  return { kind: 'rocksdb', engine, keyGroups, files, manifest: await manifest.close() };
}

async function writeFile(
  target: SnapshotTarget,
  name: string,
  local: string,
  length: number,
  signal: AbortSignal,
): Promise<FileHandle> {
  const out = await target.create(`rocksdb-${name}`);
  try {
    for await (const piece of piecesOf(local, length, signal)) await out.write(piece);
  } catch (error) {
    await out.abort();
    throw error;
  }
  return out.close();
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
