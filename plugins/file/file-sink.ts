import type { Format } from '../api/format.js';
import { ship, type ShipReference, type Shippable } from '../api/shipping.js';
import type { Committer, Sink, SinkWriter, WriterInitContext } from '../api/sink.js';
import type { Duration } from '../api/types.js';
import { FileCommitter, type PendingFile } from './file-committer.js';
import { FileWriter, type BucketState } from './file-writer.js';

export interface FileSinkOptions<T> {
  /** folder of the output; made when it is not there */
  readonly path: string;
  readonly format: Format<T>;
  /** sub-folder of a record; default: by hour of the processing time, `yyyy-MM-dd--HH`. '' puts all files into the folder */
  readonly bucket?: (record: T, context: BucketContext) => string;
  readonly rolling?: RollingPolicy;
  /** default 'part' */
  readonly partPrefix?: string;
  /** e.g. '.csv' */
  readonly partSuffix?: string;
}
export interface BucketContext {
  /** null when the record has no timestamp */
  readonly timestamp: number | null;
  readonly currentWatermark: number;
  readonly currentProcessingTime: number;
}
/** When a file is closed and the next one begun; the first condition that holds decides (flink: DefaultRollingPolicy). */
export interface RollingPolicy {
  /** default 128 MiB */
  readonly maxPartBytes?: number;
  /** since the file was begun; default 60 s */
  readonly rolloverInterval?: Duration;
  /** since the last record; default 60 s */
  readonly inactivityInterval?: Duration;
  /** at every checkpoint; default false: files go on across checkpoints */
  readonly onCheckpoint?: boolean;
}

/**
 * Writes records to part files: in progress under a hidden name, pending once closed, finished when a checkpoint has
 * completed (or bounded input has ended). What has its final name is complete and is never written again
 * (flink: FileSink).
 */
export class FileSink<T> implements Sink<T, BucketState, PendingFile>, Shippable {
  readonly #options: FileSinkOptions<T>;
  constructor(options: FileSinkOptions<T>) {
    this.#options = options;
  }
  [ship](): ShipReference {
    return { module: 'flinkc/file', name: 'FileSink', args: [this.#options] };
  }
  describe(): string {
    return `files(${this.#options.path})`;
  }
  get fields(): readonly (keyof T & string)[] | undefined {
    return this.#options.format.encodedFields as readonly (keyof T & string)[] | undefined;
  }
  createWriter(context: WriterInitContext): SinkWriter<T, BucketState, PendingFile> {
    return new FileWriter(this.#options, context, []);
  }
  restoreWriter(
    context: WriterInitContext,
    states: readonly BucketState[],
  ): SinkWriter<T, BucketState, PendingFile> {
    return new FileWriter(this.#options, context, states);
  }
  createCommitter(): Committer<PendingFile> {
    return new FileCommitter();
  }
}
