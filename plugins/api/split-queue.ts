import type { SourceSplit, SplitEnumerator, SplitEnumeratorContext } from './source.js';

/** Hands out splits that are known from the start, one per request; its state is what nobody has asked for yet. */
export class SplitQueue<SplitT extends SourceSplit> implements SplitEnumerator<SplitT, readonly SplitT[]> {
  readonly #context: SplitEnumeratorContext<SplitT>;
  readonly #unassigned: SplitT[];

  constructor(context: SplitEnumeratorContext<SplitT>, unassigned: readonly SplitT[]) {
    this.#context = context;
    this.#unassigned = [...unassigned];
  }
  start(): void {}
  handleSplitRequest(subtask: number): void {
    const split = this.#unassigned.shift();
    if (split) this.#context.assignSplit(split, subtask);
    else this.#context.signalNoMoreSplits(subtask);
  }
  addSplitsBack(splits: readonly SplitT[]): void {
    this.#unassigned.unshift(...splits);
  }
  addReader(): void {}
  snapshotState(): readonly SplitT[] {
    return [...this.#unassigned];
  }
  close(): void {}
}
