import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { ConnectorError } from '../api/connector-error.js';
import type { RecordEncoder } from '../api/format.js';
import type { SinkWriter, WriterInitContext } from '../api/sink.js';
import type { PendingFile } from './file-committer.js';
import type { BucketContext, FileSinkOptions, RollingPolicy } from './file-sink.js';
import { finishedName, inProgressName, PartFile, pendingName, type PartBeginning } from './part-file.js';

/** A file in progress at a checkpoint. */
export interface BucketState extends PartBeginning {
  readonly bucket: string;
}

const defaults: Required<RollingPolicy> = {
  maxPartBytes: 128 << 20,
  rolloverInterval: 60_000,
  inactivityInterval: 60_000,
  onCheckpoint: false,
};

/**
 * Part files of one subtask: one in progress per bucket. A restored writer copies what the checkpoint covers of a file in
 * progress instead of going on in it: a process that was taken for dead may still have it open, and write. The old file
 * goes when the next checkpoint has completed; until then a restore needs it again.
 */
export class FileWriter<T> implements SinkWriter<T, BucketState, PendingFile> {
  readonly #options: FileSinkOptions<T>;
  readonly #context: WriterInitContext;
  readonly #encoder: RecordEncoder;
  readonly #rolling: Required<RollingPolicy>;
  readonly #open = new Map<string, PartFile>();
  #pending: PendingFile[] = [];
  #counter = 0;
  /** a checkpoint may refer to the files in progress */
  #snapshotTaken = false;
  #closed = false;
  /** makes names of different attempts and jobs in one folder distinct */
  readonly #run = randomUUID().slice(0, 8);

  constructor(options: FileSinkOptions<T>, context: WriterInitContext, states: readonly BucketState[]) {
    this.#options = options;
    this.#context = context;
    this.#encoder = options.format.createEncoder(context.schema);
    this.#rolling = { ...defaults, ...options.rolling };
    const now = context.currentProcessingTime();
    for (const state of states) {
      const name = inProgressName(join(options.path, state.bucket, this.#partName()));
      const file = new PartFile(name, now, state);
      this.#pending.push({ pending: state.path, target: null });
      // after rescaling one subtask may get several files of one bucket
      if (this.#open.has(state.bucket)) this.#finish(file);
      else this.#open.set(state.bucket, file);
    }
    this.#scheduleCheck();
  }

  write(element: T, context: { readonly timestamp: number | null; readonly currentWatermark: number }): void {
    const now = this.#context.currentProcessingTime();
    const bucket = this.#bucketOf(element, { ...context, currentProcessingTime: now });
    let file = this.#open.get(bucket);
    if (!file) {
      file = new PartFile(inProgressName(join(this.#options.path, bucket, this.#partName())), now);
      this.#open.set(bucket, file);
      if (this.#encoder.header) file.write(this.#encoder.header, now);
    }
    file.write(this.#encoder.encode(element), now);
    if (file.length >= this.#rolling.maxPartBytes) this.#roll(bucket, file);
  }
  async flush(endOfInput: boolean): Promise<void> {
    for (const [bucket, file] of this.#open) {
      if (endOfInput || this.#rolling.onCheckpoint) this.#roll(bucket, file);
      else file.sync();
    }
  }
  async prepareCommit(): Promise<readonly PendingFile[]> {
    const pending = this.#pending;
    this.#pending = [];
    return pending;
  }
  snapshotState(): readonly BucketState[] {
    this.#snapshotTaken = true;
    return [...this.#open].map(([bucket, file]) => ({
      bucket,
      path: file.path,
      length: file.length,
    }));
  }
  async close(aborted: boolean): Promise<void> {
    this.#closed = true;
    // without a checkpoint nobody can ever go on with these files
    const useless = aborted && !this.#snapshotTaken;
    for (const file of this.#open.values()) file.abandon(useless);
    this.#open.clear();
    if (useless)
      for (const { pending, target } of this.#pending) if (target !== null) rmSync(pending, { force: true });
    this.#pending = [];
  }

  #bucketOf(element: T, context: BucketContext): string {
    const bucket = this.#options.bucket?.(element, context) ?? hourOf(context.currentProcessingTime);
    if (bucket.split(/[\\/]/).includes('..') || isAbsolute(bucket) || bucket.includes('\0'))
      throw new ConnectorError('FC5314', {
        message: `bucket '${bucket}' lies outside the output folder`,
        fix: 'make bucket names from checked values',
      });
    return bucket;
  }
  #partName(): string {
    const { partPrefix = 'part', partSuffix = '' } = this.#options;
    return `${partPrefix}-${this.#run}-${this.#context.subtask}-${this.#counter++}${partSuffix}`;
  }
  #roll(bucket: string, file: PartFile): void {
    this.#open.delete(bucket);
    this.#finish(file);
  }
  #finish(file: PartFile): void {
    file.finish();
    this.#pending.push({ pending: pendingName(file.path), target: finishedName(file.path) });
  }
  /** Looks once a second for files that are due by time. */
  #scheduleCheck(): void {
    const { rolloverInterval, inactivityInterval } = this.#rolling;
    const now = this.#context.currentProcessingTime();
    this.#context.registerProcessingTimer(now + Math.min(1000, rolloverInterval, inactivityInterval), () => {
      if (this.#closed) return;
      const at = this.#context.currentProcessingTime();
      for (const [bucket, file] of this.#open)
        if (at - file.openedAt >= rolloverInterval || at - file.lastWriteAt >= inactivityInterval)
          this.#roll(bucket, file);
      this.#scheduleCheck();
    });
  }
}

/** `yyyy-MM-dd--HH` in UTC. */
function hourOf(ms: number): string {
  const iso = new Date(ms).toISOString();
  return `${iso.slice(0, 10)}--${iso.slice(11, 13)}`;
}
