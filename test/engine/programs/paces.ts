// Sources at different paces: aligned ones, and ones that fall silent.
import {
  createEnvironment,
  milliseconds,
  seconds,
  TumblingEventTimeWindows,
  WatermarkStrategy,
  type DataStream,
} from 'flinkc';
import { BlackholeSink } from 'flinkc/blackhole';
import { CollectSink } from 'flinkc/collect';
import { SequenceSource } from 'flinkc/datagen';

const env = createEnvironment();
const timed = WatermarkStrategy.forMonotonousTimestamps<number>().withTimestampAssigner(time => time);
const aligned = timed.withWatermarkAlignment('group', seconds(1), milliseconds(20));

const source = (name: string, perSecond: number, strategy: WatermarkStrategy<number>): DataStream<number> =>
  env.fromSource(new SequenceSource(1, null, { recordsPerSecond: perSecond }), strategy, name);

source('fast', 10_000, aligned).sinkTo(new BlackholeSink());
source('slow', 2_000, aligned).sinkTo(new BlackholeSink());

for (const [name, silent] of [
  ['idle', timed.withIdleness(milliseconds(100))],
  ['waiting', timed],
] as const)
  source(`${name} lively`, 1_000, timed)
    .union(source(`${name} silent`, 0.01, silent))
    .windowAll(TumblingEventTimeWindows.of(milliseconds(200)))
    .reduce((a, b) => Math.max(a, b))
    .sinkTo(new CollectSink(name));

await env.execute('paces');
