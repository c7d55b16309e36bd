/** Integers 0 … count-1 over a number of splits, each row with its value as timestamp; resumable. */
import type {
  ReaderOutput,
  Source,
  SourceReader,
  SourceSplit,
  SplitEnumerator,
} from '../../../plugins/api/source.js';

export interface NumberSplit extends SourceSplit {
  readonly next: number;
  readonly end: number;
}
export interface NumbersOptions {
  readonly count: number;
  readonly splits: number;
  /** rows per poll */
  readonly step?: number;
  /** the source never ends on its own */
  readonly unbounded?: boolean;
  /** every reader falls silent after so many rows, for ever */
  readonly pauseAfter?: number;
}

export function numbersSource({
  count,
  splits,
  step = 100,
  unbounded = false,
  pauseAfter = Infinity,
}: NumbersOptions): Source<number, NumberSplit, NumberSplit[]> {
  const enumerate = (
    open: NumberSplit[],
    context: Parameters<Source<number, NumberSplit>['createEnumerator']>[0],
  ): SplitEnumerator<NumberSplit, NumberSplit[]> => ({
    start: () => {},
    addReader: () => {},
    handleSplitRequest(subtask) {
      const split = open.shift();
      if (split) context.assignSplit(split, subtask);
      else if (!unbounded) context.signalNoMoreSplits(subtask);
    },
    addSplitsBack(back) {
      open.push(...back);
    },
    snapshotState: () => [...open],
    close: () => {},
  });
  return {
    boundedness: unbounded ? 'CONTINUOUS_UNBOUNDED' : 'BOUNDED',
    describe: () => 'numbers',
    createEnumerator: context =>
      enumerate(
        Array.from({ length: splits }, (_, i) => ({
          splitId: `numbers-${i}`,
          next: Math.floor((i * count) / splits),
          end: Math.floor(((i + 1) * count) / splits),
        })),
        context,
      ),
    restoreEnumerator: (context, open) => enumerate([...open], context),
    createReader: context => new NumbersReader(step, pauseAfter, () => context.sendSplitRequest()),
  };
}

class NumbersReader implements SourceReader<number, NumberSplit> {
  #splits: NumberSplit[] = [];
  #noMore = false;
  #wake: (() => void) | null = null;
  readonly #step: number;
  readonly #request: () => void;
  #left: number;

  constructor(step: number, pauseAfter: number, request: () => void) {
    this.#step = step;
    this.#left = pauseAfter;
    this.#request = request;
  }
  start(): void {
    if (this.#splits.length === 0) this.#request();
  }
  pollNext(output: ReaderOutput<number>): 'MORE_AVAILABLE' | 'NOTHING_AVAILABLE' | 'END_OF_INPUT' {
    const split = this.#splits[0];
    if (this.#left <= 0) return 'NOTHING_AVAILABLE';
    if (!split) return this.#noMore ? 'END_OF_INPUT' : 'NOTHING_AVAILABLE';
    let { next } = split;
    for (let i = 0; i < this.#step && next < split.end && this.#left > 0; i++) {
      const room = output.collect(next, next, split.splitId);
      next++;
      this.#left--;
      if (!room) break;
    }
    if (next === split.end) {
      output.releaseOutputForSplit(split.splitId);
      this.#splits.shift();
      if (this.#splits.length === 0) this.#request();
    } else this.#splits[0] = { ...split, next };
    return 'MORE_AVAILABLE';
  }
  isAvailable(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve;
    });
  }
  addSplits(splits: readonly NumberSplit[]): void {
    this.#splits.push(...splits);
    this.#wake?.();
  }
  notifyNoMoreSplits(): void {
    this.#noMore = true;
    this.#wake?.();
  }
  snapshotState(): readonly NumberSplit[] {
    return [...this.#splits];
  }
  async close(): Promise<void> {}
}
