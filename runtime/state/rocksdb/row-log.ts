/**
 * Rows on their way to the database, for the changelog: batches of operations as they are sent. A key may be written
 * several times between two barriers, so that the log can be larger than the state: the larger part lies in a file.
 */
import { closeSync, createReadStream, openSync, rmSync, writeSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { ByteSink } from '../format/state-file-writer.js';
import type { Changes } from '../state-changes.js';
import { frame } from './row-segment.js';
import type { StoredState } from './state-directory.js';

/** What stays in memory; also the size of writes to the file. */
const MEMORY_BYTES = 1 << 20;

interface Rows {
  readonly memory: readonly Uint8Array[];
  /** what came before */
  readonly file: string | null;
}

export class RowLog {
  readonly #folder: string;
  #complete: boolean;
  #paused = false;
  #memory: Uint8Array[] = [];
  #bytes = 0;
  #file: { readonly path: string; readonly fd: number } | null = null;
  #files = 0;

  /** `folder`: files begin like it. `complete`: the database is empty. */
  constructor(folder: string, complete: boolean) {
    this.#folder = folder;
    this.#complete = complete;
  }
  /** False: the changes need a snapshot of everything to stand on. */
  get isComplete(): boolean {
    return this.#complete;
  }

  append(operations: Uint8Array): void {
    if (!this.#complete || this.#paused) return;
    const bytes = frame(operations);
    this.#memory.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes >= MEMORY_BYTES) this.#spill();
  }
  /** What the callback writes is not logged. */
  pause(write: () => void): void {
    this.#paused = true;
    try {
      write();
    } finally {
      this.#paused = false;
    }
  }
  /** A state took over what was restored: its rows have another form now. */
  restored(): void {
    this.#complete = false;
  }
  /** Everything was written elsewhere. */
  begin(): void {
    this.#drop();
    this.#complete = true;
  }

  /** `states`: what the rows belong to. */
  take(states: readonly StoredState[]): Changes {
    const { memory, file } = this.#cut();
    return {
      isEmpty: memory.length === 0 && file === null,
      async write(out: ByteSink) {
        await out.write(frame(Buffer.from(JSON.stringify(states))));
        if (file !== null)
          for await (const piece of createReadStream(file, { highWaterMark: MEMORY_BYTES }))
            await out.write(piece as Buffer);
        for (const bytes of memory) await out.write(bytes);
      },
      discard() {
        if (file !== null) void rm(file, { force: true });
      },
    };
  }
  close(): void {
    this.#drop();
  }

  #cut(): Rows {
    const memory = this.#memory;
    const file = this.#file;
    if (file) closeSync(file.fd);
    this.#memory = [];
    this.#bytes = 0;
    this.#file = null;
    return { memory, file: file && file.path };
  }
  #drop(): void {
    const { file } = this.#cut();
    if (file !== null) rmSync(file, { force: true });
  }
  #spill(): void {
    if (!this.#file) {
      const path = `${this.#folder}-log-${++this.#files}`;
      this.#file = { path, fd: openSync(path, 'w') };
    }
    for (const bytes of this.#memory)
      for (let at = 0; at < bytes.length;) at += writeSync(this.#file.fd, bytes, at);
    this.#memory = [];
    this.#bytes = 0;
  }
}
