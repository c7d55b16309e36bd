// fullWindowPartition: each subtask's whole input.
import { createEnvironment } from 'flinkc';
import { CollectSink } from 'flinkc/collect';

interface Word {
  readonly text: string;
  readonly length: number;
}

const env = createEnvironment();
const words = env
  .fromData('pear', 'fig', 'apple', 'kiwi')
  .map((text): Word => ({ text, length: text.length }))
  .setParallelism(1);

words
  .fullWindowPartition()
  .mapPartition<string>((values, out) => out.collect([...values].map(({ text }) => text).join()))
  .setParallelism(1)
  .sinkTo(new CollectSink('map'));
words
  .fullWindowPartition()
  .sortPartition('text', 'DESCENDING')
  .setParallelism(1)
  .fullWindowPartition()
  .mapPartition<string>({
    mapPartition: (values, out) => out.collect([...values].map(({ text }) => text).join()),
  })
  .setParallelism(1)
  .sinkTo(new CollectSink('sorted'));
words
  .fullWindowPartition()
  .sortPartition(word => word.length, 'ASCENDING')
  .setParallelism(1)
  .map(({ text }) => text)
  .setParallelism(1)
  .fullWindowPartition()
  .reduce((a, b) => a + b)
  .setParallelism(1)
  .sinkTo(new CollectSink('by-length'));
words
  .fullWindowPartition()
  .aggregate({
    createAccumulator: () => ({ n: 0 }),
    add: (word: Word, acc: { n: number }) => {
      acc.n += word.length;
      return acc;
    },
    getResult: acc => acc.n,
    merge: (a: { n: number }, b: { n: number }) => ({ n: a.n + b.n }),
  })
  .setParallelism(1)
  .sinkTo(new CollectSink('aggregate'));

await env.execute('partition-windows');

// expected map: "pear,fig,apple,kiwi"
// expected sorted: "pear,kiwi,fig,apple"
// expected by-length: "figpearkiwiapple"
// expected aggregate: 16
