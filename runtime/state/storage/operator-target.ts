/** Where one operator of one subtask writes its part of a checkpoint. */
import { pathIn } from '../../../plugins/api/file-system.js';
import type { FileHandle, SnapshotFile, SnapshotTarget, SnapshotType } from '../../contract/snapshot.js';
import { crc32 } from '../format/crc32.js';
import { piecesOf } from './local-pieces.js';
import { SharedUploads } from './shared-uploads.js';
import { StoredFile, type FileLocation } from './stored-file.js';

export interface OperatorTargetOptions {
  readonly checkpointId: number;
  readonly type: SnapshotType;
  readonly location: FileLocation | null;
  /** of this checkpoint, relative to the base: 'chk-7/', or '' */
  readonly folder: string;
  /** of shared files: 'shared/' */
  readonly sharedFolder: string;
  /** starts the names of this operator's files: says whose they are, of which attempt and checkpoint */
  readonly prefix: string;
  readonly inlineBytes: number;
  readonly maxInlineBytes: number;
  /** shared files of checkpoints from this id on may be used again; null: of none */
  readonly reuseFrom: number | null;
  readonly uploads: SharedUploads;
}

export class OperatorTarget implements SnapshotTarget {
  readonly checkpointId: number;
  readonly type: SnapshotType;
  /** paths of the shared files that the snapshot refers to, new ones and old ones */
  readonly sharedFiles = new Set<string>();
  /** bytes that were written for this checkpoint */
  writtenBytes = 0;
  readonly #options: OperatorTargetOptions;

  constructor(options: OperatorTargetOptions) {
    this.#options = options;
    this.checkpointId = options.checkpointId;
    this.type = options.type;
  }

  create(name: string): Promise<SnapshotFile> {
    return Promise.resolve(this.#counted(`${this.#options.folder}${this.#options.prefix}-${name}`));
  }

  createShared(name: string, inline = false): Promise<SnapshotFile> {
    const { sharedFolder, prefix } = this.#options;
    return Promise.resolve(this.#counted(`${sharedFolder}${prefix}-${name}`, inline));
  }

  forLater(): SnapshotTarget {
    const { sharedFolder, prefix } = this.#options;
    const uploads = new SharedUploads();
    return new OperatorTarget({ ...this.#options, folder: sharedFolder, prefix: `${prefix}-base`, uploads });
  }

  refer({ path }: FileHandle): void {
    if (path !== '') this.sharedFiles.add(path);
  }

  async uploadShared(localFile: string, uniqueId: string): Promise<FileHandle> {
    const { location, sharedFolder, folder, uploads } = this.#options;
    const isShared = this.type === 'checkpoint';
    const path = `${isShared ? sharedFolder : folder}${uniqueId}`;
    let handle: FileHandle;
    if (location) {
      const { length, crc32 } = await checksumOf(localFile);
      await location.fileSystem.upload(localFile, pathIn(location.base, path));
      handle = { path, length, crc32 };
    } else {
      const file = this.#file(path);
      for await (const piece of piecesOf(localFile)) await file.write(piece);
      handle = await file.close();
    }
    this.writtenBytes += handle.length;
    if (isShared) this.#use(uniqueId, handle, uploads);
    return handle;
  }

  shared(uniqueId: string): FileHandle | null {
    const { reuseFrom, uploads } = this.#options;
    const known =
      reuseFrom === null || this.type === 'savepoint' ? null : uploads.completed(uniqueId, reuseFrom);
    if (known) this.#use(uniqueId, known, uploads);
    return known;
  }

  #use(uniqueId: string, handle: FileHandle, uploads: SharedUploads): void {
    this.refer(handle);
    uploads.use(this.checkpointId, uniqueId, handle);
  }

  #counted(path: string, inline = false): SnapshotFile {
    const file = this.#file(path, inline);
    return {
      get length() {
        return file.length;
      },
      write: (bytes, crc32) => file.write(bytes, crc32),
      abort: () => file.abort(),
      close: async () => {
        const handle = await file.close();
        this.writtenBytes += handle.length;
        return handle;
      },
    };
  }

  #file(path: string, inline = false): StoredFile {
    const { location, inlineBytes, maxInlineBytes } = this.#options;
    return new StoredFile({ location, path, inlineBytes: inline ? Infinity : inlineBytes, maxInlineBytes });
  }
}

async function checksumOf(localFile: string): Promise<{ readonly length: number; readonly crc32: number }> {
  let length = 0;
  let crc = 0;
  for await (const piece of piecesOf(localFile)) {
    length += piece.length;
    crc = crc32(piece, crc);
  }
  return { length, crc32: crc };
}
