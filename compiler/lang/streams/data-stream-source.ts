import type { DeadLetter } from '../../../plugins/api/source.js';
import { takeSite } from '../recorder.js';
import type { RecordedEdge, RecordedOp } from '../recording.js';
import { DataStream, SingleOutputStreamOperator } from './data-stream.js';

/** What a source makes. flink: DataStreamSource */
export class DataStreamSource<T> extends SingleOutputStreamOperator<T> {
  readonly #ops: readonly RecordedOp[];

  /** `ops`: the source itself first, then what is recorded with it and runs as one with it (generators). */
  constructor(edge: RecordedEdge, ops: readonly RecordedOp[] = [edge.from]) {
    super(edge);
    this.#ops = ops;
  }

  protected override get op(): RecordedOp {
    return this.#ops[0]!;
  }

  override setParallelism(parallelism: number): this {
    super.setParallelism(parallelism);
    return this.#align();
  }

  override setMaxParallelism(maxParallelism: number): this {
    super.setMaxParallelism(maxParallelism);
    return this.#align();
  }

  override forceNonParallel(): this {
    super.forceNonParallel();
    return this.#align();
  }

  /** Records that could not be decoded, of a source with the 'dead-letter' policy: raw bytes, reason and position. */
  deadLetters(): DataStream<DeadLetter> {
    takeSite();
    return new DataStream({ from: this.op, sideOutput: 'dead-letters', partition: { kind: 'auto' } });
  }

  #align(): this {
    for (const { settings } of this.#ops) {
      settings.parallelism = this.op.settings.parallelism;
      settings.maxParallelism = this.op.settings.maxParallelism;
    }
    return this;
  }
}
