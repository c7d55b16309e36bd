// Sinks in two phases, and operator state.
import { createEnvironment, ListStateDescriptor, RichMapFunction, type CheckpointedFunction } from 'flinkc';
import { CollectSink } from 'flinkc/collect';
import { FileSink } from 'flinkc/file';
import { TextFormat } from 'flinkc/text';
import { readings, type Reading } from './readings.js';

/** Counts in operator state; the counts of all subtasks and of all that were before them add up. */
class Counting extends RichMapFunction<Reading, Reading> implements CheckpointedFunction {
  #before = 0;
  #count = 0;
  map(reading: Reading): Reading {
    this.#count++;
    return reading;
  }
  counts!: { update(values: readonly number[]): void };
  initializeState(context: Parameters<CheckpointedFunction['initializeState']>[0]): void {
    const counts = context.operatorStateStore.getListState(new ListStateDescriptor<number>('counts'));
    this.counts = counts;
    for (const count of counts.get()) this.#before += count;
    this.#count = this.#before;
  }
  snapshotState(): void {
    this.counts.update([this.#count]);
  }
}

const env = createEnvironment();
const all = readings(env, 'readings');
const directory = env.param('directory');

all
  .rebalance()
  .map(({ index }) => String(index))
  .sinkTo(
    new FileSink({
      path: directory,
      format: new TextFormat(),
      bucket: () => '',
      rolling: { onCheckpoint: true },
    }),
  );
all.rebalance().map(new Counting()).sinkTo(new CollectSink('counted'));

await env.execute('sinks');
