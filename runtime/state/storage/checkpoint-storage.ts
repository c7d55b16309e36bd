/**
 * Where the checkpoints of one job lie (datastream-semantics §9.4): `<root>/chk-<n>/`, `<root>/shared/`, `<root>/taskowned/`,
 * the root being `<execution.checkpointing.dir>/<job id>`; savepoints in folders of their own, wherever the user wants.
 */
import { randomBytes } from 'node:crypto';
import { failureOf, pathIn, type FileSystem } from '../../../plugins/api/file-system.js';
import { RuntimeFault } from '../../contract/fault.js';
import { damaged } from './damaged.js';
import { decodeMetadata, encodeMetadata, metadataName, type CheckpointMetadata } from './metadata.js';

/** Where the files of one checkpoint are written: `base` + `folder` + name. */
export interface CheckpointLocation {
  readonly base: string;
  /** '' or ending in '/' */
  readonly folder: string;
}

export interface StoredCheckpoint {
  readonly metadata: CheckpointMetadata;
  /** folder of the metadata */
  readonly location: string;
  /** what paths of handles start from */
  readonly base: string;
}

export class CheckpointStorage {
  readonly #fileSystem: FileSystem;
  readonly #root: string;

  constructor(fileSystem: FileSystem, root: string) {
    this.#fileSystem = fileSystem;
    this.#root = root;
  }

  checkpoint(checkpointId: number): CheckpointLocation {
    return { base: this.#root, folder: `chk-${checkpointId}/` };
  }

  /** The checkpoint exists once this has resolved. Answers with the folder to restore from. */
  async finalize(location: CheckpointLocation, metadata: CheckpointMetadata): Promise<string> {
    return writeMetadata(this.#fileSystem, location, metadata);
  }

  /** Files of a checkpoint that does not exist, or is not to exist any more: the metadata goes first. */
  async discard(location: CheckpointLocation): Promise<void> {
    await discardCheckpoint(this.#fileSystem, folderOf(location));
  }

  async discardShared(files: readonly string[]): Promise<void> {
    for (const file of files) await this.#fileSystem.delete(pathIn(this.#root, file));
  }

  /** What an earlier process left half written: folders without metadata, and with a smaller id than `before`. */
  async discardOrphans(before: number): Promise<void> {
    for (const { name, kind } of await this.#fileSystem.list(this.#root)) {
      const id = kind === 'directory' ? /^chk-(\d+)$/.exec(name)?.[1] : undefined;
      if (id === undefined || Number(id) >= before) continue;
      const folder = pathIn(this.#root, name);
      if (!(await this.#fileSystem.stat(pathIn(folder, metadataName))))
        await this.#fileSystem.deleteDirectory(folder);
    }
  }

  /**
   * What an earlier leader had completed and was killed before anybody knew, or was deleting: with a smaller id than
   * `before`, and triggered at `since` (epoch milliseconds) or later. What is older is not of this job.
   */
  async discardUnknown(before: number, since: number): Promise<void> {
    let left = 0;
    for (const { name } of await this.#fileSystem.list(this.#root)) {
      const id = /^chk-(\d+)$/.exec(name)?.[1];
      if (id === undefined) continue;
      const folder = pathIn(this.#root, name);
      if (Number(id) < before && (await this.#triggeredAt(folder)) >= since)
        await discardCheckpoint(this.#fileSystem, folder);
      else left++;
    }
    if (left > 0) return;
    // Nothing refers to them any more.
    for (const folder of ['shared', 'taskowned'])
      await this.#fileSystem.deleteDirectory(pathIn(this.#root, folder));
  }

  /** Of what cannot be read, before all time: it stays for whoever wants to look into it. */
  async #triggeredAt(folder: string): Promise<number> {
    try {
      return (await readCheckpoint(this.#fileSystem, folder)).metadata.timestamp;
    } catch {
      return -Infinity;
    }
  }

  /** The job keeps nothing: its folder goes, when nothing of others is in it. */
  async removeIfEmpty(): Promise<void> {
    for (const { name, kind } of await this.#fileSystem.list(this.#root)) {
      if (kind === 'file') return;
      const inside = await this.#fileSystem.list(pathIn(this.#root, name));
      if (inside.length > 0) return;
    }
    await this.#fileSystem.deleteDirectory(this.#root);
  }
}

/** `savepoint-<first six of the job id>-<random>` in the folder that the user named. */
export function newSavepoint(target: string, jobId: string): CheckpointLocation {
  const name = `savepoint-${jobId.slice(0, 6)}-${randomBytes(6).toString('hex')}`;
  return { base: pathIn(target, name), folder: '' };
}

export function folderOf({ base, folder }: CheckpointLocation): string {
  return folder === '' ? base : pathIn(base, folder.slice(0, -1));
}

export async function writeMetadata(
  fileSystem: FileSystem,
  location: CheckpointLocation,
  metadata: CheckpointMetadata,
): Promise<string> {
  const folder = folderOf(location);
  const writer = await fileSystem.create(pathIn(folder, metadataName));
  try {
    await writer.write(encodeMetadata(metadata));
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
  return folder;
}

export async function discardCheckpoint(fileSystem: FileSystem, folder: string): Promise<void> {
  await fileSystem.delete(pathIn(folder, metadataName));
  await fileSystem.deleteDirectory(folder);
}

/** `path`: the folder of a checkpoint or savepoint, or its `_metadata`. */
export async function readCheckpoint(fileSystem: FileSystem, path: string): Promise<StoredCheckpoint> {
  const location = path.replace(/\/+$/, '').replace(/\/_metadata$/, '');
  const file = pathIn(location, metadataName);
  let bytes: Uint8Array;
  try {
    bytes = await fileSystem.read(file);
  } catch (error) {
    if (failureOf(error) === 'not-found') throw notACheckpoint(location, error);
    throw error;
  }
  const metadata = decodeMetadata(file, bytes);
  return { metadata, location, base: metadata.base === '.' ? location : parentOf(location) };
}

function parentOf(location: string): string {
  const parent = location.replace(/\/?[^/]+$/, '');
  if (parent === '' && !location.startsWith('/'))
    throw damaged(location, 'its files lie in the folder above');
  return parent === '' ? '/' : parent;
}

function notACheckpoint(path: string, cause: unknown): RuntimeFault {
  return new RuntimeFault('FC5506', {
    message: `there is no complete checkpoint or savepoint in '${path}': it has no ${metadataName}`,
    domain: 'config',
    fix: `give the folder that has the file ${metadataName}, such as .../chk-12 or .../savepoint-1a2b3c-...`,
    facts: { path },
    cause,
  });
}
