import { ship, type ShipReference, type Shippable } from '../api/shipping.js';
import type { Sink, SinkWriter, WriterInitContext } from '../api/sink.js';

/**
 * Hands every record to the client that runs the job (flink: DataStream#executeAndCollect). `flinkc run` prints them as
 * JSON lines; the embedded API and the test harness return them as an array under `id`.
 */
export class CollectSink<T> implements Sink<T>, Shippable {
  readonly #id: string;
  constructor(id = 'result') {
    this.#id = id;
  }
  [ship](): ShipReference {
    return { module: 'flinkc/collect', name: 'CollectSink', args: [this.#id] };
  }
  describe(): string {
    return `collect(${this.#id})`;
  }
  createWriter(context: WriterInitContext): SinkWriter<T> {
    return new CollectWriter(this.#id, context);
  }
}

/** Records travel in groups: one message per record would cost more than the record. */
const recordsPerMessage = 512;

class CollectWriter<T> implements SinkWriter<T> {
  #records: T[] = [];
  readonly #id: string;
  readonly #context: WriterInitContext;
  constructor(id: string, context: WriterInitContext) {
    this.#id = id;
    this.#context = context;
  }
  write(element: T): void {
    this.#records.push(element);
    if (this.#records.length >= recordsPerMessage) this.#send();
  }
  /** After every batch: results of a slow stream are seen when they come. */
  backPressure(): null {
    this.#send();
    return null;
  }
  async flush(): Promise<void> {
    this.#send();
  }
  async close(aborted: boolean): Promise<void> {
    if (!aborted) this.#send();
  }
  #send(): void {
    if (this.#records.length === 0) return;
    this.#context.sendToClient(this.#id, this.#records);
    this.#records = [];
  }
}
