/** Artifacts that clients uploaded: verified, kept under the hash of their content until they are deleted or the process ends. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openArtifact, type OpenedArtifact } from '../../artifact/open-artifact.js';
import { badRequest, notFound } from './rest-error.js';

export interface UploadedArtifact {
  /** `<hash>_<file name>` */
  readonly id: string;
  readonly name: string;
  /** epoch milliseconds */
  readonly uploaded: number;
  readonly artifact: OpenedArtifact;
}

export class UploadedArtifacts {
  readonly #engineVersion: string;
  readonly #parent: string;
  readonly #artifacts = new Map<string, UploadedArtifact>();
  /** by hash, also those that are deleted: jobs may run from their folders */
  readonly #unpacked = new Map<string, OpenedArtifact>();
  #folder: string | null = null;

  constructor(engineVersion: string, directory: string | undefined) {
    this.#engineVersion = engineVersion;
    this.#parent = directory ?? tmpdir();
  }

  /** Newest first. */
  get all(): readonly UploadedArtifact[] {
    return [...this.#artifacts.values()].reverse();
  }

  add(name: string, bytes: Buffer): { readonly path: string; readonly id: string } {
    if (!/\.(zip|jar)$/i.test(name))
      throw badRequest(`'${name}' is not an artifact: a .zip made by flinkc build is expected.`);
    if (name.length > 200) throw badRequest('The name of the file is too long.');
    const folder = this.#openFolder();
    const file = join(folder, `upload-${randomBytes(8).toString('hex')}.zip`);
    writeFileSync(file, bytes);
    try {
      const artifact = this.#open(file, mkdtempSync(join(folder, 'unpacked-')));
      const id = `${artifact.id}_${name}`;
      // Again the same: it is the newest now.
      this.#artifacts.delete(id);
      this.#artifacts.set(id, { id, name, uploaded: Date.now(), artifact });
      return { path: join(folder, id), id };
    } finally {
      rmSync(file, { force: true });
    }
  }

  get(id: string): UploadedArtifact {
    const found = this.#artifacts.get(id);
    if (found) return found;
    throw notFound(`Jar file ${id.slice(0, 300)} does not exist`);
  }

  /** Jobs that run keep what they have. */
  delete(id: string): void {
    this.#artifacts.delete(this.get(id).id);
  }

  close(): void {
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true });
  }

  #open(file: string, unpackTo: string): OpenedArtifact {
    let artifact: OpenedArtifact | undefined;
    try {
      artifact = openArtifact(file, this.#engineVersion, unpackTo);
    } finally {
      if (!artifact || this.#unpacked.has(artifact.id)) rmSync(unpackTo, { recursive: true, force: true });
    }
    const known = this.#unpacked.get(artifact.id);
    if (!known) this.#unpacked.set(artifact.id, artifact);
    return known ?? artifact;
  }

  #openFolder(): string {
    if (this.#folder === null) {
      mkdirSync(this.#parent, { recursive: true });
      this.#folder = mkdtempSync(join(this.#parent, 'flinkc-upload-'));
    }
    return this.#folder;
  }
}
