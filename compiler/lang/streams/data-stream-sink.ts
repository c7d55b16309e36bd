import { setMaxParallelism, setParallelism, setUid, setUidHash } from '../op-settings.js';
import { takeSite } from '../recorder.js';
import type { RecordedOp } from '../recording.js';

/** The end of a stream. flink: DataStreamSink */
export class DataStreamSink<T> {
  readonly #op: RecordedOp;
  declare readonly __record?: T;

  constructor(op: RecordedOp) {
    this.#op = op;
  }

  /** flink: DataStreamSink#name */
  name(name: string): this {
    takeSite();
    this.#op.settings.name = name;
    return this;
  }

  /** flink: DataStreamSink#uid */
  uid(uid: string): this {
    setUid(this.#op, uid, takeSite());
    return this;
  }

  /** flink: DataStreamSink#setUidHash */
  setUidHash(uidHash: string): this {
    setUidHash(this.#op, uidHash, takeSite());
    return this;
  }

  /** flink: DataStreamSink#setDescription */
  setDescription(description: string): this {
    takeSite();
    this.#op.settings.description = description;
    return this;
  }

  /** flink: DataStreamSink#setParallelism */
  setParallelism(parallelism: number): this {
    setParallelism(this.#op, parallelism, false, takeSite());
    return this;
  }

  /** flink: DataStreamSink#setMaxParallelism */
  setMaxParallelism(maxParallelism: number): this {
    setMaxParallelism(this.#op, maxParallelism, takeSite());
    return this;
  }

  /** flink: DataStreamSink#disableChaining */
  disableChaining(): this {
    takeSite();
    this.#op.settings.chaining = 'never';
    return this;
  }

  /** flink: DataStreamSink#slotSharingGroup */
  slotSharingGroup(group: string): this {
    takeSite();
    this.#op.settings.slotSharingGroup = group;
    return this;
  }
}
