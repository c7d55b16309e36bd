// Every kind of source that needs no connector, and their union.
import { createEnvironment, DataGeneratorSource, WatermarkStrategy, type GeneratorFunction } from 'flinkc';
import { CollectSink } from 'flinkc/collect';

interface Reading {
  readonly sensor: string;
  readonly value: number;
}

class Readings implements GeneratorFunction<Reading> {
  readonly #sensor: string;
  constructor(sensor: string) {
    this.#sensor = sensor;
  }
  map(index: number): Reading {
    return { sensor: this.#sensor, value: index * 10 };
  }
}

const env = createEnvironment();

const words = env.fromData('to', 'be', 'or');
const array = env.fromData(['not', 'to']);
const set = env.fromCollection(new Set(['be', 'be', 'that']));
words.union(array, set).sinkTo(new CollectSink('words'));

env.fromSequence(-2, 3).sinkTo(new CollectSink('sequence'));
env.generate(index => ({ index, square: index * index }), { count: 4 }).sinkTo(new CollectSink('generated'));
env
  .fromSource(new DataGeneratorSource(new Readings('a'), 3), WatermarkStrategy.noWatermarks(), 'readings')
  .union(
    env.fromSource(
      new DataGeneratorSource<Reading>(index => ({ sensor: 'b', value: index }), 2),
      WatermarkStrategy.forMonotonousTimestamps<Reading>().withTimestampAssigner(reading => reading.value),
      'more readings',
    ),
  )
  .sinkTo(new CollectSink('readings'));
env.fromData<number>([]).sinkTo(new CollectSink('nothing'));

await env.execute('sources');

// expected words: "to", "be", "or", "not", "to", "be", "that"
// expected sequence: -2, -1, 0, 1, 2, 3
// expected generated: {"index":0,"square":0}, {"index":1,"square":1}, {"index":2,"square":4}, {"index":3,"square":9}
// expected readings: {"sensor":"a","value":0}, {"sensor":"a","value":10}, {"sensor":"a","value":20}
// expected readings: {"sensor":"b","value":0}, {"sensor":"b","value":1}
// expected nothing:
