import type {
  Source,
  SourceReader,
  SourceSplit,
  SplitEnumerator,
  SplitEnumeratorContext,
} from '../../../plugins/api/source.js';

/** The numbers below 100; throws where it is told. */
export class BreakingSource implements Source<number, SourceSplit, null> {
  readonly #where: string;
  constructor(where: string) {
    this.#where = where;
  }
  get boundedness(): 'BOUNDED' {
    return 'BOUNDED';
  }
  describe(): string {
    return 'breaking';
  }
  createEnumerator(context: SplitEnumeratorContext<SourceSplit>): SplitEnumerator<SourceSplit, null> {
    this.#breakAt('createEnumerator');
    return {
      start: async () => this.#breakAt('enumerator start'),
      handleSplitRequest: subtask => {
        this.#breakAt('handleSplitRequest');
        context.assignSplit({ splitId: 'all' }, subtask);
        context.signalNoMoreSplits(subtask);
      },
      addReader: () => {},
      addSplitsBack: () => {},
      snapshotState: () => null,
      close: async () => {},
    };
  }
  restoreEnumerator(context: SplitEnumeratorContext<SourceSplit>): SplitEnumerator<SourceSplit, null> {
    return this.createEnumerator(context);
  }
  createReader(context: Parameters<Source<number>['createReader']>[0]): SourceReader<number, SourceSplit> {
    this.#breakAt('createReader');
    let next = -1;
    let wake = (): void => {};
    return {
      start: () => context.sendSplitRequest(),
      addSplits: () => {
        next = 0;
        wake();
      },
      notifyNoMoreSplits: () => {},
      pollNext: output => {
        if (next < 0) return 'NOTHING_AVAILABLE';
        if (next === 50 && this.#where === 'periodic watermarks') return 'NOTHING_AVAILABLE';
        if (next === 50) this.#breakAt('pollNext');
        if (next === 100) return 'END_OF_INPUT';
        output.collect(next++, undefined, 'all');
        return 'MORE_AVAILABLE';
      },
      isAvailable: () => {
        if (this.#where === 'isAvailable') return Promise.reject(new RangeError('broken at isAvailable'));
        return new Promise(resolve => (wake = resolve));
      },
      snapshotState: () => [{ splitId: 'all' }],
      close: async () => this.#breakAt('reader close'),
    };
  }
  #breakAt(place: string): void {
    if (this.#where === place) throw new RangeError(`broken at ${place}`);
  }
}
