import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DiagnosticLog } from '../../compiler/diagnostics/diagnostic.js';
import type { GraphEdge, Plan, Value } from '../../compiler/ir/index.js';
import { optimize, printPlan, type OptimizeOptions } from '../../compiler/2-optimize/index.js';
import {
  by,
  expression,
  field,
  float64,
  nullable,
  object,
  path,
  Program,
  spread,
  string,
  struct,
  to,
} from '../codegen/graph-builder.js';

const order = struct({ id: string, price: float64, quantity: float64, note: string });

function plan(
  p: Program,
  options: OptimizeOptions = {},
): { readonly plan: Plan; readonly codes: readonly string[]; readonly log: DiagnosticLog } {
  const log = new DiagnosticLog();
  const result = optimize(p.graph, p.lowered, p.uids, log, options);
  return { plan: result, codes: log.all.map(d => d.code), log };
}
const layout = (of: Plan, exchange = 0): readonly string[] =>
  of.exchanges[exchange]!.layout.columns.map(c => c.path.join('.'));
const identity = (p: Program): Value => p.inline(path(0));

test('§6 chaining: forward-connected operators of equal parallelism become one task, named A -> (B, C)', () => {
  const p = new Program();
  const source = p.source(order);
  const map = p.map(source, identity(p), order, { name: 'clean' });
  p.sink(map, 'First');
  p.sink(map, 'Second');
  assert.equal(
    plan(p).plan.tasks.map(t => t.name),
    ['Source: test -> clean -> (Sink: First, Sink: Second)'],
  );
});

for (const [why, reason, build] of [
  [
    'another parallelism',
    'parallelism 2 to default',
    (p: Program) => p.map(p.source(order, { parallelism: 2 }), identity(p), order),
  ],
  [
    'chaining disabled',
    'chaining is disabled on Map',
    (p: Program) => p.map(p.source(order), identity(p), order, { chaining: 'never' }),
  ],
  [
    'a new chain',
    'Map starts a new chain',
    (p: Program) => p.map(p.source(order), identity(p), order, { chaining: 'head' }),
  ],
  [
    'another slot sharing group',
    'slot sharing groups differ: default and heavy',
    (p: Program) => p.map(p.source(order), identity(p), order, { slotSharingGroup: 'heavy' }),
  ],
] as const) {
  test(`§6 chaining: ${why} cuts, and the exchange says so`, () => {
    const p = new Program();
    p.sink(build(p));
    const { exchanges } = plan(p).plan;
    assert.ok(exchanges[0]!.reason.includes(reason), exchanges[0]!.reason);
  });
}

test('slot sharing groups: inherited when all inputs agree, else default', () => {
  const p = new Program();
  const heavy = p.source(order, { slotSharingGroup: 'heavy' });
  const light = p.source(order, { slotSharingGroup: 'light' });
  const own = p.map(heavy, identity(p), order, { parallelism: 2 });
  const union = p.add(
    { kind: 'union', inputs: [to(own), to(light)] },
    { output: order, inputs: [order, order] },
  );
  p.sink(p.map(union, identity(p), order, { parallelism: 3 }));
  assert.equal(
    plan(p).plan.tasks.map(t => t.slotSharingGroup),
    ['heavy', 'light', 'heavy', 'default', 'default'],
  );
});

test('chaining switched off for the job leaves one task per operator', () => {
  const p = new Program();
  p.settings = { ...p.settings, chaining: false };
  p.sink(p.map(p.source(order), identity(p), order));
  assert.is(plan(p).plan.tasks.length, 3);
});

test('a union vanishes: its consumer has one input with several exchanges', () => {
  const p = new Program();
  const a = p.source(order);
  const b = p.source(order);
  const union = p.add(
    { kind: 'union', inputs: [to(a), to(b, { kind: 'rebalance' })] },
    { output: order, inputs: [order, order] },
  );
  p.sink(p.map(union, p.inline('$0.price'), float64));
  const result = plan(p).plan;
  assert.equal(
    result.tasks.map(t => t.name),
    ['Source: test', 'Source: test', 'Map -> Sink: Collect'],
  );
  assert.equal(
    result.tasks[2]!.inputs.map(i => i.exchanges),
    [[0, 1]],
  );
  assert.equal(
    result.exchanges.map(e => e.partition.kind),
    ['forward', 'rebalance'],
  );
  assert.equal(layout(result), ['price']);
});

test('field demand goes through filters, spreads and overrides to the source', () => {
  const p = new Program();
  const expensive = p.filter(p.source(order), p.inline('$0.price > 1'));
  const fixed = p.map(expensive, p.inline(object(spread(), field('price', '2'))), order);
  p.sink(p.map(fixed, p.inline(path(0, 'id')), string));
  const { plan: result } = plan(p, { fuse: false });
  assert.equal(
    result.exchanges.map((_, i) => layout(result, i)),
    [['id', 'price'], ['id'], ['id'], ['']],
  );
});

test('a computed field that nobody reads takes what it reads with it; one with effects stays', () => {
  for (const pure of [true, false]) {
    const p = new Program();
    const noted = { ...expression('report($0.note)'), pure } as ReturnType<typeof expression>;
    const map = p.map(
      p.source(order),
      p.inline(object(field('id', path(0, 'id')), field('note', noted))),
      struct({ id: string, note: string }),
    );
    p.sink(p.map(map, p.inline(path(0, 'id')), string));
    assert.equal(layout(plan(p, { fuse: false }).plan), pure ? ['id'] : ['id', 'note']);
  }
});

test('a presence test keeps one column of the struct', () => {
  const p = new Program();
  p.sink(
    p.map(p.source(struct({ bid: nullable(order), id: string })), p.inline('$0.bid?'), { kind: 'bool' }),
  );
  const columns = plan(p, { fuse: false }).plan.exchanges[0]!.layout.columns;
  assert.equal(
    columns.map(c => [c.path, c.presence]),
    [[['bid'], true]],
  );
});

test('a reduction demands what decides the demanded fields, and what its function reads when it is called', () => {
  const p = new Program();
  const fn = p.inline(
    object(
      field('id', '$0.note + $1.note'),
      field('price', '$0.price + $1.quantity'),
      field('quantity', path(0, 'quantity')),
      field('note', path(0, 'note')),
    ),
    2,
  );
  const reduced = p.add(
    { kind: 'reduce', fn, inputs: [by(p.source(order), p.inline('1'))] },
    { output: order, inputs: [order], key: float64 },
  );
  p.sink(p.map(reduced, p.inline('$0.price'), float64));
  const { plan: result } = plan(p);
  // nobody reads the id, but a call computes it, and `undefined.trim()` would throw
  assert.equal(layout(result), ['note', 'price', 'quantity', '\u0000key']);
  const state = result.tasks[1]!.ops[0]!.states[0]!;
  assert.equal(state.value.kind === 'struct' && state.value.fields.map(f => f.name), [
    'note',
    'price',
    'quantity',
  ]);
});

test('a field that is kept or handed on does not demand its siblings', () => {
  const p = new Program();
  const source = p.source(order);
  const fn = p.lifted('(v) => seen.push(v.id)', [{ fields: { id: 'all' } }], { retains: [true] });
  p.sink(p.map(source, fn, float64, { chaining: 'never' }));
  assert.equal(layout(plan(p).plan), ['id']);
});

test('functions without text are given whole records', () => {
  const p = new Program();
  const instance: Value = {
    t: 'new',
    id: 9,
    ctor: { t: 'global', name: 'Unknown' },
    args: [],
    patch: [],
    at: null,
  };
  p.sink(p.map(p.source(order), instance, string));
  assert.is(layout(plan(p, { fuse: false }).plan).length, 4);
});

test('§8.3 FC2120 the same uid twice is an error that shows both places', () => {
  const p = new Program();
  const a = p.map(p.source(order), identity(p), order, { uid: 'x' });
  p.sink(p.map(a, identity(p), order, { uid: 'x' }));
  const uids = new Map(
    [...p.uids].map(([id, u]) => [id, u.uid === 'x' ? { uid: 'x', uidHash: 'f'.repeat(32) } : u]),
  );
  const log = new DiagnosticLog();
  optimize(p.graph, p.lowered, uids, log);
  assert.equal(
    log.all.map(d => [d.code, d.at?.line, d.notes[0]?.at?.line]),
    [['FC2120', 3, 2]],
  );
});

test('FC2104 state without a key', () => {
  const p = new Program();
  p.sink(
    p.add(
      { kind: 'reduce', fn: p.inline(path(0), 2), inputs: [to(p.source(order))] },
      { output: order, inputs: [order] },
    ),
  );
  assert.equal(plan(p).codes, ['FC2104']);
});

test('FC2121 an event-time window that no watermark reaches is named; with a strategy there is nothing to say', () => {
  const strategy = (kind: string): Value => ({
    t: 'api',
    id: 1,
    module: 'flinkc',
    name: 'WatermarkStrategy',
    at: null,
    args: [
      {
        t: 'object',
        id: 2,
        entries: [
          ['generator', { t: 'object', id: 3, entries: [['kind', { t: 'primitive', value: kind }]] }],
        ],
      },
    ],
  });
  const build = (watermarks: Value): Program => {
    const p = new Program();
    const assigner: Value = {
      t: 'api',
      id: 4,
      module: 'flinkc',
      name: 'TumblingEventTimeWindows',
      args: [{ t: 'primitive', value: 1000 }],
      at: null,
    };
    const window = { assigner, trigger: null, evictor: null, allowedLateness: 0, lateTag: null };
    const fn = { kind: 'field', aggregation: { function: 'sum', field: ['price'], first: true } } as const;
    p.sink(
      p.add(
        {
          kind: 'window',
          all: false,
          window,
          function: fn,
          name: 'per second',
          inputs: [by(p.source(order, { watermarks }), p.inline(path(0, 'id')))],
        },
        { output: order, inputs: [order], key: string },
      ),
    );
    return p;
  };
  const { log } = plan(build(strategy('none')));
  assert.equal(
    log.all.map(d => d.code),
    ['FC2121'],
  );
  assert.match(log.all[0]!.message, /'per second'/);
  assert.equal(plan(build(strategy('bounded'))).codes, []);
});

test('FC2124 onTimer without a key', () => {
  const p = new Program();
  const fn = p.object({ processElement: p.lifted('(v) => {}', ['all']), onTimer: p.lifted('() => {}', []) });
  p.sink(p.add({ kind: 'process', fn, inputs: [to(p.source(order))] }, { output: order, inputs: [order] }));
  assert.equal(plan(p).codes, ['FC2124']);
});

test('FC2125 an operator that nobody reads', () => {
  const p = new Program();
  p.map(p.source(order), identity(p), order);
  assert.equal(plan(p).codes, ['FC2125']);
});

test('both inputs of a keyed operator hash by its one key schema, whatever type the field has', () => {
  const p = new Program();
  const left = p.source(struct({ at: { kind: 'timestamp' } }));
  const right = p.source(struct({ at: float64 }));
  const key = (from: number): GraphEdge => by(from, p.inline(path(0, 'at')));
  const joined = p.add(
    { kind: 'coProcess', inputs: [key(left), key(right)], fn: p.inline('null') },
    {
      output: string,
      inputs: [struct({ at: { kind: 'timestamp' } }), struct({ at: float64 })],
      key: { kind: 'timestamp' },
    },
  );
  p.sink(joined);
  const inputs = plan(p).plan.tasks.find(t => t.inputs.length === 2)!.inputs;
  assert.equal(
    inputs.map(i => i.key!.schema.kind),
    ['timestamp', 'timestamp'],
  );
});

test('passes are traced when they change something', () => {
  const p = new Program();
  p.sink(p.source(order));
  const names: string[] = [];
  plan(p, { trace: name => names.push(name) });
  assert.not(names.includes('flatten-unions'));
  assert.ok(names.includes('chain-operators'));
});

test('the printed plan names tasks, columns, keys and reasons', () => {
  const p = new Program();
  const sum = p.add(
    {
      kind: 'rollingAggregate',
      aggregation: { function: 'sum', field: ['price'], first: true },
      inputs: [by(p.source(order), p.inline(path(0, 'id')))],
    },
    { output: order, inputs: [order], key: string },
  );
  p.sink(p.map(sum, p.inline('$0.price'), float64));
  assert.is(
    printPlan(plan(p).plan),
    `task 0 "Source: test"
  source "Source: test" at job.ts:1:3 uid source~0 -> {id, price}
  output to task 1.0 hash: keyBy sends every record to the subtask that owns its key

task 1 "Keyed Aggregation -> Map -> Sink: Collect"
  input 0 from task 0: key id string, price float64
  rollingAggregate "Keyed Aggregation" at job.ts:2:3 uid rollingAggregate~1 -> {price}
    state _op_state: value
  map "Map" at job.ts:3:3 uid map~2 -> everything
  sink "Sink: Collect" at job.ts:4:3 uid sink~3 -> nothing
`,
  );
});

test.run();
