import { ship, type ShipReference, type Shippable } from '../api/shipping.js';
import type {
  PollStatus,
  ReaderOutput,
  Source,
  SourceReader,
  SourceReaderContext,
  SplitEnumerator,
  SplitEnumeratorContext,
} from '../api/source.js';

/** The whole collection is one split; `next` is the index of the first record not handed out yet. */
export interface CollectionSplit {
  readonly splitId: string;
  readonly next: number;
}

/**
 * Records that are part of the program (flink: DataStream from a collection). They are read by one subtask, in order;
 * rebalance() spreads them.
 */
export class CollectionSource<T>
  implements Source<T, CollectionSplit, readonly CollectionSplit[]>, Shippable
{
  readonly boundedness = 'BOUNDED';
  readonly #records: readonly T[];
  constructor(records: readonly T[]) {
    this.#records = records;
  }
  [ship](): ShipReference {
    return { module: 'flinkc/collection', name: 'CollectionSource', args: [this.#records] };
  }
  describe(): string {
    return `collection of ${this.#records.length}`;
  }
  createEnumerator(
    context: SplitEnumeratorContext<CollectionSplit>,
  ): SplitEnumerator<CollectionSplit, readonly CollectionSplit[]> {
    return new CollectionEnumerator(context, [{ splitId: 'collection', next: 0 }]);
  }
  restoreEnumerator(
    context: SplitEnumeratorContext<CollectionSplit>,
    checkpoint: readonly CollectionSplit[],
  ): SplitEnumerator<CollectionSplit, readonly CollectionSplit[]> {
    return new CollectionEnumerator(context, checkpoint);
  }
  createReader(context: SourceReaderContext): SourceReader<T, CollectionSplit> {
    return new CollectionReader(context, this.#records);
  }
}

class CollectionEnumerator implements SplitEnumerator<CollectionSplit, readonly CollectionSplit[]> {
  readonly #context: SplitEnumeratorContext<CollectionSplit>;
  readonly #unassigned: CollectionSplit[];
  constructor(context: SplitEnumeratorContext<CollectionSplit>, unassigned: readonly CollectionSplit[]) {
    this.#context = context;
    this.#unassigned = [...unassigned];
  }
  start(): void {}
  handleSplitRequest(subtask: number): void {
    const split = this.#unassigned.shift();
    if (split) this.#context.assignSplit(split, subtask);
    this.#context.signalNoMoreSplits(subtask);
  }
  addSplitsBack(splits: readonly CollectionSplit[]): void {
    this.#unassigned.push(...splits);
  }
  addReader(): void {}
  snapshotState(): readonly CollectionSplit[] {
    return [...this.#unassigned];
  }
  close(): void {}
}

class CollectionReader<T> implements SourceReader<T, CollectionSplit> {
  readonly #context: SourceReaderContext;
  readonly #records: readonly T[];
  #split: CollectionSplit | null = null;
  #noMoreSplits = false;
  #wake: (() => void) | null = null;

  constructor(context: SourceReaderContext, records: readonly T[]) {
    this.#context = context;
    this.#records = records;
  }
  start(): void {
    this.#context.sendSplitRequest();
  }
  pollNext(output: ReaderOutput<T>): PollStatus {
    const split = this.#split;
    if (!split) return this.#noMoreSplits ? 'END_OF_INPUT' : 'NOTHING_AVAILABLE';
    let { next } = split;
    for (let room = true; room && next < this.#records.length; next++)
      room = output.collect(this.#records[next]!, undefined, split.splitId);
    this.#split = { ...split, next };
    if (next < this.#records.length) return 'MORE_AVAILABLE';
    output.releaseOutputForSplit(split.splitId);
    this.#split = null;
    return 'MORE_AVAILABLE';
  }
  isAvailable(): Promise<void> {
    return this.#split || this.#noMoreSplits
      ? Promise.resolve()
      : new Promise(resolve => (this.#wake = resolve));
  }
  addSplits(splits: readonly CollectionSplit[]): void {
    this.#split = splits[0] ?? this.#split;
    this.#awake();
  }
  notifyNoMoreSplits(): void {
    this.#noMoreSplits = true;
    this.#awake();
  }
  snapshotState(): readonly CollectionSplit[] {
    return this.#split ? [this.#split] : [];
  }
  async close(): Promise<void> {
    this.#awake();
  }
  #awake(): void {
    this.#wake?.();
    this.#wake = null;
  }
}
