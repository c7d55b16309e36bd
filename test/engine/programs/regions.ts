// Three pipelines without records between them, each in slots of its own; lines say in which attempt they were made.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createEnvironment,
  KeyedProcessFunction,
  RichMapFunction,
  ValueStateDescriptor,
  WatermarkStrategy,
  type Collector,
  type DataStream,
  type KeyedProcessContext,
  type ValueState,
} from 'flinkc';
import { CollectSink } from 'flinkc/collect';
import { FileSink, FileSource } from 'flinkc/file';
import { TextFormat } from 'flinkc/text';
import { HeldNumbers } from './held-numbers.js';

const env = createEnvironment();
const input = env.param('input');

/** Fails in its first attempt, where its parameter says; says in which attempt it is. */
class Failing extends RichMapFunction<number, string> {
  readonly place: string;
  #attempt = 0;
  #place = -1;

  constructor(place: string) {
    super();
    this.place = place;
  }
  override open(): void {
    this.#attempt = this.getRuntimeContext().taskInfo.attemptNumber;
    if (this.#attempt === 0 && this.place !== '') this.#place = Number(this.place);
  }
  map(value: number): string {
    if (value === this.#place) throw new Error(`injected at ${value}`);
    return `${value} ${this.#attempt}`;
  }
}

class Counting extends KeyedProcessFunction<number, string, string> {
  #seen!: ValueState<number>;
  override open(): void {
    this.#seen = this.getRuntimeContext().getState(new ValueStateDescriptor<number>('seen'));
  }
  processElement(line: string, _: KeyedProcessContext<number>, out: Collector<string>): void {
    const seen = (this.#seen.value() ?? 0) + 1;
    this.#seen.update(seen);
    out.collect(`${line} ${seen}`);
  }
}

/**
 * A record a millisecond; the first subtask fails in its first attempt, after so many, and not before the second one has
 * read something. That one takes its time until then: there is something left to be read.
 */
class Reading extends RichMapFunction<string, string> {
  readonly failAfter: number;
  readonly signs: string;
  #attempt = 0;
  #fails = false;
  #waits = false;
  #cells!: Int32Array;

  /** @param signs a folder */
  constructor(failAfter: number, signs: string) {
    super();
    this.failAfter = failAfter;
    this.signs = signs;
  }
  override open(): void {
    const { attemptNumber, indexOfThisSubtask } = this.getRuntimeContext().taskInfo;
    this.#attempt = attemptNumber;
    this.#fails = this.failAfter > 0 && attemptNumber === 0 && indexOfThisSubtask === 0;
    this.#waits = this.failAfter > 0 && indexOfThisSubtask === 1;
    this.#cells = new Int32Array(new SharedArrayBuffer(8));
  }
  map(line: string): string {
    const read = Atomics.add(this.#cells, 0, 1) + 1;
    // flinkc-ignore FC3006 the other thread waits for it
    if (read === 1 && this.#waits) writeFileSync(join(this.signs, 'second reads'), '');
    if (read % 10 === 0) {
      // flinkc-ignore FC3006 it waits for the other thread
      const waits = this.#waits && !existsSync(join(this.signs, 'first failed'));
      Atomics.wait(this.#cells, 1, 0, waits ? 100 : 10);
    }
    if (this.#fails && read === this.failAfter) {
      // flinkc-ignore FC3006 it waits for the other thread
      while (!existsSync(join(this.signs, 'second reads'))) Atomics.wait(this.#cells, 1, 0, 10);
      // flinkc-ignore FC3006 the other thread waits for it
      writeFileSync(join(this.signs, 'first failed'), '');
      throw new Error(`injected after ${read} lines`);
    }
    return `${line} ${this.#attempt}`;
  }
}

function linesIn(name: string): FileSink<string> {
  return new FileSink({
    path: env.param(name),
    format: new TextFormat(),
    bucket: () => '',
    rolling: { onCheckpoint: true },
  });
}

function counted(name: string, count: number, place: string, release: string): DataStream<string> {
  return env
    .fromSource(new HeldNumbers(count, 2_000, release), WatermarkStrategy.noWatermarks<number>(), name)
    .setParallelism(1)
    .slotSharingGroup(name)
    .map(new Failing(place))
    .setParallelism(1)
    .keyBy(line => Number(line.split(' ')[0]) % 37)
    .process(new Counting())
    .setParallelism(1);
}

const left = counted('left', 6_000, env.param('failLeft', ''), env.param('releaseLeft', ''));
left.sinkTo(linesIn('left')).setParallelism(1);
left.sinkTo(new CollectSink('left')).setParallelism(1);
const right = counted('right', 1_000, env.param('failRight', ''), '');
right.sinkTo(linesIn('right')).setParallelism(1);
right.sinkTo(new CollectSink('right')).setParallelism(1);

// Both readers take files from one enumerator, and no records pass between them.
env
  .fromSource(
    new FileSource({ path: input, format: new TextFormat() }),
    WatermarkStrategy.noWatermarks<string>(),
    'files',
  )
  .slotSharingGroup('files')
  .map(new Reading(env.param('failFiles', 0), env.param('signs', '')))
  .sinkTo(linesIn('files'));

await env.execute('regions');
