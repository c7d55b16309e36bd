import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { writeFailure } from './write-failure.js';

const bufferBytes = 64 << 10;

export interface PartBeginning {
  /** in progress when the checkpoint was taken */
  readonly path: string;
  /** how much of it the checkpoint covers */
  readonly length: number;
}

/** One file in progress: text is buffered, the file grows only by whole records. */
export class PartFile {
  readonly path: string;
  readonly openedAt: number;
  lastWriteAt: number;
  #descriptor: number;
  #buffer = '';
  /** bytes in the file and the buffer */
  length: number;

  /** `from`: begins with what a checkpoint covers of a file of an earlier attempt. */
  constructor(path: string, now: number, from: PartBeginning | null = null) {
    this.path = path;
    this.openedAt = now;
    this.lastWriteAt = now;
    this.length = from?.length ?? 0;
    this.#descriptor = guard(from?.path ?? path, () => {
      makeFolder(resolve(dirname(path)));
      if (from === null) return openSync(path, 'wx');
      copyFileSync(nameNow(from.path), path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      const descriptor = openSync(path, 'r+');
      ftruncateSync(descriptor, from.length);
      return descriptor;
    });
  }
  write(record: string | Uint8Array, now: number): void {
    this.lastWriteAt = now;
    if (typeof record === 'string') {
      this.#buffer += record;
      this.length += Buffer.byteLength(record);
      if (this.#buffer.length >= bufferBytes) this.#drain();
      return;
    }
    this.#drain();
    this.length += record.length;
    this.#append(record);
  }
  /** Everything written so far survives a crash of the machine. */
  sync(): void {
    this.#drain();
    guard(this.path, () => fsyncSync(this.#descriptor));
  }
  /** Closed and renamed: no longer in progress. */
  finish(): void {
    this.sync();
    guard(this.path, () => {
      closeSync(this.#descriptor);
      renameSync(this.path, pendingName(this.path));
    });
  }
  abandon(remove: boolean): void {
    closeSync(this.#descriptor);
    if (remove) rmSync(this.path, { force: true });
  }
  #drain(): void {
    if (this.#buffer === '') return;
    const bytes = Buffer.from(this.#buffer);
    this.#buffer = '';
    this.#append(bytes);
  }
  /** `length` counts these bytes already. */
  #append(bytes: Uint8Array): void {
    const start = this.length - bytes.length;
    guard(this.path, () => {
      for (let at = 0; at < bytes.length;)
        at += writeSync(this.#descriptor, bytes, at, bytes.length - at, start + at);
    });
  }
}

const inProgress = '.inprogress';
const pending = '.pending';

/** `.part-0.inprogress` → `part-0` */
export function finishedName(path: string): string {
  return join(dirname(path), basename(path).slice(1, -inProgress.length));
}
export function inProgressName(finished: string): string {
  return join(dirname(finished), `.${basename(finished)}${inProgress}`);
}
export function pendingName(path: string): string {
  return path.slice(0, -inProgress.length) + pending;
}
/** It may have been closed after the checkpoint that is restored now. */
function nameNow(inProgressPath: string): string {
  const closed = pendingName(inProgressPath);
  return existsSync(closed) ? closed : inProgressPath;
}

/**
 * Step by step: mkdirSync's own recursion never returns where a folder is missing but cannot be made, as below /proc.
 * Other subtasks make the same folders at the same time.
 */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function guard<R>(path: string, action: () => R): R {
  try {
    return action();
  } catch (error) {
    throw writeFailure(path, error);
  }
}
