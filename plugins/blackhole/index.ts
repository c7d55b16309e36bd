import { ship, type ShipReference, type Shippable } from '../api/shipping.js';
import type { Sink, SinkWriter } from '../api/sink.js';

/** Takes every record and keeps none; for benchmarks (flink: the blackhole connector). */
export class BlackholeSink<T> implements Sink<T>, Shippable {
  [ship](): ShipReference {
    return { module: 'flinkc/blackhole', name: 'BlackholeSink', args: [] };
  }
  describe(): string {
    return 'blackhole';
  }
  createWriter(): SinkWriter<T> {
    return {
      write() {},
      async flush() {},
      async close() {},
    };
  }
}
