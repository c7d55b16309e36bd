// Windows that hold far more than the heap: every record brings a text of 2,000 characters that its window keeps.
import {
  createEnvironment,
  EventTimeSessionWindows,
  minutes,
  TumblingEventTimeWindows,
  WatermarkStrategy,
  type AggregateFunction,
} from 'flinkc';
import { CollectSink } from 'flinkc/collect';

interface Kept {
  readonly key: string;
  readonly texts: readonly string[];
}

/** Keys come several times, far apart. */
const keys = 25_000;
const rounds = 2;
const textOf = (n: number): string => `${n} `.padEnd(2000, 'x');

/** All texts, so that nothing can be left out; the result is their number and the sum of the numbers in them. */
const keepAll: AggregateFunction<{ readonly key: string; readonly n: number }, Kept, string> = {
  createAccumulator: () => ({ key: '', texts: [] }),
  add: ({ key, n }, { texts }) => ({ key, texts: [...texts, textOf(n)] }),
  getResult: ({ key, texts }) =>
    `${key} ${texts.length} ${texts.reduce((sum, text) => sum + (text.length === 2000 ? Number.parseInt(text) : NaN), 0)}`,
  merge: (a, b) => ({ key: a.key, texts: [...a.texts, ...b.texts] }),
};

const env = createEnvironment();
const kind = env.buildParam('kind');
const records = env
  .fromSequence(0, keys * rounds - 1)
  .assignTimestampsAndWatermarks(
    WatermarkStrategy.forMonotonousTimestamps<number>().withTimestampAssigner(n => n),
  )
  .map(n => ({ key: `k${n % keys}`, n }))
  .keyBy('key');
if (kind === 'tumbling')
  records
    .window(TumblingEventTimeWindows.of(minutes(1)))
    .aggregate(keepAll)
    .sinkTo(new CollectSink('windows'));
else
  records
    .window(EventTimeSessionWindows.withGap(minutes(1)))
    .aggregate(keepAll)
    .sinkTo(new CollectSink('windows'));
await env.execute('large-windows');
