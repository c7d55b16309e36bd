import type { Committer, Sink, SinkWriter } from '../../../plugins/api/sink.js';

/** Two phases; throws in the one it is told. */
export class BreakingSink implements Sink<number> {
  readonly #where: string;
  constructor(where: string) {
    this.#where = where;
  }
  describe(): string {
    return 'breaking';
  }
  createWriter(): SinkWriter<number> {
    this.#breakAt('createWriter');
    return {
      write: () => {
        this.#breakAt('write');
        if (this.#where === 'memory')
          for (const hoard: unknown[] = []; ; hoard.push(new Array(1000).fill(hoard)));
        if (this.#where === 'floating') void Promise.reject(new RangeError('broken at floating'));
        if (this.#where === 'callback') setTimeout(() => this.#breakAt('callback'));
      },
      flush: async () => this.#breakAt('flush'),
      prepareCommit: async () => {
        this.#breakAt('prepareCommit');
        return ['prepared'];
      },
      close: async () => this.#breakAt('writer close'),
    };
  }
  createCommitter(): Committer<unknown> {
    return { commit: async () => this.#breakAt('commit'), close: async () => {} };
  }
  #breakAt(place: string): void {
    if (this.#where === place) throw new RangeError(`broken at ${place}`);
  }
}
