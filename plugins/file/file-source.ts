import type { Format } from '../api/format.js';
import { ship, type ShipReference, type Shippable } from '../api/shipping.js';
import type {
  BadRecordPolicy,
  Boundedness,
  Source,
  SourceReader,
  SourceReaderContext,
  SplitEnumerator,
  SplitEnumeratorContext,
} from '../api/source.js';
import type { Duration } from '../api/types.js';
import { FileEnumerator, type FileEnumeratorState } from './file-enumerator.js';
import { FileReader } from './file-reader.js';
import type { FileSplit } from './file-split.js';

export interface FileSourceOptions<T> {
  /** a file, a folder (read recursively; names that start with '.' or '_' are left out) or a glob; or several */
  readonly path: string | readonly string[];
  readonly format: Format<T>;
  /** keep looking for new files, every so often; the source is then unbounded */
  readonly monitorInterval?: Duration;
  /** what becomes of records that cannot be decoded; default 'fail' */
  readonly badRecords?: BadRecordPolicy;
  /** largest part of a file that is read as one split, in bytes; default 64 MiB */
  readonly splitBytes?: number;
}

/**
 * Reads files as records: plain or gzip (`.gz`), bounded or watching for new files. Large plain files are cut into splits
 * that subtasks read side by side, when the format can find record boundaries (flink: FileSource).
 */
export class FileSource<T> implements Source<T, FileSplit, FileEnumeratorState>, Shippable {
  readonly boundedness: Boundedness;
  readonly badRecordPolicy: BadRecordPolicy;
  readonly format: Format<T>;
  readonly #options: FileSourceOptions<T>;

  constructor(options: FileSourceOptions<T>) {
    if (options.splitBytes !== undefined && !(options.splitBytes >= 1))
      throw new RangeError(`splitBytes must be positive, not ${options.splitBytes}`);
    this.#options = options;
    this.format = options.format;
    this.badRecordPolicy = options.badRecords ?? 'fail';
    this.boundedness = options.monitorInterval === undefined ? 'BOUNDED' : 'CONTINUOUS_UNBOUNDED';
  }
  [ship](): ShipReference {
    return { module: 'flinkc/file', name: 'FileSource', args: [this.#options] };
  }
  describe(): string {
    const { path } = this.#options;
    return `files(${typeof path === 'string' ? path : path.join(', ')})`;
  }
  createEnumerator(
    context: SplitEnumeratorContext<FileSplit>,
  ): SplitEnumerator<FileSplit, FileEnumeratorState> {
    return new FileEnumerator(context, this.#options, null);
  }
  restoreEnumerator(
    context: SplitEnumeratorContext<FileSplit>,
    checkpoint: FileEnumeratorState,
  ): SplitEnumerator<FileSplit, FileEnumeratorState> {
    return new FileEnumerator(context, this.#options, checkpoint);
  }
  createReader(context: SourceReaderContext): SourceReader<T, FileSplit> {
    return new FileReader<T>(context, this.#options.format);
  }
}
