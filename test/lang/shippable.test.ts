/** State descriptors, watermark strategies, retry strategies and functions as values. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as api from '../../compiler/lang/index.js';
import { ship, type Shippable } from '../../plugins/api/shipping.js';

const exported = new Map<string, unknown>(Object.entries(api));

/** What the artifact does with a reference. */
function remake<T extends Shippable>(value: T): T {
  const { module, name, args } = value[ship]();
  assert.is(module, 'flinkc');
  const constructor = exported.get(name) as new (...args: readonly unknown[]) => T;
  assert.type(constructor, 'function', `${name} is exported`);
  return new constructor(...args);
}

test('every shippable class is exported and makes itself again', () => {
  const ttl = api.StateTtlConfig.of(api.hours(1)).updateTtlOnReadAndWrite().withIncrementalCleanup(9, true);
  const reduce = (a: number, b: number): number => a + b;
  const aggregate = { createAccumulator: () => 0, add: reduce, getResult: (n: number) => n, merge: reduce };
  const values: readonly Shippable[] = [
    ttl,
    new api.ValueStateDescriptor('v', { defaultValue: 3, ttl }),
    new api.ValueStateDescriptor('v'),
    new api.ListStateDescriptor('l').enableTimeToLive(ttl),
    new api.MapStateDescriptor('m', { ttl }),
    new api.ReducingStateDescriptor('r', reduce, { ttl }),
    new api.AggregatingStateDescriptor('a', aggregate, { ttl }),
    new api.OutputTag('t'),
    new api.IntCounter(3),
    new api.Maximum(2),
    new api.Minimum(1),
    api.WatermarkStrategy.forMonotonousTimestamps((n: number) => n).withIdleness(5),
    api.TumblingEventTimeWindows.of(10, 3),
    api.TumblingProcessingTimeWindows.of(10, 3, 'NATURAL'),
    api.SlidingEventTimeWindows.of(10, 5, 1),
    api.SlidingProcessingTimeWindows.of(10, 5),
    api.EventTimeSessionWindows.withGap(5),
    api.EventTimeSessionWindows.withDynamicGap(reduce as never),
    api.ProcessingTimeSessionWindows.withGap(5),
    api.ProcessingTimeSessionWindows.withDynamicGap(reduce as never),
    api.GlobalWindows.createWithEndOfStreamTrigger(),
    api.EventTimeTrigger.create(),
    api.ProcessingTimeTrigger.create(),
    api.CountTrigger.of(4),
    api.ContinuousEventTimeTrigger.of(4),
    api.ContinuousProcessingTimeTrigger.of(4),
    api.DeltaTrigger.of(4, reduce),
    api.PurgingTrigger.of(api.CountTrigger.of(4)),
    api.ProcessingTimeoutTrigger.of(api.CountTrigger.of(4), 7, true, false),
    new api.NeverTrigger(),
    new api.EndOfStreamTrigger(),
    api.CountEvictor.of(4, true),
    api.TimeEvictor.of(4, true),
    api.DeltaEvictor.of(4, reduce, true),
    new api.PropertyKeySelector<{ a: number }, 'a'>('a'),
    new api.LabelFilter('x', () => 'x'),
    new api.CollectionElements([1, 2]),
    api.AsyncRetryStrategies.fixedDelay(3, 10, { ifException: () => true }),
    api.AsyncRetryStrategies.exponentialBackoff(3, 10, 100, 2),
  ];
  for (const value of values) {
    const again = remake(value);
    assert.equal(again, value);
    assert.equal(again[ship](), value[ship]());
    assert.is(again.constructor, value.constructor);
  }
});

test('§7.2 TTL: defaults', () => {
  const ttl = api.StateTtlConfig.newBuilder(5);
  assert.equal(Object.fromEntries(Object.entries(ttl)), {
    ttl: 5,
    updateType: 'OnCreateAndWrite',
    visibility: 'NeverReturnExpired',
    cleanupFullSnapshot: false,
    incrementalCleanupSize: 5,
    cleanupForEveryRecord: false,
  });
  assert.throws(() => api.StateTtlConfig.of(0), /positive/);
});

test('§7.2 TTL: each step is a new config', () => {
  const base = api.StateTtlConfig.of(5);
  const changed = base.returnExpiredIfNotCleanedUp().withFullSnapshotCleanup().withoutBackgroundCleanup();
  assert.is(base.visibility, 'NeverReturnExpired');
  assert.is(changed.visibility, 'ReturnExpiredIfNotCleanedUp');
  assert.is(changed.cleanupFullSnapshot, true);
  assert.is(changed.incrementalCleanupSize, 0);
  assert.is(changed.ttl, 5);
});

test('§2.4 strategies as data', () => {
  const assign = (n: number): number => n;
  const strategy = api.WatermarkStrategy.forBoundedOutOfOrderness(api.seconds(5), assign);
  assert.equal(strategy.spec.generator, { kind: 'bounded', maxOutOfOrderness: 5000 });
  assert.is(strategy.spec.timestampAssigner, assign);
  assert.equal(api.WatermarkStrategy.forMonotonousTimestamps().spec.generator, {
    kind: 'bounded',
    maxOutOfOrderness: 0,
  });
  assert.equal(api.WatermarkStrategy.noWatermarks().spec.generator, { kind: 'none' });
  const create = (): api.WatermarkGenerator<number> => ({ onEvent() {}, onPeriodicEmit() {} });
  assert.equal(api.WatermarkStrategy.forGenerator(create).spec.generator, { kind: 'custom', create });
});

test('§2.4 withX returns a new strategy', () => {
  const base = api.WatermarkStrategy.forMonotonousTimestamps<number>();
  const changed = base
    .withTimestampAssigner(n => n)
    .withIdleness(7)
    .withWatermarkAlignment('g', 9);
  assert.is(base.spec.idleTimeout, undefined);
  assert.is(changed.spec.idleTimeout, 7);
  assert.is(changed.spec.timestampAssigner?.(3, 0), 3);
  assert.equal(changed.spec.alignment, { group: 'g', maxDrift: 9, updateInterval: 1000 });
  assert.throws(() => base.withIdleness(0), /greater than zero/);
  assert.throws(() => api.WatermarkStrategy.forBoundedOutOfOrderness(-1), /negative/);
});

test('§6 retry: attempts and delays', () => {
  const fixed = api.AsyncRetryStrategies.fixedDelay(2, 10);
  assert.equal([1, 2, 3].map(n => fixed.canRetry(n)), [true, true, false]); // prettier-ignore
  assert.is(fixed.backoffTimeMillis(2), 10);
  assert.is(fixed.resultPredicate, null);
  const growing = api.AsyncRetryStrategies.exponentialBackoff(5, 10, 50, 2);
  assert.equal([1, 2, 3, 4].map(n => growing.backoffTimeMillis(n)), [10, 20, 40, 50]); // prettier-ignore
  assert.throws(() => api.AsyncRetryStrategies.fixedDelay(0, 1), /maxAttempts/);
  assert.throws(() => api.AsyncRetryStrategies.exponentialBackoff(1, 10, 5, 2), /maxRetryDelay/);
});

test('accumulators add and merge', () => {
  const counter = new api.IntCounter();
  counter.add(2);
  counter.merge(3);
  assert.is(counter.localValue, 5);
  const max = new api.Maximum();
  max.add(2);
  max.merge(1);
  assert.is(max.localValue, 2);
  const min = new api.Minimum();
  min.add(2);
  min.merge(1);
  assert.is(min.localValue, 1);
});

test('a rich function has its runtime context from open() on', () => {
  class Upper extends api.RichMapFunction<string, string> {
    map(value: string): string {
      return value.toUpperCase();
    }
  }
  const fn = new Upper();
  assert.throws(() => fn.getRuntimeContext(), /not been initialized/);
  const context = { taskInfo: { taskName: 't' } } as api.RuntimeContext;
  fn.setRuntimeContext(context);
  assert.is(fn.getRuntimeContext(), context);
});

test('an output tag needs an id', () => {
  assert.throws(() => new api.OutputTag(''), /empty/);
});

test.run();
