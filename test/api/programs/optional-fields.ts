// Fields and structs that may be absent or null, on their way between threads.
import { createEnvironment } from 'flinkc';
import { CollectSink } from 'flinkc/collect';

interface Parcel {
  readonly id: number;
  readonly weight?: number;
  readonly note?: string | null;
  readonly deep: { readonly tags: readonly string[]; readonly count?: bigint } | null;
  readonly pair?: readonly [number, string];
  readonly sent?: { readonly when: Date };
}

const env = createEnvironment();
env
  .generate<Parcel>(
    id =>
      id % 2 === 0
        ? {
            id,
            weight: 2,
            note: null,
            deep: { tags: ['a'], count: 5n },
            pair: [id, ''],
            sent: { when: new Date(id) },
          }
        : { id, deep: null },
    { count: 12 },
  )
  .setParallelism(1)
  .rebalance()
  .map(parcel => ({ ...parcel, id: parcel.id * 10 }))
  .rebalance()
  .filter(({ id, weight = 1 }) => id < 30 || weight > 1)
  .filter(({ id }) => id < 50)
  .sinkTo(new CollectSink('parcels'));

env
  .fromSequence(1, 4)
  .setParallelism(1)
  .map(id => ({
    id,
    made: id % 2 === 0 ? { tags: [id], text: id > 2 ? null : 'text', size: id } : null,
  }))
  .setParallelism(1)
  .rebalance()
  .map(({ id, made }) => ({ made, id }))
  .sinkTo(new CollectSink('made'));

await env.execute('optional-fields');

// expected parcels: {"id":0,"weight":2,"note":null,"deep":{"tags":["a"],"count":"5n"},"pair":[0,""],"sent":{"when":"1970-01-01T00:00:00.000Z"}}
// expected parcels: {"id":10,"deep":null}
// expected parcels: {"id":20,"weight":2,"note":null,"deep":{"tags":["a"],"count":"5n"},"pair":[2,""],"sent":{"when":"1970-01-01T00:00:00.002Z"}}
// expected parcels: {"id":40,"weight":2,"note":null,"deep":{"tags":["a"],"count":"5n"},"pair":[4,""],"sent":{"when":"1970-01-01T00:00:00.004Z"}}
// expected made: {"id":1,"made":null}, {"id":2,"made":{"tags":[2],"text":"text","size":2}}, {"id":3,"made":null}, {"id":4,"made":{"tags":[4],"text":null,"size":4}}
