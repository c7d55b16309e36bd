/**
 * Storage for checkpoints, savepoints, artifacts and the pointers of high availability, behind one contract: a local
 * directory, S3. Paths are URIs with the file system's scheme, `file:///var/flinkc/job` or `s3://bucket/job`; the
 * local file system takes plain paths too. Names are separated by '/'.
 *
 * Failures are FileSystemErrors that name the path; everything else that is thrown is a bug of the file system.
 */
import { ConnectorError } from './connector-error.js';

export interface FileSystem {
  /**
   * A new file, or the replacement of one. Folders above it are made. Until close() of the writer has resolved a
   * reader sees what was there before.
   */
  create(path: string): Promise<FileWriter>;
  /** The file, or bytes [start, end) of it; a range beyond the file's end is an error. */
  read(path: string, range?: ByteRange): Promise<Uint8Array>;
  /** As read, piece by piece: memory is bounded by the size of a piece. */
  stream(path: string, range?: ByteRange): AsyncIterable<Uint8Array>;
  /** null: no such file. Folders have no status. */
  stat(path: string): Promise<FileStatus | null>;
  /** What lies directly in a folder, sorted by name. Empty when there is no such folder. */
  list(directory: string): Promise<readonly DirectoryEntry[]>;
  /** Deleting what is not there succeeds, so that an interrupted clean-up can be repeated. */
  delete(path: string): Promise<void>;
  /** A folder with everything below it. */
  deleteDirectory(directory: string): Promise<void>;
  /** Durable and atomic as create. The local file may be linked, not copied: it must not be changed afterwards. */
  upload(localFile: string, path: string): Promise<FileStatus>;
  /** The opposite way. The local file may be a link to the stored one: it must not be changed. */
  download(path: string, localFile: string): Promise<void>;

  /** Content and version of a file that is changed by compareAndSwap only; null when there is none. */
  readVersioned(path: string): Promise<VersionedFile | null>;
  /**
   * Replaces the file when its version is still `expected` (null: when there is none), as one indivisible and durable
   * step among all processes that use this storage. Answers with the new version, or null when another version is
   * there: exactly one of several rivals wins. delete() ends the file's history; a swap under way may bring it back.
   */
  compareAndSwap(path: string, expected: string | null, bytes: Uint8Array): Promise<string | null>;
  close(): Promise<void>;
}

/** `start` inclusive, `end` exclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}
export interface FileStatus {
  /** bytes */
  readonly length: number;
}
export interface DirectoryEntry {
  /** last part of the path */
  readonly name: string;
  readonly kind: 'file' | 'directory';
  /** bytes; 0 for folders */
  readonly length: number;
}
export interface VersionedFile {
  readonly bytes: Uint8Array;
  /** opaque; differs from the version of every other content the file has had */
  readonly version: string;
}

/** One writer at a time: calls wait for each other's promises. */
export interface FileWriter {
  /** bytes written so far */
  readonly length: number;
  /** The bytes may be reused once the promise resolves. */
  write(bytes: Uint8Array): Promise<void>;
  /** Resolves when the file is complete, visible under its name and survives a crash of the machine. */
  close(): Promise<void>;
  /** Nothing stays behind. Never fails; after close() it does nothing. */
  abort(): Promise<void>;
}

/** What a plugin exports, by the schemes it serves. */
export interface FileSystemPlugin {
  readonly schemes: readonly string[];
  /** `configuration`: the job's or cluster's options, from which the plugin takes its own. */
  open(configuration: Readonly<Record<string, string>>): FileSystem | Promise<FileSystem>;
}

/** not-found: no such file; no-space: storage is full; unavailable: may work when tried again; failed: all else */
export type FileSystemFailure = 'not-found' | 'no-space' | 'unavailable' | 'failed';

const codes: Readonly<Record<FileSystemFailure, string>> = {
  'not-found': 'FC5331',
  'no-space': 'FC5313',
  unavailable: 'FC5333',
  failed: 'FC5332',
};
const fixes: Readonly<Record<FileSystemFailure, string>> = {
  'not-found': 'check the path; a checkpoint that is restored must be complete',
  'no-space': 'make room, then run the job again; finished files are complete',
  unavailable: 'check that the storage can be reached from this machine',
  failed: 'check that the folder exists, or can be made, and that flinkc may read and write there',
};

export class FileSystemError extends ConnectorError {
  readonly failure: FileSystemFailure;
  readonly path: string;

  static override [Symbol.hasInstance](value: unknown): value is FileSystemError {
    return value instanceof ConnectorError && 'failure' in value;
  }

  constructor(
    failure: FileSystemFailure,
    path: string,
    doing: string,
    cause?: unknown,
    { fix = fixes[failure] }: { readonly fix?: string } = {},
  ) {
    const why = cause instanceof Error ? `: ${cause.message}` : '';
    super(codes[failure], {
      message:
        failure === 'not-found'
          ? `no such file: '${path}'`
          : failure === 'no-space'
            ? `no space left to write '${path}'`
            : `cannot ${doing} '${path}'${why}`,
      fix,
      facts: { file: path },
      retryable: failure === 'no-space' || failure === 'unavailable',
      cause,
    });
    this.failure = failure;
    this.path = path;
  }
}

/** The error's kind, whichever copy of the class made it; null for other errors. */
export function failureOf(error: unknown): FileSystemFailure | null {
  return error instanceof FileSystemError ? error.failure : null;
}

/** `s3` of `s3://bucket/key`; `file` for plain paths. */
export function schemeOf(path: string): string {
  return /^([a-z][a-z0-9+.-]+):\/\//i.exec(path)?.[1]!.toLowerCase() ?? 'file';
}

/** Appends names to a path; none of them may lead upwards. */
export function pathIn(base: string, ...names: readonly string[]): string {
  let path = base.replace(/\/+$/, '');
  for (const name of names) {
    if (name === '' || name.split('/').some(part => part === '..' || part === '.' || part === ''))
      throw new FileSystemError('failed', `${path}/${name}`, 'use the path');
    path += `/${name}`;
  }
  return path;
}
