/** Files that are complete, durable and visible at once: written under a hidden name, synced, renamed. */
import { randomBytes } from 'node:crypto';
import { copyFile, link, mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FileSystemError, type FileWriter } from '../api/file-system.js';
import { guarded, isCode } from './local-path.js';

export class DurableFileWriter implements FileWriter {
  readonly #path: string;
  readonly #temporary: string;
  #file: FileHandle | null;
  length = 0;

  private constructor(path: string, temporary: string, file: FileHandle) {
    this.#path = path;
    this.#temporary = temporary;
    this.#file = file;
  }

  static async create(path: string): Promise<DurableFileWriter> {
    const temporary = hiddenSibling(path);
    await guarded(path, 'write', () => makeFolder(dirname(path)));
    const file = await guarded(path, 'write', () => open(temporary, 'wx'));
    return new DurableFileWriter(path, temporary, file);
  }

  async write(bytes: Uint8Array): Promise<void> {
    const file = this.#open();
    await guarded(this.#path, 'write', async () => {
      for (let at = 0; at < bytes.length;)
        at += (await file.write(bytes, at, bytes.length - at)).bytesWritten;
    });
    this.length += bytes.length;
  }

  async close(): Promise<void> {
    const file = this.#open();
    try {
      await guarded(this.#path, 'write', async () => {
        await file.sync();
        await file.close();
        await rename(this.#temporary, this.#path);
        await syncFolder(dirname(this.#path));
      });
      this.#file = null;
    } catch (error) {
      await this.abort();
      throw error;
    }
  }

  async abort(): Promise<void> {
    const file = this.#file;
    if (!file) return;
    this.#file = null;
    await file.close().catch(() => {});
    await rm(this.#temporary, { force: true }).catch(() => {});
  }

  #open(): FileHandle {
    if (!this.#file) throw new FileSystemError('failed', this.#path, 'write to the closed file');
    return this.#file;
  }
}

/** Makes `from` visible as `path`: linked where both lie on one disk, else copied. */
export async function linkDurably(from: string, path: string): Promise<void> {
  const temporary = hiddenSibling(path);
  await makeFolder(dirname(path));
  try {
    await link(from, temporary).catch(async error => {
      if (!isCode(error, 'EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP')) throw error;
      await copyFile(from, temporary);
    });
    await syncFile(temporary);
    await rename(temporary, path);
    // Renaming one link of a file over another does nothing at all, and leaves both names.
    await rm(temporary, { force: true });
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

export function hiddenSibling(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
}

/**
 * Step by step: mkdir's own recursion never returns where a folder is missing but cannot be made, as below /proc.
 * Every new folder is durable in its parent before anything is put into it.
 */
export async function makeFolder(path: string): Promise<void> {
  const known = await stat(path).catch(() => null);
  if (known?.isDirectory()) return;
  if (dirname(path) === path) return;
  await makeFolder(dirname(path));
  try {
    await mkdir(path);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
    return;
  }
  await syncFolder(dirname(path));
}

export async function syncFolder(path: string): Promise<void> {
  await syncFile(path);
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
