import type { Sink, SinkWriter, WriterInitContext } from '../plugins/api/sink.js';

/** Takes every record whole, keeps none, and tells the client how many there were and a sum that does not depend on their order. */
export class DigestSink<T> implements Sink<T> {
  readonly #weigh: (record: T) => number;
  constructor(weigh: (record: T) => number) {
    this.#weigh = weigh;
  }
  describe(): string {
    return 'digest';
  }
  createWriter(context: WriterInitContext): SinkWriter<T> {
    return new DigestWriter(this.#weigh, context);
  }
}

/** Fields, because a variable of a closure that holds a fraction or a large number is allocated anew with every update. */
class DigestWriter<T> implements SinkWriter<T> {
  #count = 0;
  #sum = 0.5;
  readonly #weigh: (record: T) => number;
  readonly #context: WriterInitContext;
  constructor(weigh: (record: T) => number, context: WriterInitContext) {
    this.#weigh = weigh;
    this.#context = context;
  }
  write(record: T): void {
    this.#count++;
    this.#sum += this.#weigh(record);
  }
  async flush(endOfInput: boolean): Promise<void> {
    if (endOfInput) this.#context.sendToClient('digest', [{ count: this.#count, sum: this.#sum - 0.5 }]);
  }
  async close(): Promise<void> {}
}
