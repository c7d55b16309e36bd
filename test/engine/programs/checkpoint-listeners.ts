// Every record says which checkpoints the functions it went through know to be complete.
import {
  createEnvironment,
  KeyedProcessFunction,
  RichMapFunction,
  type CheckpointListener,
  type Collector,
} from 'flinkc';
import { CollectSink } from 'flinkc/collect';

interface Seen {
  readonly n: number;
  readonly mapped: number;
  readonly processed: number;
}

class Mapping extends RichMapFunction<number, Seen> implements CheckpointListener {
  #completed = 0;
  map(n: number): Seen {
    return { n, mapped: this.#completed, processed: 0 };
  }
  notifyCheckpointComplete(checkpointId: number): void {
    this.#completed = checkpointId;
  }
}

class Processing extends KeyedProcessFunction<number, Seen, Seen> implements CheckpointListener {
  #completed = 0;
  processElement({ n, mapped }: Seen, _context: object, out: Collector<Seen>): void {
    out.collect({ n, mapped, processed: this.#completed });
  }
  notifyCheckpointComplete(checkpointId: number): void {
    if (checkpointId === 3) throw new Error('listener that fails');
    this.#completed = checkpointId;
  }
}

const env = createEnvironment();
env
  .generate(n => n, { count: 5_000, recordsPerSecond: 500 })
  .map(new Mapping())
  .keyBy(({ n }) => n % 4)
  .process(new Processing())
  .sinkTo(new CollectSink<Seen>('seen'));
await env.execute('checkpoint-listeners');
