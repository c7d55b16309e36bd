import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Value } from '../../compiler/ir/index.js';
import { generateTasks } from '../../compiler/3-codegen/index.js';
import { by, field, float64, object, path, Program, string, struct, to } from './graph-builder.js';
import { planOf, run } from './run-plan.js';

const bid = struct({ user: string, price: float64, note: string });
const bids = [
  { user: 'a', price: 1, note: 'x' },
  { user: 'b', price: 10, note: 'x' },
  { user: 'a', price: 2, note: 'x' },
  { user: 'a', price: 4, note: 'x' },
  { user: 'b', price: 20, note: 'x' },
].map((value, i) => ({ value, timestamp: i * 10 }));
const all = 'all' as const;

function lambdaBoth(
  p: Program,
  inlined: Parameters<Program['inline']>[0],
  text: string,
  params: number,
): Value {
  const value = p.inline(inlined, params);
  const lifted = p.functions.get(p.lifted(text, new Array<'none'>(params).fill('none')))!;
  p.functions.set(value, { ...p.functions.get(value)!, lifted: lifted.lifted });
  return value;
}

function reduced(): Program {
  const p = new Program();
  const source = p.source(bid);
  const fn = lambdaBoth(
    p,
    object(
      field('user', path(0, 'user')),
      field('price', '$0.price + $1.price'),
      field('note', path(0, 'note')),
    ),
    '(a, b) => ({ user: a.user, price: a.price + b.price, note: a.note })',
    2,
  );
  const sum = p.add(
    { kind: 'reduce', fn, inputs: [by(source, p.inline(path(0, 'user')))] },
    { output: bid, inputs: [bid], key: string },
  );
  p.sink(
    p.map(
      sum,
      p.inline(object(field('user', path(0, 'user')), field('total', path(0, 'price')))),
      struct({ user: string, total: float64 }),
    ),
  );
  return p;
}

test("reduce on a keyed stream gives every updated result with the record's timestamp", async () => {
  const results = await run(reduced(), bids);
  assert.equal(
    results.map(r => [(r.value as { user: string }).user, (r.value as { total: number }).total, r.timestamp]),
    [
      ['a', 1, 0],
      ['b', 10, 10],
      ['a', 3, 20],
      ['a', 7, 30],
      ['b', 30, 40],
    ],
  );
});

test('hash edges cut tasks; the exchange carries only demanded columns and its key is a plain one', () => {
  const plan = planOf(reduced());
  assert.is(plan.tasks.length, 2);
  assert.equal(
    plan.exchanges[0]!.layout.columns.map(c => c.path.join('.')),
    ['price', 'user'],
  );
  assert.is(plan.tasks[1]!.inputs[0]!.key!.column, 1);
});

test('a computed key travels in a column of its own', async () => {
  const p = new Program();
  const source = p.source(bid);
  const key = p.inline('$0.price % 3');
  const fn = p.lifted('(v, ctx, out) => { out.collect(ctx.currentKey); }', [{ fields: {} }, 'none', 'none']);
  p.sink(
    p.add(
      { kind: 'process', fn, inputs: [by(source, key)] },
      { output: float64, inputs: [bid], key: float64 },
    ),
  );
  const plan = planOf(p);
  assert.is(plan.exchanges[0]!.layout.columns.length, 1);
  assert.equal(
    (await run(p, bids)).map(r => r.value),
    [1, 1, 2, 1, 2],
  );
});

test("§2.6 timers fire before the watermark is forwarded and their output carries the timer's timestamp", async () => {
  const p = new Program();
  const source = p.source(bid);
  const fn: Value = {
    t: 'object',
    id: 7,
    entries: [
      [
        'processElement',
        p.lifted('(v, ctx, out) => { ctx.timerService.registerEventTimeTimer(100); }', [all, all, all]),
      ],
      ['onTimer', p.lifted('(timestamp, ctx, out) => { out.collect(ctx.currentKey); }', [all, all, all])],
    ],
  };
  p.sink(
    p.add(
      { kind: 'process', fn, inputs: [by(source, p.inline(path(0, 'user')))] },
      { output: string, inputs: [bid], key: string },
    ),
  );
  assert.equal(
    [...(await run(p, bids))].sort((x, y) => (String(x.value) < String(y.value) ? -1 : 1)),
    [
      { value: 'a', timestamp: 100 },
      { value: 'b', timestamp: 100 },
    ],
  );
});

test("§6 side outputs reach their consumers with the record's timestamp", async () => {
  const p = new Program();
  const source = p.source(bid);
  const fn = p.lifted(
    "(v, ctx, out) => { if (v.price > 5) ctx.output({ id: 'big' }, v.price); else out.collect(v.price); }",
    [{ fields: { price: all } }, all, all],
  );
  const split = p.add(
    { kind: 'process', fn, inputs: [to(source)] },
    { output: float64, inputs: [bid], sideOutputs: { big: float64 } },
  );
  p.sink(p.map(split, p.inline('$0 * -1'), float64));
  p.sink(to(split, { kind: 'auto' }, 'big'));
  assert.is(planOf(p).tasks.length, 1);
  assert.equal(await run(p, bids), [
    { value: -1, timestamp: 0 },
    { value: 10, timestamp: 10 },
    { value: -2, timestamp: 20 },
    { value: -4, timestamp: 30 },
    { value: 20, timestamp: 40 },
  ]);
});

test('flatMap: what is collected and what is returned both go on', async () => {
  const p = new Program();
  const source = p.source(bid);
  const fn = p.lifted(
    '(v, out) => { out.collect(v.price); if (v.price > 5) return [v.price + 0.5, v.price + 0.75]; }',
    [{ fields: { price: all } }, all],
  );
  const split = p.add({ kind: 'flatMap', fn, inputs: [to(source)] }, { output: float64, inputs: [bid] });
  p.sink(p.filter(split, p.inline('$0 !== 10')));
  assert.equal(
    (await run(p, bids)).map(r => r.value),
    [1, 10.5, 10.75, 2, 4, 20, 20.5, 20.75],
  );
});

test('§6 rich functions of map, filter and flatMap have keyed state when their input is keyed', async () => {
  const p = new Program();
  const source = p.source(bid);
  const fn: Value = {
    t: 'object',
    id: 8,
    entries: [
      [
        'setRuntimeContext',
        p.lifted(
          "function (context) { this.seen = context.getState({ stateKind: 'value', name: 'seen' }); }",
          [all],
        ),
      ],
      [
        'filter',
        p.lifted(
          'function (v) { const seen = this.seen.value() ?? 0; this.seen.update(seen + 1); return seen > 0; }',
          [{ fields: { price: all } }],
        ),
      ],
    ],
  };
  const again = p.add(
    { kind: 'filter', fn, inputs: [by(source, p.inline(path(0, 'user')))] },
    {
      output: bid,
      inputs: [bid],
      key: string,
      states: [{ name: 'seen', kind: 'value', key: null, value: float64, at: null }],
    },
  );
  p.sink(p.map(again, p.inline('$0.price'), float64));
  assert.equal(
    (await run(p, bids)).map(r => r.value),
    [2, 4, 20],
  );
});

test('assignTimestamps: own timestamps and watermarks from there on', async () => {
  const p = new Program();
  const source = p.source(bid);
  const strategy: Value = {
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
          [
            'generator',
            {
              t: 'object',
              id: 3,
              entries: [
                ['kind', { t: 'primitive', value: 'bounded' }],
                ['maxOutOfOrderness', { t: 'primitive', value: 0 }],
              ],
            },
          ],
          ['timestampAssigner', lambdaBoth(p, '$0.price * 1000', '(v) => v.price * 1000', 1)],
        ],
      },
    ],
  };
  const timed = p.add(
    { kind: 'assignTimestamps', strategy, inputs: [to(source)] },
    { output: bid, inputs: [bid] },
  );
  p.sink(p.map(timed, p.inline(path(0, 'user')), string));
  assert.is(generateTasks(planOf(p)).length, 1);
  assert.equal(
    (await run(p, bids)).map(r => r.timestamp),
    [1000, 10000, 2000, 4000, 20000],
  );
});

test.run();
