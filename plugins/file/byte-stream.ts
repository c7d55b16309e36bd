/** Bytes of a split's file from some offset on, plain or unpacked; never blocks for longer than one disk read. */
import { closeSync, createReadStream, openSync, readSync, type ReadStream } from 'node:fs';
import { createGunzip, type Gunzip } from 'node:zlib';
import { ConnectorError } from '../api/connector-error.js';

export interface ByteStream {
  /**
   * Copies what is there into target from `at` on. 0: nothing at the moment (wait for readable()); -1: the end.
   */
  read(target: Uint8Array, at: number): number;
  readable(): Promise<void>;
  close(): void;
}

export function openBytes(path: string, gzip: boolean, offset: number): ByteStream {
  return gzip ? new GzipStream(path, offset) : new PlainStream(path, offset);
}

/** Files of the page cache are read in microseconds, so plain files are read synchronously. */
class PlainStream implements ByteStream {
  readonly #descriptor: number;
  #offset: number;
  readonly #path: string;
  constructor(path: string, offset: number) {
    this.#path = path;
    this.#offset = offset;
    try {
      this.#descriptor = openSync(path, 'r');
    } catch (error) {
      throw unreadable(path, error);
    }
  }
  read(target: Uint8Array, at: number): number {
    try {
      const count = readSync(this.#descriptor, target, at, target.length - at, this.#offset);
      this.#offset += count;
      return count === 0 ? -1 : count;
    } catch (error) {
      throw unreadable(this.#path, error);
    }
  }
  readable(): Promise<void> {
    return Promise.resolve();
  }
  close(): void {
    closeSync(this.#descriptor);
  }
}

/** Unpacks in libuv's threads, ahead of the reader by the stream's high-water mark. */
class GzipStream implements ByteStream {
  readonly #file: ReadStream;
  readonly #stream: Gunzip;
  readonly #path: string;
  #chunk: Uint8Array | null = null;
  #skip: number;
  #ended = false;
  #error: Error | null = null;
  #wake: (() => void) | null = null;

  constructor(path: string, offset: number) {
    this.#path = path;
    this.#skip = offset;
    const file = (this.#file = createReadStream(path, { highWaterMark: 256 << 10 }));
    this.#stream = createGunzip({ chunkSize: 256 << 10 });
    const failed = (error: Error): void => {
      this.#error ??= error;
      this.#awake();
    };
    file.on('error', failed);
    this.#stream.on('error', failed);
    this.#stream.on('readable', () => this.#awake());
    this.#stream.on('end', () => {
      this.#ended = true;
      this.#awake();
    });
    file.pipe(this.#stream);
  }
  read(target: Uint8Array, at: number): number {
    if (this.#error) throw unreadable(this.#path, this.#error);
    this.#chunk ??= this.#next();
    if (!this.#chunk) return this.#ended ? -1 : 0;
    const count = Math.min(this.#chunk.length, target.length - at);
    target.set(this.#chunk.subarray(0, count), at);
    this.#chunk = count === this.#chunk.length ? null : this.#chunk.subarray(count);
    return count;
  }
  /** After a restore the bytes before the offset are unpacked once more and dropped. */
  #next(): Uint8Array | null {
    for (;;) {
      const chunk = this.#stream.read() as Buffer | null;
      if (chunk === null) return null;
      if (this.#skip < chunk.length) {
        const rest = chunk.subarray(this.#skip);
        this.#skip = 0;
        return rest;
      }
      this.#skip -= chunk.length;
    }
  }
  readable(): Promise<void> {
    if (this.#chunk || this.#ended || this.#error || this.#stream.readableLength > 0)
      return Promise.resolve();
    return new Promise(resolve => (this.#wake = resolve));
  }
  close(): void {
    this.#file.destroy();
    this.#stream.destroy();
    this.#awake();
  }
  #awake(): void {
    this.#wake?.();
    this.#wake = null;
  }
}

function unreadable(path: string, cause: unknown): ConnectorError {
  const error = cause as NodeJS.ErrnoException;
  const damaged = error.code?.startsWith('Z_') === true;
  return new ConnectorError('FC5301', {
    message: damaged
      ? `cannot unpack '${path}': ${error.message}`
      : `cannot read '${path}': ${error.message}`,
    fix: damaged
      ? 'the gzip file is damaged or incomplete; get it again'
      : 'check that the file is there and may be read',
    facts: { file: path },
    cause,
  });
}
