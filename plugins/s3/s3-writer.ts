import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CompletedPart,
  type S3Client,
} from '@aws-sdk/client-s3';
import { FileSystemError, type FileWriter } from '../api/file-system.js';
import { guarded } from './s3-error.js';
import { s3Location, type S3Location } from './s3-location.js';
import { partBytes } from './s3-options.js';

/** Small files are one request; larger ones go out part by part, and come into being when the upload is completed. */
export class S3Writer implements FileWriter {
  readonly #client: S3Client;
  readonly #path: string;
  readonly #location: S3Location;
  readonly #buffer = Buffer.allocUnsafe(partBytes);
  #buffered = 0;
  #uploadId: string | null = null;
  readonly #parts: CompletedPart[] = [];
  #ended = false;
  length = 0;

  constructor(client: S3Client, path: string) {
    this.#client = client;
    this.#path = path;
    this.#location = s3Location(path);
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#checkOpen();
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + partBytes - this.#buffered);
      this.#buffer.set(piece, this.#buffered);
      this.#buffered += piece.length;
      at += piece.length;
      if (this.#buffered === partBytes) await this.#uploadPart();
    }
    this.length += bytes.length;
  }

  async close(): Promise<void> {
    this.#checkOpen();
    try {
      if (this.#uploadId === null) {
        const Body = this.#buffer.subarray(0, this.#buffered);
        await this.#guarded(() => this.#client.send(new PutObjectCommand({ ...this.#location, Body })));
      } else {
        if (this.#buffered > 0) await this.#uploadPart();
        const upload = {
          ...this.#location,
          UploadId: this.#uploadId,
          MultipartUpload: { Parts: this.#parts },
        };
        await this.#guarded(() => this.#client.send(new CompleteMultipartUploadCommand(upload)));
      }
      this.#ended = true;
    } catch (error) {
      await this.abort();
      throw error;
    }
  }

  async abort(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#uploadId === null) return;
    const upload = { ...this.#location, UploadId: this.#uploadId };
    // A forgotten upload costs storage until the bucket's life-cycle rule removes it, but harms nothing else.
    await this.#client.send(new AbortMultipartUploadCommand(upload)).catch(() => {});
  }

  async #uploadPart(): Promise<void> {
    if (this.#uploadId === null) {
      const made = await this.#guarded(() =>
        this.#client.send(new CreateMultipartUploadCommand(this.#location)),
      );
      this.#uploadId = made.UploadId!;
    }
    const PartNumber = this.#parts.length + 1;
    const part = {
      ...this.#location,
      UploadId: this.#uploadId,
      PartNumber,
      Body: this.#buffer.subarray(0, this.#buffered),
    };
    const { ETag } = await this.#guarded(() => this.#client.send(new UploadPartCommand(part)));
    this.#parts.push({ PartNumber, ETag });
    this.#buffered = 0;
  }

  #guarded<R>(operation: () => Promise<R>): Promise<R> {
    return guarded(this.#path, 'write', operation);
  }
  #checkOpen(): void {
    if (this.#ended) throw new FileSystemError('failed', this.#path, 'write to the closed file');
  }
}
