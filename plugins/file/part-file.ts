import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { ConnectorError } from '../api/connector-error.js';

const bufferBytes = 64 << 10;

/** One file in progress: text is buffered, the file grows only by whole records. */
export class PartFile {
  readonly path: string;
  readonly openedAt: number;
  lastWriteAt: number;
  #descriptor: number;
  #buffer = '';
  /** bytes in the file and the buffer */
  length: number;

  /** `resumeAt`: go on with a file of an earlier attempt, cut to what its checkpoint knew. */
  constructor(path: string, now: number, resumeAt: number | null) {
    this.path = path;
    this.openedAt = now;
    this.lastWriteAt = now;
    this.length = resumeAt ?? 0;
    this.#descriptor = guard(path, () => {
      mkdirSync(dirname(path), { recursive: true });
      const descriptor = openSync(path, resumeAt === null ? 'wx' : 'r+');
      if (resumeAt !== null) ftruncateSync(descriptor, resumeAt);
      return descriptor;
    });
  }
  write(text: string, now: number): void {
    this.#buffer += text;
    this.length += Buffer.byteLength(text);
    this.lastWriteAt = now;
    if (this.#buffer.length >= bufferBytes) this.#drain();
  }
  /** Everything written so far survives a crash of the machine. */
  sync(): void {
    this.#drain();
    guard(this.path, () => fsyncSync(this.#descriptor));
  }
  /** Closed and renamed: no longer in progress. */
  finish(pending: string): void {
    this.sync();
    guard(this.path, () => {
      closeSync(this.#descriptor);
      renameSync(this.path, pending);
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
    const end = this.length;
    guard(this.path, () => {
      for (let at = 0; at < bytes.length;)
        at += writeSync(this.#descriptor, bytes, at, bytes.length - at, end - bytes.length + at);
    });
  }
}

/** File-system errors say what to do about them. */
function guard<R>(path: string, action: () => R): R {
  try {
    return action();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const full = code === 'ENOSPC' || code === 'EDQUOT';
    throw new ConnectorError(full ? 'FC5313' : 'FC5311', {
      message: full ? `no space left to write '${path}'` : `cannot write '${path}': ${message}`,
      fix: full
        ? 'make room, then run the job again; finished files are complete'
        : 'check that the output folder exists and may be written',
      details: { file: path },
      retryable: full,
      cause: error,
    });
  }
}
