/** Stands in for a program's source: hands out what the test sends. */
import type {
  PollStatus,
  ReaderOutput,
  Source,
  SourceReader,
  SourceSplit,
} from '../../plugins/api/source.js';

type Element =
  | { readonly kind: 'record'; readonly value: unknown; readonly timestamp: number | undefined }
  | { readonly kind: 'watermark'; readonly timestamp: number }
  | { readonly kind: 'idle' };

/** One source of a program under test. Nothing is processed before the harness settles. */
export class SourceHandle {
  readonly #queue: Element[] = [];
  #ended = false;
  #wake: (() => void) | null = null;

  /** Records of the source's type; the program's timestamp assigner applies, `timestamp` is the source's own. */
  send(value: unknown, timestamp?: number): this {
    return this.#push({ kind: 'record', value, timestamp });
  }
  sendAll(values: Iterable<unknown>): this {
    for (const value of values) this.send(value);
    return this;
  }
  /** A watermark of the source itself, beside those of the program's watermark strategy. */
  watermark(timestamp: number): this {
    return this.#push({ kind: 'watermark', timestamp });
  }
  /** Holds back nobody's watermark until the next record. */
  idle(): this {
    return this.#push({ kind: 'idle' });
  }
  /** End of input. */
  end(): this {
    this.#ended = true;
    this.#wake?.();
    return this;
  }

  /** What the engine reads instead of the program's source. */
  asSource(): Source<unknown> {
    const enumerator = {
      start: () => {},
      handleSplitRequest: () => {},
      addSplitsBack: () => {},
      addReader: () => {},
      snapshotState: () => null,
      close: () => {},
    };
    return {
      boundedness: 'BOUNDED',
      describe: () => 'test input',
      createEnumerator: () => enumerator,
      restoreEnumerator: () => enumerator,
      createReader: () => this.#reader(),
    };
  }

  #push(element: Element): this {
    if (this.#ended) throw new Error('this source has ended');
    this.#queue.push(element);
    this.#wake?.();
    return this;
  }

  #reader(): SourceReader<unknown, SourceSplit> {
    return {
      start: () => {},
      pollNext: output => this.#poll(output),
      isAvailable: () =>
        new Promise(resolve => {
          this.#wake = resolve;
        }),
      addSplits: () => {},
      notifyNoMoreSplits: () => {},
      snapshotState: () => [],
      close: async () => {},
    };
  }

  #poll(output: ReaderOutput<unknown>): PollStatus {
    for (let element = this.#queue.shift(); element; element = this.#queue.shift()) {
      if (element.kind === 'watermark') output.emitWatermark(element.timestamp);
      else if (element.kind === 'idle') output.markIdle();
      else if (!output.collect(element.value, element.timestamp)) return 'MORE_AVAILABLE';
    }
    return this.#ended ? 'END_OF_INPUT' : 'NOTHING_AVAILABLE';
  }
}
