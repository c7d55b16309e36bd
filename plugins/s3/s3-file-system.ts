import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import {
  FileSystemError,
  type ByteRange,
  type DirectoryEntry,
  type FileStatus,
  type FileSystem,
  type FileWriter,
  type VersionedFile,
} from '../api/file-system.js';
import { guarded, isMissing, statusOf } from './s3-error.js';
import { folderPrefix, s3Location } from './s3-location.js';
import { streamObject } from './s3-stream.js';
import { S3Writer } from './s3-writer.js';

/** Folders are prefixes of names and exist as long as something is in them. */
export class S3FileSystem implements FileSystem {
  readonly #client: S3Client;

  constructor(options: S3ClientConfig) {
    this.#client = new S3Client(options);
  }

  create(path: string): Promise<FileWriter> {
    return guarded(path, 'write', () => Promise.resolve(new S3Writer(this.#client, path)));
  }

  async read(path: string, range?: ByteRange): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.stream(path, range)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  stream(path: string, range?: ByteRange): AsyncIterable<Uint8Array> {
    return streamObject(this.#client, path, range);
  }

  stat(path: string): Promise<FileStatus | null> {
    return guarded(path, 'read', async () => {
      try {
        const { ContentLength } = await this.#client.send(new HeadObjectCommand(s3Location(path)));
        return { length: ContentLength! };
      } catch (error) {
        // The answer to HEAD has no body, so a missing bucket looks as a missing object does.
        if (isMissing(error)) return null;
        throw error;
      }
    });
  }

  async list(directory: string): Promise<readonly DirectoryEntry[]> {
    const { Prefix } = folderPrefix(directory);
    const entries: DirectoryEntry[] = [];
    for await (const page of this.#pages(directory, '/')) {
      for (const folder of page.folders)
        entries.push({ name: folder.slice(Prefix.length, -1), kind: 'directory', length: 0 });
      for (const { key, length } of page.files)
        if (key.length > Prefix.length)
          entries.push({ name: key.slice(Prefix.length), kind: 'file', length });
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async delete(path: string): Promise<void> {
    await guarded(path, 'delete', () => this.#client.send(new DeleteObjectCommand(s3Location(path))));
  }

  async deleteDirectory(directory: string): Promise<void> {
    const { Bucket } = folderPrefix(directory);
    for await (const { files } of this.#pages(directory, undefined)) {
      if (files.length === 0) continue;
      const Objects = files.map(({ key }) => ({ Key: key }));
      const { Errors = [] } = await guarded(directory, 'delete', () =>
        this.#client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } })),
      );
      const [first] = Errors;
      if (first)
        throw new FileSystemError(
          'failed',
          `s3://${Bucket}/${first.Key}`,
          'delete',
          new Error(`${first.Code}: ${first.Message}`),
        );
    }
  }

  async upload(localFile: string, path: string): Promise<FileStatus> {
    const writer = await this.create(path);
    try {
      for await (const piece of createReadStream(localFile, { highWaterMark: 1 << 20 }))
        await writer.write(piece as Uint8Array);
    } catch (error) {
      await writer.abort();
      throw error instanceof FileSystemError
        ? error
        : new FileSystemError('failed', localFile, 'read', error);
    }
    await writer.close();
    return { length: writer.length };
  }

  async download(path: string, localFile: string): Promise<void> {
    const pieces = this.stream(path);
    const local = async <R>(work: () => Promise<R>): Promise<R> => {
      try {
        return await work();
      } catch (error) {
        const full = (error as NodeJS.ErrnoException).code === 'ENOSPC';
        throw new FileSystemError(full ? 'no-space' : 'failed', localFile, 'write', error);
      }
    };
    await local(() => mkdir(dirname(localFile), { recursive: true }));
    const file = await local(() => open(localFile, 'w'));
    try {
      for await (const piece of pieces) await local(() => file.writeFile(piece));
      await local(() => file.close());
    } catch (error) {
      await file.close().catch(() => {});
      await rm(localFile, { force: true }).catch(() => {});
      throw error;
    }
  }

  readVersioned(path: string): Promise<VersionedFile | null> {
    return guarded(path, 'read', async () => {
      try {
        const { Body, ETag } = await this.#client.send(new GetObjectCommand(s3Location(path)));
        return { bytes: await Body!.transformToByteArray(), version: bare(ETag!) };
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    });
  }

  /** A conditional write. The version is the ETag. */
  compareAndSwap(path: string, expected: string | null, bytes: Uint8Array): Promise<string | null> {
    return guarded(path, 'write', async () => {
      const location = s3Location(path);
      const swap = randomBytes(12).toString('hex');
      const condition = expected === null ? { IfNoneMatch: '*' } : { IfMatch: expected };
      try {
        const { ETag } = await this.#client.send(
          new PutObjectCommand({ ...location, ...condition, Body: bytes, Metadata: { swap } }),
        );
        return bare(ETag!);
      } catch (error) {
        const status = statusOf(error);
        // 412: another version; 404: none; 409: a rival writes at this moment.
        if (status !== 412 && status !== 404 && status !== 409) throw error;
        if ((error as Error).name === 'NoSuchBucket') throw error;
        // Where an answer got lost, the SDK asked again, and the rival it met may be its own first request.
        const head = await this.#client.send(new HeadObjectCommand(location)).catch(missing => {
          if (isMissing(missing)) return null;
          throw missing as Error;
        });
        return head?.Metadata?.['swap'] === swap ? bare(head.ETag!) : null;
      }
    });
  }

  close(): Promise<void> {
    this.#client.destroy();
    return Promise.resolve();
  }

  async *#pages(directory: string, Delimiter: string | undefined): AsyncGenerator<Page> {
    const folder = folderPrefix(directory);
    let ContinuationToken: string | undefined;
    do {
      const request = { ...folder, Delimiter, ContinuationToken };
      const page = await guarded(directory, 'list', () =>
        this.#client.send(new ListObjectsV2Command(request)),
      );
      yield {
        folders: (page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix!),
        files: (page.Contents ?? []).map(({ Key, Size }) => ({ key: Key!, length: Size! })),
      };
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
  }
}

/** Ceph compares what If-Match says with the ETag without its quotes; Amazon takes both. */
function bare(etag: string): string {
  return etag.replaceAll('"', '');
}

interface Page {
  readonly folders: readonly string[];
  readonly files: readonly { readonly key: string; readonly length: number }[];
}
