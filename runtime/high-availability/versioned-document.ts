/** A JSON file that several processes change, each only what it has seen: compare-and-swap. */
import type { FileSystem } from '../../plugins/api/file-system.js';
import { RuntimeFault } from '../contract/fault.js';

export interface Versioned<T> {
  readonly value: T;
  readonly version: string;
}

export class VersionedDocument<T> {
  readonly path: string;
  readonly #fileSystem: FileSystem;
  readonly #isValid: (value: unknown) => boolean;

  constructor(fileSystem: FileSystem, path: string, isValid: (value: unknown) => boolean) {
    this.#fileSystem = fileSystem;
    this.path = path;
    this.#isValid = isValid;
  }

  /** null: there is none */
  async read(): Promise<Versioned<T> | null> {
    const file = await this.#fileSystem.readVersioned(this.path);
    if (!file) return null;
    let value: unknown;
    try {
      value = JSON.parse(Buffer.from(file.bytes).toString('utf8'));
    } catch (error) {
      throw this.#damaged(error);
    }
    if (!this.#isValid(value)) throw this.#damaged();
    return { value: value as T, version: file.version };
  }

  /** The new version; null: somebody else has changed it. */
  swap(expected: string | null, value: T): Promise<string | null> {
    return this.#fileSystem.compareAndSwap(this.path, expected, Buffer.from(JSON.stringify(value, null, 2)));
  }

  #damaged(cause?: unknown): RuntimeFault {
    return new RuntimeFault('FC5624', {
      message: `'${this.path}' is not what high availability keeps there`,
      domain: 'external',
      fix: 'check that high-availability.storageDir belongs to this cluster alone',
      cause,
    });
  }
}
