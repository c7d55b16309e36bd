/** Reads the files of a checkpoint, and refuses what is not what its handle says. */
import { failureOf, pathIn, type FileSystem } from '../../../plugins/api/file-system.js';
import type { FileHandle, SnapshotSource } from '../../contract/snapshot.js';
import { crc32 } from '../format/crc32.js';
import { damaged } from './damaged.js';

export class StoredSource implements SnapshotSource {
  readonly #fileSystem: FileSystem | null;
  readonly #base: string;
  readonly #checked = new Set<string>();

  /** `fileSystem`: null where everything is inline. */
  constructor(fileSystem: FileSystem | null, base: string) {
    this.#fileSystem = fileSystem;
    this.#base = base;
  }

  async read(file: FileHandle): Promise<Uint8Array> {
    const bytes = file.inline === undefined ? await this.#readFile(file) : inlineBytes(file.inline);
    this.#verify(file, bytes.length, crc32(bytes));
    return bytes;
  }

  async *stream(file: FileHandle): AsyncIterable<Uint8Array> {
    if (file.inline !== undefined) {
      yield await this.read(file);
      return;
    }
    await this.#checkLength(file);
    let length = 0;
    let crc = 0;
    try {
      for await (const piece of this.#storage(file).stream(this.#path(file))) {
        length += piece.length;
        crc = crc32(piece, crc);
        yield piece;
      }
    } catch (error) {
      throw this.#explain(file, error);
    }
    this.#verify(file, length, crc);
  }

  async range(file: FileHandle, start: number, end: number): Promise<Uint8Array> {
    if (file.inline !== undefined) {
      const bytes = inlineBytes(file.inline);
      if (end > bytes.length) throw damaged(this.nameOf(file), `it has ${bytes.length} bytes only`);
      return bytes.subarray(start, end);
    }
    await this.#checkLength(file);
    try {
      return await this.#storage(file).read(this.#path(file), { start, end });
    } catch (error) {
      throw this.#explain(file, error);
    }
  }

  async download(file: FileHandle, localFile: string): Promise<void> {
    // Before the copy exists, because the copy may be a link.
    for await (const piece of this.stream(file)) void piece;
    try {
      await this.#storage(file).download(this.#path(file), localFile);
    } catch (error) {
      throw this.#explain(file, error);
    }
  }

  nameOf(file: FileHandle): string {
    return file.inline === undefined ? this.#path(file) : `${this.#base} (inline)`;
  }

  async #readFile(file: FileHandle): Promise<Uint8Array> {
    return this.range(file, 0, file.length);
  }

  /** First of all: what lies there instead may be of any size. */
  async #checkLength(file: FileHandle): Promise<void> {
    if (this.#checked.has(file.path)) return;
    const status = await this.#storage(file).stat(this.#path(file));
    if (!status) throw damaged(this.nameOf(file), 'it is missing');
    if (status.length !== file.length)
      throw damaged(this.nameOf(file), `it has ${status.length} bytes instead of ${file.length}`);
    this.#checked.add(file.path);
  }

  #verify(file: FileHandle, length: number, crc: number): void {
    if (length !== file.length)
      throw damaged(this.nameOf(file), `it has ${length} bytes instead of ${file.length}`);
    if (crc !== file.crc32) throw damaged(this.nameOf(file), 'it does not match its checksum');
  }

  #storage(file: FileHandle): FileSystem {
    if (!this.#fileSystem) throw damaged(this.nameOf(file), 'it is not stored anywhere');
    return this.#fileSystem;
  }

  #path(file: FileHandle): string {
    return pathIn(this.#base, file.path);
  }

  #explain(file: FileHandle, error: unknown): unknown {
    return failureOf(error) === 'not-found' ? damaged(this.nameOf(file), 'it is missing', error) : error;
  }
}

const inlineBytes = (text: string): Uint8Array => Buffer.from(text, 'base64');
