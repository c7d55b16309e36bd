/** Writing a file of a checkpoint: small ones stay in memory and go into the metadata. */
import { pathIn, type FileSystem, type FileWriter } from '../../../plugins/api/file-system.js';
import { RuntimeFault } from '../../contract/fault.js';
import type { FileHandle, SnapshotFile } from '../../contract/snapshot.js';
import { crc32, crc32Combine } from '../format/crc32.js';

/** Where files of a checkpoint go; null: nowhere, everything is kept by the JobManager. */
export interface FileLocation {
  readonly fileSystem: FileSystem;
  /** what handles' paths start from */
  readonly base: string;
}

export interface StoredFileOptions {
  readonly location: FileLocation | null;
  /** of the file, relative to the base */
  readonly path: string;
  /** files up to this size are inline (`execution.checkpointing.data-inline-threshold`), bytes */
  readonly inlineBytes: number;
  /** without a location: more than this is refused, bytes */
  readonly maxInlineBytes: number;
}

export class StoredFile implements SnapshotFile {
  readonly #options: StoredFileOptions;
  #inline: Uint8Array[] | null = [];
  #writer: FileWriter | null = null;
  #crc32 = 0;
  length = 0;

  constructor(options: StoredFileOptions) {
    this.#options = options;
  }

  async write(bytes: Uint8Array, itsCrc32?: number): Promise<void> {
    const { location, inlineBytes, maxInlineBytes, path } = this.#options;
    this.length += bytes.length;
    this.#crc32 =
      itsCrc32 === undefined ? crc32(bytes, this.#crc32) : crc32Combine(this.#crc32, itsCrc32, bytes.length);
    if (!location && this.length > maxInlineBytes) throw tooLarge(path, maxInlineBytes);
    if (this.#inline && (!location || this.length <= inlineBytes)) {
      this.#inline.push(bytes.slice());
      return;
    }
    await this.#spill(location!);
    await this.#writer!.write(bytes);
  }

  async close(): Promise<FileHandle> {
    const { length } = this;
    const crc32 = this.#crc32;
    if (this.#inline)
      return { path: '', length, crc32, inline: Buffer.concat(this.#inline).toString('base64') };
    await this.#writer!.close();
    return { path: this.#options.path, length, crc32 };
  }

  async abort(): Promise<void> {
    this.#inline = null;
    await this.#writer?.abort();
  }

  async #spill({ fileSystem, base }: FileLocation): Promise<void> {
    const before = this.#inline;
    if (!before) return;
    this.#inline = null;
    this.#writer = await fileSystem.create(pathIn(base, this.#options.path));
    for (const bytes of before) await this.#writer.write(bytes);
  }
}

function tooLarge(path: string, limit: number): RuntimeFault {
  return new RuntimeFault('FC5505', {
    message: `the state '${path}' is larger than ${limit} bytes, which is all that the JobManager keeps in memory`,
    domain: 'config',
    fix: 'set execution.checkpointing.dir, so that checkpoints are written to files',
  });
}
