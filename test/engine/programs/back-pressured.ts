// Back-pressure on two exchanges: records are slow to count, so that all channels before that are full.
import { existsSync } from 'node:fs';
import {
  createEnvironment,
  DataGeneratorSource,
  KeyedProcessFunction,
  ValueStateDescriptor,
  WatermarkStrategy,
  type Collector,
  type KeyedProcessContext,
  type ValueState,
} from 'flinkc';
import { FileSink } from 'flinkc/file';
import { TextFormat } from 'flinkc/text';

const env = createEnvironment();
const directory = env.param('directory');
const records = 60_000;
/** what it takes to count a record, until the file `release` is there */
const micros = env.param('micros', 0);
const release = env.param('release', '');
/** attempt i fails when a subtask has counted so many records, in this attempt */
const failAfter = env.param('failAfter', '');
/** characters of a record beside its value */
const width = env.param('width', 200);

const clock = new Int32Array(new SharedArrayBuffer(4));

interface Item {
  readonly value: number;
  readonly ballast: string;
}

class Counting extends KeyedProcessFunction<number, Item, string> {
  #seen!: ValueState<number>;
  #left = -1;
  override open(): void {
    const places = failAfter === '' ? [] : failAfter.split(',').map(Number);
    this.#left = places[this.getRuntimeContext().taskInfo.attemptNumber] ?? -1;
    this.#seen = this.getRuntimeContext().getState(new ValueStateDescriptor<number>('seen'));
  }
  processElement(
    { value, ballast }: Item,
    { currentKey }: KeyedProcessContext<number>,
    out: Collector<string>,
  ): void {
    if (this.#left === 0) throw new Error('injected');
    this.#left--;
    // The thread sleeps: a busy one would take the cores of those that are to run ahead.
    // flinkc-ignore FC3006 a test lets go of it
    if (micros > 0 && value % 64 === 0 && !existsSync(release))
      Atomics.wait(clock, 0, 0, (64 * micros) / 1000);
    if (ballast.length !== width) throw new Error('a record is not what it was');
    const seen = (this.#seen.value() ?? 0) + 1;
    this.#seen.update(seen);
    out.collect(`${currentKey} ${seen} ${value}`);
  }
}

env
  .fromSource(
    new DataGeneratorSource((index): number => index, records),
    WatermarkStrategy.noWatermarks<number>(),
    'numbers',
  )
  .setParallelism(1)
  .slotSharingGroup('source')
  .map((value): Item => ({ value, ballast: 'x'.repeat(width) }))
  .setParallelism(1)
  .rebalance()
  .filter(({ value }) => value >= 0)
  .slotSharingGroup('filter')
  .keyBy(({ value }) => value % 37)
  .process(new Counting())
  .slotSharingGroup('default')
  .sinkTo(
    new FileSink({
      path: directory,
      format: new TextFormat(),
      bucket: () => '',
      rolling: { onCheckpoint: true },
    }),
  );

await env.execute('back-pressured');
