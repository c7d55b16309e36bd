import type { SourceReaderContext } from './source.js';

/**
 * The other end of a SplitQueue: how a reader comes by its splits. It asks for them one request at a time, is told when
 * there are no more, knows which of them have to wait for others, and is woken when one of these has changed.
 */
export class SplitIntake {
  readonly #context: SourceReaderContext;
  readonly #paused = new Set<string>();
  #requested = false;
  #noMore = false;
  #wake: (() => void) | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(context: SourceReaderContext) {
    this.#context = context;
  }
  get noMore(): boolean {
    return this.#noMore;
  }
  get somePaused(): boolean {
    return this.#paused.size > 0;
  }
  isPaused({ splitId }: { readonly splitId: string }): boolean {
    return this.#paused.has(splitId);
  }
  /** Asks for splits, unless that has been asked and not answered, or there are no more. */
  request(): void {
    if (this.#requested || this.#noMore) return;
    this.#requested = true;
    this.#context.sendSplitRequest();
  }
  /** Splits have come. */
  answered(): void {
    this.#requested = false;
    this.wake();
  }
  ended(): void {
    this.#noMore = true;
    this.wake();
  }
  pauseOrResume(pause: readonly string[], resume: readonly string[]): void {
    for (const splitId of pause) this.#paused.add(splitId);
    for (const splitId of resume) this.#paused.delete(splitId);
    this.wake();
  }
  /** Resolves when the reader is woken, at the latest after so many milliseconds. */
  woken(afterMs = Infinity): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve;
      if (afterMs < Infinity) this.#timer = setTimeout(() => this.wake(), afterMs);
    });
  }
  wake(): void {
    clearTimeout(this.#timer);
    this.#wake?.();
    this.#wake = null;
  }
}
