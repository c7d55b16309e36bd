import { createReadStream } from 'node:fs';
import { copyFile, link, open, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  FileSystemError,
  type ByteRange,
  type DirectoryEntry,
  type FileStatus,
  type FileSystem,
  type FileWriter,
  type VersionedFile,
} from '../api/file-system.js';
import { DurableFileWriter, linkDurably, makeFolder } from './durable-file.js';
import { asFileSystemError, guarded, isCode, isHidden, localPath } from './local-path.js';
import { deleteVersions, readVersion, swapVersion, versionedName } from './versioned-files.js';

/** Bytes of a piece when a file is streamed. */
const pieceBytes = 256 << 10;

export class LocalFileSystem implements FileSystem {
  async create(path: string): Promise<FileWriter> {
    const local = localPath(path);
    await this.#refuseFolder(local);
    return DurableFileWriter.create(local);
  }

  async read(path: string, range?: ByteRange): Promise<Uint8Array> {
    const local = localPath(path);
    return guarded(local, 'read', async () => {
      const file = await open(local, 'r').catch(async error => {
        const versioned = isCode(error, 'ENOENT') ? await readVersion(local) : null;
        if (!versioned) throw error;
        return versioned.bytes;
      });
      if (file instanceof Uint8Array) return cut(local, file, range);
      try {
        const { start, end } = within(local, (await file.stat()).size, range);
        const bytes = new Uint8Array(end - start);
        for (let at = 0; at < bytes.length;) {
          const { bytesRead } = await file.read(bytes, at, bytes.length - at, start + at);
          if (bytesRead === 0) throw new FileSystemError('failed', local, 'read to its end');
          at += bytesRead;
        }
        return bytes;
      } finally {
        await file.close();
      }
    });
  }

  async *stream(path: string, range?: ByteRange): AsyncIterable<Uint8Array> {
    const local = localPath(path);
    const status = await this.stat(path);
    if (!status) throw new FileSystemError('not-found', local, 'read');
    const { start, end } = within(local, status.length, range);
    if (start === end) return;
    try {
      // The stream's end is inclusive.
      const pieces = createReadStream(local, { start, end: end - 1, highWaterMark: pieceBytes });
      for await (const piece of pieces as AsyncIterable<Uint8Array>) yield piece;
    } catch (error) {
      throw asFileSystemError(local, 'read', error);
    }
  }

  async stat(path: string): Promise<FileStatus | null> {
    const local = localPath(path);
    return guarded(local, 'read', async () => {
      const found = await stat(local).catch(error => {
        if (isCode(error, 'ENOENT', 'ENOTDIR')) return null;
        throw error;
      });
      if (found) return found.isDirectory() ? null : { length: found.size };
      const versioned = await readVersion(local).catch(() => null);
      return versioned && { length: versioned.bytes.length };
    });
  }

  async list(directory: string): Promise<readonly DirectoryEntry[]> {
    const local = localPath(directory);
    return guarded(local, 'read', async () => {
      const found = await readdir(local, { withFileTypes: true }).catch(error => {
        if (isCode(error, 'ENOENT')) return [];
        throw error;
      });
      const entries = new Map<string, DirectoryEntry>();
      const newest = new Map<string, number>();
      for (const entry of found) {
        const version = versionedName(entry.name);
        const name = version?.name ?? entry.name;
        if (!version && isHidden(name)) continue;
        if (version && (newest.get(name) ?? 0) > version.number) continue;
        if (version) newest.set(name, version.number);
        if (entry.isDirectory()) {
          entries.set(name, { name, kind: 'directory', length: 0 });
          continue;
        }
        // What has gone since the folder was read is not there.
        const status = await stat(join(local, entry.name)).catch(() => null);
        if (status) entries.set(name, { name, kind: 'file', length: status.size });
      }
      return [...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    });
  }

  async delete(path: string): Promise<void> {
    const local = localPath(path);
    await this.#refuseFolder(local);
    await guarded(local, 'delete', async () => {
      await rm(local, { force: true });
      await deleteVersions(local);
    });
  }

  async deleteDirectory(directory: string): Promise<void> {
    const local = localPath(directory);
    await guarded(local, 'delete', () => rm(local, { recursive: true, force: true, maxRetries: 3 }));
  }

  async upload(localFile: string, path: string): Promise<FileStatus> {
    const local = localPath(path);
    await this.#refuseFolder(local);
    return guarded(local, 'write', async () => {
      await linkDurably(localFile, local);
      return { length: (await stat(local)).size };
    });
  }

  async download(path: string, localFile: string): Promise<void> {
    const local = localPath(path);
    await guarded(local, 'read', async () => {
      await makeFolder(dirname(localFile));
      await rm(localFile, { force: true });
      await link(local, localFile).catch(async error => {
        if (!isCode(error, 'EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP')) throw error;
        await copyFile(local, localFile);
      });
    });
  }

  async readVersioned(path: string): Promise<VersionedFile | null> {
    const local = localPath(path);
    return guarded(local, 'read', () => readVersion(local));
  }

  async compareAndSwap(path: string, expected: string | null, bytes: Uint8Array): Promise<string | null> {
    const local = localPath(path);
    return guarded(local, 'write', () => swapVersion(local, expected, bytes));
  }

  async close(): Promise<void> {}

  async #refuseFolder(local: string): Promise<void> {
    const found = await stat(local).catch(() => null);
    if (found?.isDirectory()) throw new FileSystemError('failed', local, 'treat the folder as a file');
  }
}

function within(path: string, length: number, range: ByteRange | undefined): ByteRange {
  const { start, end } = range ?? { start: 0, end: length };
  if (start < 0 || end < start || end > length)
    throw new FileSystemError('failed', path, `read bytes ${start} to ${end} of ${length} of`);
  return { start, end };
}

function cut(path: string, bytes: Uint8Array, range: ByteRange | undefined): Uint8Array {
  const { start, end } = within(path, bytes.length, range);
  return bytes.subarray(start, end);
}
