/**
 * How state leaves a subtask and comes back. A snapshot has a short synchronous part at the barrier and a background
 * part that writes files; what stays are handles: plain data that go into the checkpoint's metadata.
 */
import type { KeyGroupRange } from './key-groups.js';

/** Checkpoints are in the backend's own form and may share files; savepoints are canonical and self-contained. */
export type SnapshotType = 'checkpoint' | 'savepoint';

/** A durable file. Length and checksum are verified before its content is used. */
export interface FileHandle {
  /** relative to the folder of the job's checkpoints, or of the savepoint; '' when the content is inline */
  readonly path: string;
  /** bytes */
  readonly length: number;
  /** CRC-32 (IEEE) of the content */
  readonly crc32: number;
  /** base64; small files lie in the metadata (execution.checkpointing.data-inline-threshold) */
  readonly inline?: string;
}

/** State in the canonical file format (docs/checkpoint-format.md). */
export interface CanonicalHandle {
  readonly kind: 'canonical';
  readonly file: FileHandle;
}
/** Files of a RocksDB database, some of them shared with other checkpoints. */
export interface RocksdbHandle {
  readonly kind: 'rocksdb';
  /** engine and version that wrote the files: another one may misread them without an error */
  readonly engine: string;
  readonly keyGroups: KeyGroupRange;
  /** by their name in the database's folder */
  readonly files: readonly { readonly name: string; readonly file: FileHandle }[];
  /** what the database's tables hold, in the backend's own form */
  readonly manifest: FileHandle;
}
/** A state as of some time, and the changes since. */
export interface ChangelogHandle {
  readonly kind: 'changelog';
  /** what a segment is: canonical entries, or rows of a RocksDB database */
  readonly form: 'entries' | 'rows';
  readonly base: CanonicalHandle | RocksdbHandle | null;
  /** in order of writing */
  readonly segments: readonly ChangelogSegment[];
  /** sections that are not logged, in full: they replace those of the base */
  readonly columns: CanonicalHandle | null;
}
export interface ChangelogSegment {
  readonly file: FileHandle;
  /** the part of the file that counts: bytes [start, end) */
  readonly start: number;
  readonly end: number;
}
export type KeyedStateHandle = CanonicalHandle | RocksdbHandle | ChangelogHandle;

/** Batches that barriers have overtaken, of the channels of one subtask (§9.3). */
export interface ChannelStateHandle {
  readonly file: FileHandle;
  /** of the machine that wrote it; records are in its byte order */
  readonly byteOrder: 'LE' | 'BE';
  readonly channels: readonly ChannelStatePart[];
}
/** Of one channel between two subtasks, what was queued on one side of it. */
export interface ChannelStatePart {
  readonly side: 'input' | 'output';
  /** uidHash of the first operator of the receiving task */
  readonly receiver: string;
  readonly input: number;
  /** index among the exchanges that lead to the input */
  readonly exchange: number;
  /** index of the sending and of the receiving subtask */
  readonly from: number;
  readonly to: number;
  /** what the columns were; other ones cannot be read */
  readonly layout: string;
  /** bytes [start, end) of the file, and their CRC-32 (IEEE) */
  readonly start: number;
  readonly end: number;
  readonly crc32: number;
}

/** All state of one operator of one subtask. */
export interface OperatorStateHandle {
  readonly uid: string;
  readonly uidHash: string;
  readonly subtask: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly keyed: KeyedStateHandle | null;
  /** Union list state among it: a checkpoint after some subtasks finished would be incomplete (§13.4). */
  readonly hasUnionState?: true;
  /** list, union list and broadcast state */
  readonly operator: CanonicalHandle | null;
}

/** The result of the synchronous part: what it holds does not change any more, whatever the task goes on to do. */
export interface StateSnapshot {
  /** In the background. All files are durable when it resolves; after a failure the caller discards. */
  write(target: SnapshotTarget, signal: AbortSignal): Promise<OperatorStateHandle>;
  /** Releases what the snapshot holds in memory or on local disk. Called once, written or not. */
  discard(): void | Promise<void>;
}

/** Where a snapshot of one subtask is written to. */
export interface SnapshotTarget {
  readonly checkpointId: number;
  readonly type: SnapshotType;
  /** A file that belongs to this snapshot alone. `name` distinguishes the files of one subtask. */
  create(name: string): Promise<SnapshotFile>;
  /**
   * A file that later checkpoints may use again. `uniqueId` identifies the content for ever: a database's own file
   * numbers repeat after a restore and will not do. In a savepoint the file belongs to it alone.
   */
  uploadShared(localFile: string, uniqueId: string): Promise<FileHandle>;
  /** A file that later checkpoints may refer to. `inline`: it goes into the metadata whatever its size. */
  createShared(name: string, inline?: boolean): Promise<SnapshotFile>;
  /** For what is written in the background for later checkpoints: all its files are shared, this one refers to none. */
  forLater(): SnapshotTarget;
  /** The snapshot refers to a shared file that this attempt wrote for an earlier one. */
  refer(file: FileHandle): void;
  /**
   * A shared file that the latest completed checkpoint of this subtask uses and that is there to be used again; null:
   * upload it. Always null in savepoints, and until the first checkpoint after a restore that does not own its snapshot.
   */
  shared(uniqueId: string): FileHandle | null;
}
export interface SnapshotFile {
  readonly length: number;
  /** `crc32`: of the bytes, where it is known already */
  write(bytes: Uint8Array, crc32?: number): Promise<void>;
  /** Durable when it resolves. */
  close(): Promise<FileHandle>;
  abort(): Promise<void>;
}

/** Where handles are read from. A file that is missing or not what the handle says is an FC5504 fault that names it. */
export interface SnapshotSource {
  /** the file as messages call it */
  nameOf(file: FileHandle): string;
  /** The whole file, verified. */
  read(file: FileHandle): Promise<Uint8Array>;
  /** Piece by piece; damage is reported at the latest after the last piece, so act on nothing before the end. */
  stream(file: FileHandle): AsyncIterable<Uint8Array>;
  /** Bytes [start, end), not verified: for formats with checksums of their own. */
  range(file: FileHandle, start: number, end: number): Promise<Uint8Array>;
  /** Verified. The local file must not be changed. */
  download(file: FileHandle, localFile: string): Promise<void>;
}
