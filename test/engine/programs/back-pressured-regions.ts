// Two pipelines without records between them, each with full channels between its slots; lines say in which attempt they
// were made.
import { existsSync } from 'node:fs';
import {
  createEnvironment,
  KeyedProcessFunction,
  ValueStateDescriptor,
  WatermarkStrategy,
  type Collector,
  type KeyedProcessContext,
  type ValueState,
} from 'flinkc';
import { FileSink } from 'flinkc/file';
import { TextFormat } from 'flinkc/text';
import { HeldNumbers } from './held-numbers.js';

const env = createEnvironment();
const release = env.param('release');
const clock = new Int32Array(new SharedArrayBuffer(4));

class Counting extends KeyedProcessFunction<number, number, string> {
  #seen!: ValueState<number>;
  #attempt = 0;

  override open(): void {
    this.#seen = this.getRuntimeContext().getState(new ValueStateDescriptor<number>('seen'));
    this.#attempt = this.getRuntimeContext().taskInfo.attemptNumber;
  }
  processElement(value: number, _: KeyedProcessContext<number>, out: Collector<string>): void {
    // The thread sleeps: a busy one would take the cores of those that are to run ahead.
    // flinkc-ignore FC3006 a test lets go of it
    if (value % 64 === 0 && !existsSync(release)) Atomics.wait(clock, 0, 0, 50);
    const seen = (this.#seen.value() ?? 0) + 1;
    this.#seen.update(seen);
    out.collect(`${value} ${this.#attempt} ${seen}`);
  }
}

for (const name of ['left', 'right'])
  env
    .fromSource(
      name === 'left'
        ? new HeldNumbers(60_000, 400_000, release, env.param('failure'))
        : new HeldNumbers(60_000, 400_000, ''),
      WatermarkStrategy.noWatermarks<number>(),
      name,
    )
    .setParallelism(1)
    .slotSharingGroup(`${name} source`)
    .keyBy(value => value % 37)
    .process(new Counting())
    .slotSharingGroup(name)
    .sinkTo(
      new FileSink({
        path: env.param(name),
        format: new TextFormat(),
        bucket: () => '',
        rolling: { onCheckpoint: true },
      }),
    );

await env.execute('back-pressured regions');
