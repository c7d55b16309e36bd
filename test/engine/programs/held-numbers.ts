import { existsSync, rmSync } from 'node:fs';
import type {
  Source,
  SourceReader,
  SourceReaderContext,
  SourceSplit,
  SplitEnumerator,
  SplitEnumeratorContext,
} from 'flinkc';

interface NumbersSplit extends SourceSplit {
  readonly next: number;
}

const pauseMs = 5;

/**
 * 0 … count-1 from one reader, which rests after every few: after a time without the processor it does not catch up in one
 * go. Where a file is named, the last number comes when that file exists, so that a job does not end before its test
 * wants it to, however late that test gets its turn.
 */
export class HeldNumbers implements Source<number, NumbersSplit, readonly NumbersSplit[]> {
  readonly #count: number;
  readonly #perSecond: number;
  readonly #release: string;
  readonly #failure: string;

  /**
   * @param release a path; '' holds nothing back
   * @param failure a path: the reader that finds this file takes it away and fails
   */
  constructor(count: number, perSecond: number, release: string, failure: string = '') {
    this.#count = count;
    this.#perSecond = perSecond;
    this.#release = release;
    this.#failure = failure;
  }
  get boundedness(): 'BOUNDED' {
    return 'BOUNDED';
  }
  describe(): string {
    return 'numbers';
  }
  createEnumerator(
    context: SplitEnumeratorContext<NumbersSplit>,
  ): SplitEnumerator<NumbersSplit, readonly NumbersSplit[]> {
    return this.restoreEnumerator(context, [{ splitId: 'numbers', next: 0 }]);
  }
  restoreEnumerator(
    context: SplitEnumeratorContext<NumbersSplit>,
    checkpoint: readonly NumbersSplit[],
  ): SplitEnumerator<NumbersSplit, readonly NumbersSplit[]> {
    const unassigned = [...checkpoint];
    return {
      start: () => {},
      addReader: () => {},
      handleSplitRequest: subtask => {
        const split = unassigned.shift();
        if (split) context.assignSplit(split, subtask);
        else context.signalNoMoreSplits(subtask);
      },
      addSplitsBack: splits => void unassigned.push(...splits),
      snapshotState: () => [...unassigned],
      close: () => {},
    };
  }
  createReader(context: SourceReaderContext): SourceReader<number, NumbersSplit> {
    const last = this.#count - 1;
    const step = Math.max(1, Math.round((this.#perSecond * pauseMs) / 1000));
    let released = this.#release === '';
    let next: number | null = null;
    let ended = false;
    let resting = false;
    let timer: NodeJS.Timeout | undefined;
    let wake = (): void => {};
    const mayRead = (): boolean => next !== null && !resting;
    return {
      start: () => next === null && context.sendSplitRequest(),
      addSplits: ([split]) => {
        next = split!.next;
        wake();
      },
      notifyNoMoreSplits: () => {
        ended = next === null;
        wake();
      },
      pollNext: output => {
        if (ended) return 'END_OF_INPUT';
        if (next === null || resting) return 'NOTHING_AVAILABLE';
        released ||= existsSync(this.#release);
        if (this.#failure !== '' && existsSync(this.#failure)) {
          rmSync(this.#failure);
          throw new Error('injected');
        }
        const end = Math.min(next + step, released ? this.#count : last);
        while (next < end) if (!output.collect(next++, undefined, 'numbers')) break;
        if (next > last) {
          output.releaseOutputForSplit('numbers');
          next = null;
          ended = true;
          return 'END_OF_INPUT';
        }
        resting = true;
        timer = setTimeout(() => {
          resting = false;
          wake();
        }, pauseMs);
        return 'NOTHING_AVAILABLE';
      },
      isAvailable: () => (ended || mayRead() ? Promise.resolve() : new Promise(resolve => (wake = resolve))),
      snapshotState: () => (next === null ? [] : [{ splitId: 'numbers', next }]),
      close: async () => {
        clearTimeout(timer);
        wake();
      },
    };
  }
}
