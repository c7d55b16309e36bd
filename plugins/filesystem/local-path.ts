import { resolve } from 'node:path';
import { FileSystemError, type FileSystemFailure } from '../api/file-system.js';

/** Names that the file system keeps for itself. */
const hidden = /^\..*\.(tmp|v\d+)$/;

/** Where a URI of scheme file, or a plain path, lies on this machine. Names stand for themselves: no percent-decoding. */
export function localPath(path: string): string {
  if (path.includes('\0')) throw new FileSystemError('failed', path.replaceAll('\0', '\\0'), 'use the path');
  const match = /^file:(?:\/\/([^/]*))?(\/.*)$/i.exec(path);
  if (!match) return resolve(path);
  if (match[1]) throw new FileSystemError('failed', path, `look on host '${match[1]}' for`);
  return resolve(match[2]!);
}

export function isHidden(name: string): boolean {
  return hidden.test(name);
}

/** Runs an operation; what Node throws becomes a FileSystemError. */
export async function guarded<R>(path: string, doing: string, operation: () => Promise<R>): Promise<R> {
  try {
    return await operation();
  } catch (error) {
    throw asFileSystemError(path, doing, error);
  }
}

export function asFileSystemError(path: string, doing: string, error: unknown): FileSystemError {
  if (error instanceof FileSystemError) return error;
  return new FileSystemError(kindOf(error, doing), path, doing, error);
}

export function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException | null)?.code ?? '');
}

function kindOf(error: unknown, doing: string): FileSystemFailure {
  // Whoever writes misses the folder, which could not be made.
  if (isCode(error, 'ENOENT')) return doing === 'write' ? 'failed' : 'not-found';
  return isCode(error, 'ENOSPC', 'EDQUOT') ? 'no-space' : 'failed';
}
