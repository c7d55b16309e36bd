import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { messages } from '../../compiler/diagnostics/messages.generated.js';
import { apiMethods } from '../../compiler/lang/api-methods.js';
import * as api from '../../compiler/lang/index.js';
import { ship, type Shippable, type ShipReference } from '../../plugins/api/shipping.js';
import type { Source } from '../../plugins/api/source.js';
import { FakeRecorder, recording, type Mistake } from './fake-recorder.js';

const { createEnvironment, seconds } = api;

interface Order {
  user: string;
  amount: number;
}

/** Only its identity matters. */
const source = {} as Source<Order>;

function orders(): api.DataStreamSource<Order> {
  return createEnvironment().fromSource(source, api.WatermarkStrategy.noWatermarks(), 'orders');
}

function shipped(value: unknown): ShipReference {
  return (value as Shippable)[ship]();
}

function onlyMistake(program: (recorder: FakeRecorder) => void): Mistake {
  const { mistakes } = recording(program);
  assert.is(mistakes.length, 1, JSON.stringify(mistakes));
  const mistake = mistakes[0]!;
  const template = messages[mistake.code as keyof typeof messages];
  assert.ok(template, `${mistake.code} has no message file`);
  for (const [, name] of `${template.message} ${template.fix}`.matchAll(/%(\w+)%/g)) {
    assert.type(mistake.args[name!], 'string', `${mistake.code} needs ${name}`);
  }
  return mistake;
}

test('building a stream outside of staging is an error', () => {
  assert.throws(() => orders(), /flinkc run/);
});

test('each call records one op with its input edge, parameters and site', () => {
  const double = (o: Order): number => o.amount * 2;
  const { ops } = recording(recorder => {
    const source = orders();
    recorder.site = 'p.ts@10-20';
    source.map(double);
  });
  assert.equal(
    ops.map(op => op.kind),
    ['source', 'map'],
  );
  const map = ops[1]!;
  assert.is(map.params['fn'], double);
  assert.is(map.site, 'p.ts@10-20');
  assert.is(map.inputs[0]!.from, ops[0]);
  assert.equal(map.inputs[0]!.partition, { kind: 'auto' });
});

test('sources are references to plugins', () => {
  const { ops } = recording(() => {
    const env = createEnvironment();
    env.fromSequence(1, 9);
    env.socketTextStream('localhost', 9000);
  });
  assert.equal(
    ops.map(op => shipped(op.params['source'])),
    [
      { module: 'flinkc/datagen', name: 'SequenceSource', args: [1, 9] },
      {
        module: 'flinkc/socket',
        name: 'SocketTextSource',
        args: ['localhost', 9000, { delimiter: '\n', maxRetry: 0 }],
      },
    ],
  );
});

test('collections are a sequence of positions and a map in one subtask', () => {
  const { ops, mistakes } = recording(() => {
    const env = createEnvironment();
    env.fromData(7, 8).uid('numbers');
    env.fromCollection(new Set(['a']));
    env.fromData<string>([]);
  });
  assert.equal(
    ops.map(op => op.kind),
    ['source', 'map', 'source', 'map', 'source', 'map'],
  );
  assert.equal(shipped(ops[0]!.params['source']).args, [0, 1]);
  assert.equal(shipped(ops[1]!.params['fn']), {
    module: 'flinkc',
    name: 'CollectionElements',
    args: [[7, 8]],
  });
  assert.equal(shipped(ops[3]!.params['fn']).args, [['a']]);
  assert.equal(shipped(ops[4]!.params['source']).args, [0, -1]);
  for (const op of ops) assert.is(op.settings.parallelism, 1);
  assert.is(ops[0]!.settings.uid, 'numbers', 'the source keeps the position');
  assert.is(mistakes.length, 0);
  assert.is(new api.CollectionElements(['a', 'b']).map(1), 'b');
});

test('settings of a generator reach all it consists of', () => {
  const { ops } = recording(() =>
    createEnvironment()
      .generate(i => i)
      .setParallelism(3)
      .setMaxParallelism(9),
  );
  for (const op of ops) {
    assert.is(op.settings.parallelism, 3);
    assert.is(op.settings.maxParallelism, 9);
  }
});

test('a generator is a sequence and a map', () => {
  const make = (i: number): { id: number } => ({ id: i });
  const { ops } = recording(() => createEnvironment().generate(make, { count: 10, recordsPerSecond: 5 }));
  assert.equal(shipped(ops[0]!.params['source']).args, [0, 9, { recordsPerSecond: 5 }]);
  assert.equal(ops[0]!.params['outputType'], { kind: 'float64' });
  assert.is(ops[1]!.kind, 'map');
  assert.is(ops[1]!.params['fn'], make);
});

test('a generator with a watermark strategy assigns timestamps after the map', () => {
  const strategy = api.WatermarkStrategy.forMonotonousTimestamps((n: number) => n);
  const { ops } = recording(() => {
    createEnvironment().fromSource(new api.DataGeneratorSource(i => i, 5), strategy, 'numbers');
  });
  assert.equal(
    ops.map(op => op.kind),
    ['source', 'map', 'assignTimestamps'],
  );
  assert.is(ops[2]!.params['strategy'], strategy);
});

test('keyBy and partitioners change the next edge and record no op', () => {
  const key = (o: Order): string => o.user;
  const pick = (user: string, n: number): number => user.length % n;
  const { ops } = recording(recorder => {
    const source = orders();
    recorder.site = 'p.ts@1-2';
    const keyed = source.keyBy(key);
    keyed.reduce(a => a);
    source.rebalance().map(o => o);
    source.broadcast().map(o => o);
    recorder.site = 'p.ts@3-4';
    source.partitionCustom(pick, 'user').map(o => o);
  });
  const partitions = ops.slice(1).map(op => op.inputs[0]!.partition);
  assert.equal(partitions[0], { kind: 'hash', key, site: 'p.ts@1-2' });
  assert.equal(partitions[1], { kind: 'rebalance' });
  assert.equal(partitions[2], { kind: 'broadcast' });
  const custom = partitions[3] as { kind: string; partitioner: unknown; key: unknown; site: string };
  assert.is(custom.kind, 'custom');
  assert.is(custom.partitioner, pick);
  assert.is(custom.site, 'p.ts@3-4');
  assert.equal(shipped(custom.key), { module: 'flinkc', name: 'PropertyKeySelector', args: ['user'] });
});

test('union keeps the partition of each input', () => {
  const { last } = recording(() => {
    const source = orders();
    source.union(source.rebalance(), source.shuffle());
  });
  assert.is(last.kind, 'union');
  assert.equal(
    last.inputs.map(input => input.partition.kind),
    ['auto', 'rebalance', 'shuffle'],
  );
});

test('settings go to the op that made the stream', () => {
  const { ops } = recording(() => {
    orders()
      .map(o => o.amount)
      .name('amounts')
      .uid('u')
      .setUidHash('ABCDEF0123456789abcdef0123456789')
      .setDescription('d')
      .setParallelism(2)
      .setMaxParallelism(16)
      .setBufferTimeout(0)
      .startNewChain()
      .slotSharingGroup('g')
      .print('p')
      .name('printed')
      .disableChaining();
  });
  assert.equal(ops[1]!.settings, {
    name: 'amounts',
    uid: 'u',
    uidHash: 'abcdef0123456789abcdef0123456789',
    description: 'd',
    parallelism: 2,
    maxParallelism: 16,
    chaining: 'head',
    slotSharingGroup: 'g',
    bufferTimeout: 0,
  });
  assert.is(ops[2]!.settings.name, 'printed');
  assert.is(ops[2]!.settings.chaining, 'never');
  assert.equal(shipped(ops[2]!.params['sink']), {
    module: 'flinkc/print',
    name: 'PrintSink',
    args: [{ identifier: 'p' }],
  });
});

test('side outputs are edges of the op that emits them', () => {
  const tag = new api.OutputTag<Order>('big');
  const { ops, tags } = recording(() => {
    orders()
      .process<Order>((o, ctx) => ctx.output(tag, o))
      .getSideOutput(tag)
      .map(o => o.amount);
  });
  assert.equal(tags, ['big']);
  assert.is(ops[2]!.inputs[0]!.sideOutput, 'big');
  assert.is(ops[2]!.inputs[0]!.from, ops[1]);
});

test('a keyed side output keeps its tag', () => {
  const tag = new api.OutputTag<Order>('big');
  const { last } = recording(() => {
    orders()
      .process<Order>(() => {})
      .getSideOutput(tag)
      .keyBy('user')
      .sum('amount');
  });
  assert.is(last.inputs[0]!.sideOutput, 'big');
  assert.is(last.inputs[0]!.partition.kind, 'hash');
});

test('dead letters are a side output of the source', () => {
  const { ops } = recording(() => {
    orders()
      .deadLetters()
      .map(letter => letter.reason);
  });
  assert.equal(ops[1]!.inputs[0], { from: ops[0], sideOutput: 'dead-letters', partition: { kind: 'auto' } });
});

test('splitBy records one filter per label, of the same record type', () => {
  const label = (o: Order): 'big' | 'small' => (o.amount > 5 ? 'big' : 'small');
  const { ops } = recording(() => {
    const { big, small } = orders().splitBy(['big', 'small'], label);
    big.union(small);
  });
  assert.equal(
    ops.map(op => op.kind),
    ['source', 'filter', 'filter', 'union'],
  );
  assert.is(ops[1]!.params['outputType'], 'input');
  assert.equal(shipped(ops[1]!.params['fn']), {
    module: 'flinkc',
    name: 'LabelFilter',
    args: ['big', label],
  });
  assert.is(new api.LabelFilter('big', label).filter({ user: '', amount: 6 }), true);
  assert.is(new api.LabelFilter('big', label).filter({ user: '', amount: 5 }), false);
});

test('window settings and functions', () => {
  const assigner = api.TumblingEventTimeWindows.of(seconds(10));
  const trigger = api.CountTrigger.of(3);
  const evictor = api.CountEvictor.of(5);
  const late = new api.OutputTag<Order>('late');
  const reduce = (a: Order): Order => a;
  const collect = (): void => {};
  const { last, tags } = recording(() => {
    orders()
      .keyBy('user')
      .window(assigner)
      .trigger(trigger)
      .evictor(evictor)
      .allowedLateness(seconds(1))
      .sideOutputLateData(late)
      .reduce(reduce, collect);
  });
  assert.is(last.kind, 'window');
  assert.is(last.params['all'], false);
  assert.equal(last.params['window'], { assigner, trigger, evictor, allowedLateness: 1000, lateTag: 'late' });
  assert.equal(last.params['function'], { kind: 'reduce', reduce, window: collect });
  assert.equal(tags, ['late']);
});

test('window functions of every kind', () => {
  const aggregate = {
    createAccumulator: (): number => 0,
    add: (o: Order, n: number): number => n + o.amount,
    getResult: (n: number): number => n,
    merge: (a: number, b: number): number => a + b,
  };
  const fn = (): void => {};
  const { ops } = recording(() => {
    const windowed = orders().keyBy('user').countWindow(2);
    windowed.aggregate(aggregate);
    windowed.aggregate(aggregate, fn);
    windowed.process(fn);
    windowed.apply(fn);
    windowed.sum('amount');
    windowed.minBy('amount', false);
  });
  assert.equal(
    ops.slice(1).map(op => op.params['function']),
    [
      { kind: 'aggregate', aggregate, window: null },
      { kind: 'aggregate', aggregate, window: fn },
      { kind: 'process', window: fn },
      { kind: 'apply', window: fn },
      { kind: 'field', aggregation: { function: 'sum', field: ['amount'], first: true } },
      { kind: 'field', aggregation: { function: 'minBy', field: ['amount'], first: false } },
    ],
  );
});

test('§4.5 countWindow(n) is a purging count trigger on global windows', () => {
  const { last } = recording(() => orders().keyBy('user').countWindow(3).sum('amount'));
  const window = last.params['window'] as { assigner: unknown; trigger: unknown; evictor: unknown };
  assert.is(shipped(window.assigner).name, 'GlobalWindows');
  assert.is(shipped(window.trigger).name, 'PurgingTrigger');
  assert.equal(shipped(shipped(window.trigger).args[0]), {
    module: 'flinkc',
    name: 'CountTrigger',
    args: [3],
  });
  assert.is(window.evictor, null);
});

test('§4.5 countWindow(n, slide) evicts to n and fires every slide records', () => {
  const { last } = recording(() => orders().keyBy('user').countWindow(10, 2).sum('amount'));
  const window = last.params['window'] as { trigger: unknown; evictor: unknown };
  assert.equal(shipped(window.trigger), { module: 'flinkc', name: 'CountTrigger', args: [2] });
  assert.equal(shipped(window.evictor), { module: 'flinkc', name: 'CountEvictor', args: [10, false] });
});

test('§4.1 windowAll runs with parallelism 1', () => {
  const { last, mistakes } = recording(() => {
    orders().windowAll(api.TumblingEventTimeWindows.of(5)).sum('amount').setParallelism(1);
  });
  assert.is(last.params['all'], true);
  assert.is(last.settings.parallelism, 1);
  assert.is(mistakes.length, 0);
});

test('rolling aggregates record what is aggregated, and by which field', () => {
  const { ops } = recording(() => {
    const keyed = orders().keyBy('user');
    keyed.sum('amount');
    keyed.maxBy('amount');
    createEnvironment()
      .fromData(1, 2)
      .keyBy(n => n)
      .max();
  });
  assert.equal(ops[1]!.params['aggregation'], { function: 'sum', field: ['amount'], first: true });
  assert.equal(ops[2]!.params['aggregation'], { function: 'maxBy', field: ['amount'], first: true });
  assert.equal(ops[5]!.params['aggregation'], { function: 'max', field: [], first: true });
});

test('connected streams: two lambdas become one function object', () => {
  const map1 = (o: Order): number => o.amount;
  const map2 = (s: string): number => s.length;
  const { ops } = recording(() => {
    const connected = orders().connect(orders().map(o => o.user));
    connected.map(map1, map2);
    connected.keyBy('user', s => s).process({ processElement1() {}, processElement2() {} });
  });
  assert.is(ops[3]!.kind, 'coMap');
  assert.equal(ops[3]!.params['fn'], { map1, map2 });
  assert.equal(
    ops[4]!.inputs.map(input => input.partition.kind),
    ['hash', 'hash'],
  );
});

test('a function on a connected broadcast stream is recorded with the descriptors of its state', () => {
  const rules = new api.MapStateDescriptor<string, number>('rules');
  const fn = { processElement(): void {}, processBroadcastElement(): void {} };
  const { last } = recording(() => {
    const broadcast = orders().broadcast(rules);
    orders().keyBy('user').connect(broadcast).process(fn);
  });
  assert.is(last.kind, 'broadcastProcess');
  assert.equal(last.params, { fn, descriptors: [rules] });
  assert.equal(
    last.inputs.map(input => input.partition.kind),
    ['hash', 'broadcast'],
  );
});

test('window join, coGroup and interval join', () => {
  const left = new api.OutputTag<Order>('left');
  const pair = (): number => 1;
  const group = (): void => {};
  const assigner = api.TumblingEventTimeWindows.of(5);
  const { ops } = recording(() => {
    const a = orders();
    const b = orders();
    a.join(b).where('user').equalTo('user').window(assigner).allowedLateness(7).apply(pair);
    a.coGroup(b).where('user').equalTo('user').window(assigner).apply(group);
    a.keyBy('user')
      .intervalJoin(b.keyBy('user'))
      .between(-2, 3)
      .upperBoundExclusive()
      .sideOutputLeftLateData(left)
      .process(group);
  });
  const window = { assigner, trigger: null, evictor: null, allowedLateness: 0, lateTag: null };
  assert.is(ops[2]!.kind, 'windowJoin');
  assert.equal(ops[2]!.params, { window: { ...window, allowedLateness: 7 }, fn: pair });
  assert.is(ops[3]!.kind, 'coGroup');
  assert.equal(ops[3]!.params, { window, fn: group });
  assert.is(ops[4]!.kind, 'intervalJoin');
  assert.equal(ops[4]!.params, {
    lower: -2,
    upper: 3,
    lowerExclusive: false,
    upperExclusive: true,
    leftLateTag: 'left',
    rightLateTag: null,
    fn: group,
  });
  for (const op of ops.slice(2)) {
    assert.equal(
      op.inputs.map(input => input.partition.kind),
      ['hash', 'hash'],
    );
  }
});

test('async functions are recorded with order, timeout, capacity and retries', () => {
  const fn = (o: Order): Promise<number> => Promise.resolve(o.amount);
  const retry = api.AsyncRetryStrategies.fixedDelay<number>(3, 100);
  const { ops } = recording(() => {
    api.AsyncDataStream.unorderedWait(orders(), fn, seconds(5));
    api.AsyncDataStream.orderedWaitWithRetry(orders(), fn, 0, retry, 7);
  });
  assert.equal(ops[1]!.params, { fn, ordered: false, timeout: 5000, capacity: 100, retry: null });
  assert.equal(ops[3]!.params, { fn, ordered: true, timeout: 0, capacity: 7, retry });
});

test('full window partitions record their operation, and the order they sort in', () => {
  const { ops } = recording(() => {
    const partition = orders().fullWindowPartition();
    partition.mapPartition(() => {});
    partition.sortPartition('amount', 'DESCENDING');
  });
  assert.is(ops[1]!.params['operation'], 'mapPartition');
  assert.is(ops[1]!.params['order'], null);
  assert.is(ops[2]!.params['order'], 'DESCENDING');
  assert.equal(shipped(ops[2]!.params['fn']).args, ['amount']);
});

test('job settings and parameters', () => {
  const recorder = recording(() => {
    const env = api.StreamExecutionEnvironment.getExecutionEnvironment();
    env
      .setParallelism(4)
      .setMaxParallelism(64)
      .setRuntimeMode('BATCH')
      .setBufferTimeout(5)
      .disableOperatorChaining();
    env.configure({ 'a.b': 1 });
    env.enableCheckpointing(seconds(10));
    env.param('rate', 5);
    env.param('brokers');
    env.secret('password');
    env.buildParam('wide', true);
    void env.execute('my job');
  });
  assert.equal(recorder.settings, {
    parallelism: 4,
    maxParallelism: 64,
    runtimeMode: 'BATCH',
    bufferTimeout: 5,
    chaining: false,
    configuration: {
      'a.b': '1',
      'execution.checkpointing.interval': '10000 ms',
      'execution.checkpointing.mode': 'EXACTLY_ONCE',
    },
  });
  assert.equal(recorder.parameters, [
    { name: 'rate', kind: 'param', type: 'number', defaultValue: '5' },
    { name: 'brokers', kind: 'param', type: 'string', defaultValue: null },
    { name: 'password', kind: 'secret', type: 'string', defaultValue: null },
    { name: 'wide', kind: 'buildParam', type: 'boolean', defaultValue: 'true' },
  ]);
  assert.is(recorder.executed, 'my job');
});

test('executeAndCollect adds a sink and executes', () => {
  const recorder = recording(() => {
    void orders().executeAndCollect();
  });
  assert.is(recorder.last.kind, 'sink');
  assert.is(shipped(recorder.last.params['sink']).name, 'CollectSink');
  assert.is(recorder.executed, 'collect');
});

test('FC2100: parallelism out of range', () => {
  for (const n of [0, -1, 1.5, NaN, 32_769]) {
    assert.is(onlyMistake(() => orders().setParallelism(n)).code, 'FC2100');
    assert.is(onlyMistake(() => orders().setMaxParallelism(n)).code, 'FC2100');
    assert.is(onlyMistake(() => createEnvironment().setParallelism(n)).code, 'FC2100');
  }
});

test('FC2100: the mistake has the site of the call', () => {
  const mistake = onlyMistake(recorder => {
    const source = orders();
    recorder.site = 'p.ts@5-6';
    source.setParallelism(0);
  });
  assert.is(mistake.site, 'p.ts@5-6');
});

test('FC2101: parallelism above max parallelism, in either order', () => {
  assert.is(onlyMistake(() => orders().setMaxParallelism(2).setParallelism(3)).code, 'FC2101');
  assert.is(onlyMistake(() => orders().setParallelism(3).setMaxParallelism(2)).code, 'FC2101');
  assert.is(onlyMistake(() => createEnvironment().setParallelism(3).setMaxParallelism(2)).code, 'FC2101');
});

test('FC2102: forward between different parallelisms', () => {
  const mistake = onlyMistake(() => {
    orders()
      .setParallelism(2)
      .forward()
      .map(o => o)
      .setParallelism(4);
  });
  assert.is(mistake.code, 'FC2102');
});

test('FC2103: windowAll and forceNonParallel stay at 1', () => {
  assert.is(onlyMistake(() => orders().windowAll(api.TumblingEventTimeWindows.of(5)).sum('amount').setParallelism(2)).code, 'FC2103'); // prettier-ignore
  assert.is(onlyMistake(() => orders().forceNonParallel().setParallelism(2)).code, 'FC2103');
});

test('FC2105: uid hash that is none', () => {
  assert.is(onlyMistake(() => orders().setUidHash('abc')).code, 'FC2105');
});

test('FC2106: a buffer timeout is -1 or more', () => {
  assert.is(onlyMistake(() => orders().setBufferTimeout(-2)).code, 'FC2106');
  assert.is(onlyMistake(() => createEnvironment().setBufferTimeout(NaN)).code, 'FC2106');
});

test('FC2107, §4.4: a trigger with merging windows must support merging', () => {
  const sessions = api.EventTimeSessionWindows.withGap(5);
  const keyed = (): api.KeyedStream<Order, string> => orders().keyBy('user');
  const trigger = api.DeltaTrigger.of<Order>(1, (a, b) => b.amount - a.amount);
  const mistake = onlyMistake(() => keyed().window(sessions).trigger(trigger));
  assert.is(mistake.code, 'FC2107');
  assert.equal(mistake.args, { trigger: 'DeltaTrigger', assigner: 'EventTimeSessionWindows' });
  assert.is(recording(() => keyed().window(sessions).trigger(api.CountTrigger.of(2))).mistakes.length, 0);
});

test('FC2108: allowed lateness is not negative', () => {
  assert.is(onlyMistake(() => orders().windowAll(api.TumblingEventTimeWindows.of(5)).allowedLateness(-1)).code, 'FC2108'); // prettier-ignore
});

test('FC2109: a rich function as pre-aggregate', () => {
  class Sum extends api.RichReduceFunction<Order> {
    reduce(a: Order, b: Order): Order {
      return { user: a.user, amount: a.amount + b.amount };
    }
  }
  assert.is(onlyMistake(() => orders().keyBy('user').countWindow(2).reduce(new Sum())).code, 'FC2109');
  assert.is(recording(() => orders().keyBy('user').reduce(new Sum())).mistakes.length, 0);
});

test('FC2110: the lower bound of an interval is not above the upper one', () => {
  const mistake = onlyMistake(() =>
    orders().keyBy('user').intervalJoin(orders().keyBy('user')).between(5, -5),
  );
  assert.is(mistake.code, 'FC2110');
});

test('FC2111: count windows have whole sizes and slides above 0', () => {
  assert.is(onlyMistake(() => orders().keyBy('user').countWindow(0)).code, 'FC2111');
  assert.is(onlyMistake(() => orders().countWindowAll(5, 0.5)).code, 'FC2111');
});

test('FC2112: the timeout of async functions is not negative, their capacity at least 1', () => {
  const fn = (o: Order): Promise<Order> => Promise.resolve(o);
  assert.is(onlyMistake(() => api.AsyncDataStream.orderedWait(orders(), fn, -1)).code, 'FC2112');
  assert.is(onlyMistake(() => api.AsyncDataStream.orderedWait(orders(), fn, 1, 0)).code, 'FC2112');
});

test('FC2113: a checkpoint interval is above 0', () => {
  assert.is(onlyMistake(() => createEnvironment().enableCheckpointing(0)).code, 'FC2113');
});

test('FC2114: generated records do not wait for an alignment group', () => {
  const source = new api.DataGeneratorSource((n: number) => n, 10);
  const monotonous = api.WatermarkStrategy.forMonotonousTimestamps<number>();
  const generated = (strategy: api.WatermarkStrategy<number>) => () =>
    void createEnvironment().fromSource(source, strategy, 'numbers');
  const mistake = onlyMistake(generated(monotonous.withWatermarkAlignment('all', 1_000)));
  assert.is(mistake.code, 'FC2114');
  assert.equal(mistake.args, { source: 'numbers', group: 'all' });
  assert.is(recording(generated(monotonous)).mistakes.length, 0);
});

test('every public method of the recording classes is an API method', () => {
  const classes = Object.values(api).filter(
    (value): value is typeof value & { prototype: object; name: string } =>
      typeof value === 'function' &&
      /Stream(?!Trigger)|Environment|Join(?!Function)|CoGroup|SingleOutput/.test(value.name),
  );
  assert.ok(classes.length > 15, 'the classes are found by name');
  const missing: string[] = [];
  for (const each of classes) {
    const names = [...Object.getOwnPropertyNames(each.prototype), ...Object.getOwnPropertyNames(each)];
    for (const name of names) {
      const descriptor =
        Object.getOwnPropertyDescriptor(each.prototype, name) ?? Object.getOwnPropertyDescriptor(each, name);
      if (typeof descriptor?.value !== 'function' || name === 'constructor') continue;
      if (!apiMethods.has(name)) missing.push(`${each.name}.${name}`);
    }
  }
  assert.equal(missing, ['StreamExecutionEnvironment.getExecutionEnvironment']);
});

test.run();
