// Fails where its parameter says, once per place; its output lies in files that are complete when they are committed.
import {
  createEnvironment,
  KeyedProcessFunction,
  RichMapFunction,
  ValueStateDescriptor,
  WatermarkStrategy,
  type CheckpointListener,
  type Collector,
  type KeyedProcessContext,
  type ValueState,
} from 'flinkc';
import { CollectSink } from 'flinkc/collect';
import { FileSink } from 'flinkc/file';
import { TextFormat } from 'flinkc/text';
import { HeldNumbers } from './held-numbers.js';

const env = createEnvironment();
const directory = env.param('directory');
/** attempt i fails at the i-th of these records; later ones do not fail */
const failAt = env.param('failAt', '');

/** the first attempt fails when this checkpoint or savepoint is complete */
const failAfter = env.param('failAfter', '');

class Failing extends RichMapFunction<number, number> implements CheckpointListener {
  #place = -1;
  #checkpoint = -1;
  override open(): void {
    const { attemptNumber } = this.getRuntimeContext().taskInfo;
    const places = failAt === '' ? [] : failAt.split(',').map(Number);
    this.#place = places[attemptNumber] ?? -1;
    if (failAfter !== '' && attemptNumber === 0) this.#checkpoint = Number(failAfter);
  }
  map(value: number): number {
    if (value === this.#place) throw new Error(`injected at ${value}`);
    return value;
  }
  notifyCheckpointComplete(checkpointId: number): void {
    if (checkpointId === this.#checkpoint) throw new Error(`injected after checkpoint ${checkpointId}`);
  }
}

class Counting extends KeyedProcessFunction<number, number, string> {
  #seen!: ValueState<number>;
  override open(): void {
    this.#seen = this.getRuntimeContext().getState(new ValueStateDescriptor<number>('seen'));
  }
  processElement(value: number, { currentKey }: KeyedProcessContext<number>, out: Collector<string>): void {
    const seen = (this.#seen.value() ?? 0) + 1;
    this.#seen.update(seen);
    out.collect(`${currentKey} ${seen} ${value}`);
  }
}

const counted = env
  .fromSource(
    new HeldNumbers(6_000, env.param('perSecond', 8_000), env.param('release', '')),
    WatermarkStrategy.noWatermarks<number>(),
    'numbers',
  )
  .setParallelism(1)
  .map(new Failing())
  .setParallelism(1)
  .keyBy(value => value % 37)
  .process(new Counting());

counted.sinkTo(
  new FileSink({
    path: directory,
    format: new TextFormat(),
    bucket: () => '',
    rolling: { onCheckpoint: true },
  }),
);
counted.sinkTo(new CollectSink('counted'));

await env.execute('recovering');
