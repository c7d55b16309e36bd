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
    const weigh = this.#weigh;
    let count = 0;
    let sum = 0;
    return {
      write(record) {
        count++;
        sum += weigh(record);
      },
      async flush(endOfInput) {
        if (endOfInput) context.sendToClient('digest', [{ count, sum }]);
      },
      async close() {},
    };
  }
}
