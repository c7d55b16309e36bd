import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { OpId, OpOf, Usage, Value } from '../../compiler/ir/index.js';
import { generateTasks } from '../../compiler/3-codegen/index.js';
import { by, field, float64, fragments, object, path, Program, string, struct, to } from './graph-builder.js';
import { planOf, run, type Row } from './run-plan.js';

const ride = struct({ cell: string, fare: float64, driver: string });
type Ride = { readonly cell: string; readonly fare: number; readonly driver: string };
const rides: readonly Row[] = Array.from({ length: 60 }, (_, i) => ({
  value: { cell: 'abc'[(i * 7) % 3]!, fare: ((i * 13) % 17) + 0.5, driver: `d${i % 4}` },
  timestamp: i * 350 + ((i * 37) % 5) * 100,
}));

function windowed(
  p: Program,
  from: OpId,
  assigner: Value,
  fn: OpOf<'window'>['function'],
  output = ride,
  accumulator = ride,
  more: Partial<OpOf<'window'>['window']> = {},
): OpId {
  const window = { assigner, trigger: null, evictor: null, allowedLateness: 0, lateTag: null, ...more };
  return p.add(
    { kind: 'window', all: false, window, function: fn, inputs: [by(from, p.inline(path(0, 'cell')))] },
    { output, inputs: [ride], key: string, accumulator },
  );
}
function assigner(name: string, ...numbers: readonly number[]): Value {
  return {
    t: 'api',
    id: 50,
    module: 'flinkc',
    name,
    args: numbers.map(value => ({ t: 'primitive', value })),
    at: null,
  };
}

/** What the windows hold, computed the plain way. */
function expected<R>(
  size: number,
  slide: number,
  result: (rides: readonly Ride[], cell: string) => R,
): { value: R; timestamp: number }[] {
  const found: { value: R; timestamp: number }[] = [];
  for (let end = slide - size + size; end < 40_000; end += slide) {
    for (const cell of ['a', 'b', 'c']) {
      const inside = rides.filter(
        r => r.timestamp! >= end - size && r.timestamp! < end && (r.value as Ride).cell === cell,
      );
      if (inside.length > 0)
        found.push({
          value: result(
            inside.map(r => r.value as Ride),
            cell,
          ),
          timestamp: end - 1,
        });
    }
  }
  return found;
}
const sorted = (rows: readonly { readonly value: unknown; readonly timestamp: number | null }[]): string[] =>
  rows.map(r => JSON.stringify([r.timestamp, r.value])).sort();

const stats = struct({ count: float64, sum: float64 });
function statistics(p: Program): Value {
  return p.object({
    createAccumulator: p.lifted('() => ({ count: 0, sum: 0 })', []),
    add: p.both(
      object(field('count', '$1.count + 1'), field('sum', '$1.sum + $0.fare')),
      '(v, acc) => ({ count: acc.count + 1, sum: acc.sum + v.fare })',
      2,
    ),
    getResult: p.lifted('acc => acc.sum / acc.count', ['all']),
    merge: p.both(
      object(field('count', '$0.count + $1.count'), field('sum', '$0.sum + $1.sum')),
      '(a, b) => ({ count: a.count + b.count, sum: a.sum + b.sum })',
      2,
    ),
  });
}

for (const [name, args, size, slide] of [
  ['TumblingEventTimeWindows', [5000], 5000, 5000],
  ['SlidingEventTimeWindows', [6000, 2000], 6000, 2000],
] as const) {
  const average = (): Program => {
    const p = new Program();
    p.sink(
      windowed(
        p,
        p.source(ride),
        assigner(name, ...args),
        { kind: 'aggregate', aggregate: statistics(p), window: null },
        float64,
        stats,
      ),
    );
    return p;
  };
  test(`${name}: an inlined aggregate gives what the windows hold`, async () => {
    const code = generateTasks(planOf(average())).at(-1)!.code;
    assert.match(code, /columns\[0\] as Float64Array\)\[slot\] = count/);
    const round = (x: number): number => Math.round(x * 1e6) / 1e6;
    const results = await run(average(), rides, {
      watermarks: [
        { afterRow: 20, watermark: 6500 },
        { afterRow: 40, watermark: 13_500 },
      ],
    });
    assert.equal(
      sorted(results.map(r => ({ ...r, value: round(r.value as number) }))),
      sorted(
        expected(size, slide, inside => round(inside.reduce((sum, r) => sum + r.fare, 0) / inside.length)),
      ),
    );
  });
  test(`${name}: sum, max and minBy of a field`, async () => {
    for (const fn of ['sum', 'max', 'minBy'] as const) {
      const p = new Program();
      p.sink(
        windowed(p, p.source(ride), assigner(name, ...args), {
          kind: 'field',
          aggregation: { function: fn, field: ['fare'], first: true },
        }),
      );
      const results = await run(p, rides);
      const fares = (inside: readonly Ride[]): number => {
        const all = inside.map(r => r.fare);
        return fn === 'sum'
          ? all.reduce((a, b) => a + b)
          : fn === 'max'
            ? Math.max(...all)
            : Math.min(...all);
      };
      assert.equal(
        sorted(results.map(r => ({ ...r, value: (r.value as Ride).fare }))),
        sorted(expected(size, slide, fares)),
        fn,
      );
    }
  });
}

const choosing: readonly (readonly [
  name: string,
  text: string,
  choice: readonly [condition: string, chosen: number, otherwise: number],
  cheaper: boolean,
])[] = [
  ['the record or the accumulator', '$1.fare < $0.fare ? $1 : $0', ['$1.fare < $0.fare', 1, 0], true],
  ['the accumulator or the record', '$0.fare >= $1.fare ? $0 : $1', ['$0.fare >= $1.fare', 0, 1], false],
];
for (const [name, text, [condition, chosen, otherwise], cheaper] of choosing) {
  for (const windows of [
    assigner('TumblingEventTimeWindows', 5000),
    assigner('SlidingEventTimeWindows', 5000, 1000),
  ]) {
    test(`a reduction to ${name} stores what it chooses, in ${(windows as unknown as { name: string }).name}`, async () => {
      const p = new Program();
      const result = {
        kind: 'expression',
        code: fragments(text),
        usage: [{ fields: { fare: 'all' } }, { fields: { fare: 'all' } }],
        pure: true,
        choice: { condition: fragments(condition), chosen, otherwise },
      } as const;
      const reduce = p.both(
        result,
        cheaper ? '(a, b) => (b.fare < a.fare ? b : a)' : '(a, b) => (a.fare >= b.fare ? a : b)',
        2,
      );
      p.sink(windowed(p, p.source(ride), windows, { kind: 'reduce', reduce, window: null }));
      assert.match(
        generateTasks(planOf(p)).at(-1)!.code,
        cheaper ? /if \(fare\d* < fare\d*\)/ : /if \(!\(fare/,
      );
      const slide = (windows as unknown as { args: { value: number }[] }).args.at(-1)!.value;
      const choose = (a: Ride, b: Ride): Ride => ((cheaper ? b.fare < a.fare : a.fare < b.fare) ? b : a);
      assert.equal(
        sorted((await run(p, rides)).map(r => ({ ...r, value: (r.value as Ride).fare }))),
        sorted(expected(5000, slide, inside => inside.reduce(choose).fare)),
      );
    });
  }
}

test('windows of other kinds use the general operator, with equal results', async () => {
  const p = new Program();
  const trigger: Value = { t: 'api', id: 51, module: 'flinkc', name: 'EventTimeTrigger', args: [], at: null };
  p.sink(
    windowed(
      p,
      p.source(ride),
      assigner('TumblingEventTimeWindows', 5000),
      { kind: 'aggregate', aggregate: statistics(p), window: null },
      float64,
      stats,
      { trigger },
    ),
  );
  const q = new Program();
  q.sink(
    windowed(
      q,
      q.source(ride),
      assigner('TumblingEventTimeWindows', 5000),
      { kind: 'aggregate', aggregate: statistics(q), window: null },
      float64,
      stats,
    ),
  );
  assert.match(generateTasks(planOf(p)).at(-1)!.code, /new WindowOperator/);
  assert.match(generateTasks(planOf(q)).at(-1)!.code, /new SlicedWindowAggregate/);
  assert.equal(sorted(await run(p, rides)), sorted(await run(q, rides)));
});

type Texts = Partial<Record<'initial' | 'add' | 'merge', string>>;
const maths = { bindings: { Math: { kind: 'global', name: 'Math' } } } as const;
/** Counts unless said otherwise; what is said otherwise can be looked at, but not run. */
const counted = (p: Program, { initial, add, merge }: Texts = {}): Value =>
  p.object({
    createAccumulator: initial === undefined ? p.both('0', '() => 0', 0) : p.inline(initial, 0),
    add: add === undefined ? p.both('$1 + 1', '(_, n) => n + 1', 2) : p.inline(add, 2, maths),
    getResult: p.both('$0', 'n => n'),
    merge: merge === undefined ? p.both('$0 + $1', '(a, b) => a + b', 2) : p.inline(merge, 2, maths),
  });
const counting = (
  result: Texts = {},
  window: Partial<OpOf<'window'>['window']> = {},
  sliding: readonly number[] = [6000, 2000],
): Program => {
  const p = new Program();
  const windows = assigner('SlidingEventTimeWindows', ...sliding);
  const fn = { kind: 'aggregate', aggregate: counted(p, result), window: null } as const;
  p.sink(windowed(p, p.source(ride), windows, fn, float64, float64, window));
  return p;
};
const isCombined = (p: Program): boolean => planOf(p).exchanges[0]!.combine !== null;

test('counts and extremes are combined before they are sent, when nothing can tell', () => {
  assert.ok(isCombined(counting()));
  assert.ok(
    isCombined(counting({ initial: '-1', add: '@Math.max($1, $0.fare)', merge: '@Math.max($0, $1)' })),
  );
  for (const [why, p] of [
    ['a sum of fractions depends on its order', counting({ add: '$1 + $0.fare' })],
    ['merging is not what adding is', counting({ merge: '$0' })],
    ['counting does not begin with nothing', counting({ initial: '1' })],
    ['half records are rounded', counting({ add: '$1 + 0.1' })],
    ['the smaller of two counts', counting({ add: '@Math.min($1, $0.fare)', merge: '@Math.max($0, $1)' })],
    ['late records fire windows again', counting({}, { allowedLateness: 1000 })],
    ['late records leave whole', counting({}, { lateTag: 'late' })],
  ] as const)
    assert.not.ok(isCombined(p), why);
});

test('§4 combined counts are the counts, fused or not', async () => {
  const watermarks = [{ afterRow: 40, watermark: 13_500 }];
  for (const fuse of [true, false]) {
    const results = await run(counting(), rides, { watermarks, fuse });
    assert.equal(sorted(results), sorted(expected(6000, 2000, inside => inside.length)));
  }
});

test('§4 the record with the highest fare is chosen by the sender first; of equals, the first', async () => {
  const reduced = (order: string): Program => {
    const p = new Program();
    const result = {
      kind: 'expression',
      code: fragments(`$1.fare ${order} $0.fare ? $1 : $0`),
      usage: [{ fields: { fare: 'all' } }, { fields: { fare: 'all' } }],
      pure: true,
      choice: { condition: fragments(`$1.fare ${order} $0.fare`), chosen: 1, otherwise: 0 },
    } as const;
    const fn = {
      kind: 'reduce',
      reduce: p.both(result, '(a, b) => (b.fare > a.fare ? b : a)', 2),
      window: null,
    } as const;
    p.sink(windowed(p, p.source(ride), assigner('TumblingEventTimeWindows', 5000), fn));
    return p;
  };
  assert.ok(isCombined(reduced('>')));
  assert.not.ok(isCombined(reduced('+')));
  const highest = (inside: readonly Ride[]): Ride => inside.reduce((a, b) => (b.fare > a.fare ? b : a));
  const inOrder = (r: { readonly value: unknown; readonly timestamp: number | null }): typeof r => {
    const { cell, fare, driver } = r.value as Ride;
    return { ...r, value: { cell, fare, driver } };
  };
  const results = await run(reduced('>'), rides);
  assert.equal(sorted(results.map(inOrder)), sorted(expected(5000, 5000, highest)));
});

test('a process window function gets the key, the window and its records', async () => {
  const p = new Program();
  const fn = p.lifted(
    '(key, ctx, elements, out) => { out.collect(key + ctx.window.start + ":" + [...elements].length); }',
    ['all', 'all', 'all', 'all'],
  );
  p.sink(
    windowed(
      p,
      p.source(ride),
      assigner('TumblingEventTimeWindows', 5000),
      { kind: 'process', window: fn },
      string,
    ),
  );
  assert.equal(
    sorted(await run(p, rides)),
    sorted(
      expected(5000, 5000, (inside, cell) => ({ cell, count: inside.length })).map(r => ({
        timestamp: r.timestamp,
        value: `${r.value.cell}${r.timestamp + 1 - 5000}:${r.value.count}`,
      })),
    ),
  );
});

const bounds = struct({ cell: string, mean: float64, start: float64 });
/** `(cell, { window }, [mean], out) => { if (mean > limit) out.collect({ cell, mean, start: window.start }) }` */
function meansAbove(p: Program, limit: number, context: Usage, pasted: boolean): Value {
  const text = `(cell, { window }, [mean], out) => { if (mean > ${limit}) out.collect({ cell, mean, start: window.start }); }`;
  const usage: readonly Usage[] = ['all', context, 'all', 'all'];
  if (!pasted) return p.lifted(text, usage);
  return p.emitting(text, usage, [
    { kind: 'text', text: 'if (', at: 0 },
    { kind: 'field', param: 2, path: ['0'], at: 0 },
    { kind: 'text', text: ` > ${limit}) `, at: 0 },
    {
      kind: 'emit',
      at: 0,
      value: object(
        field('cell', path(0)),
        field('mean', path(2, '0')),
        field('start', path(1, 'window', 'start')),
      ),
    },
  ]);
}
const start: Usage = { fields: { window: { fields: { start: 'all' } } } };
const means = (
  windows: Value,
  window: (p: Program) => Value,
  after: (p: Program, from: OpId) => OpId = (_, from) => from,
): Program => {
  const p = new Program();
  const fn = { kind: 'aggregate', aggregate: statistics(p), window: window(p) } as const;
  p.sink(after(p, windowed(p, p.source(ride), windows, fn, bounds, stats)));
  return p;
};

for (const windows of [
  assigner('TumblingEventTimeWindows', 5000),
  assigner('SlidingEventTimeWindows', 6000, 2000),
]) {
  const { name } = windows as unknown as { name: string };
  const watermarks = [
    { afterRow: 20, watermark: 6500 },
    { afterRow: 40, watermark: 13_500 },
  ];
  for (const [what, after] of [
    ['alone', undefined],
    ['with a filter behind it', (p: Program, from: OpId) => p.filter(from, p.inline('$0.mean < 9'))],
    ['with a map behind it', (p: Program, from: OpId) => p.map(from, p.inline(path(0, 'mean')), float64)],
  ] as const) {
    test(`§4.3 ${name}: a window function ${what} gives the same pasted as called`, async () => {
      const [pasted, called] = [true, false].map(yes =>
        means(windows, p => meansAbove(p, 7, start, yes), after),
      );
      assert.match(generateTasks(planOf(pasted!)).at(-1)!.code, /fire: fire/);
      assert.not.match(generateTasks(planOf(called!)).at(-1)!.code, /fire: fire/);
      const results = await run(pasted!, rides, { watermarks });
      assert.ok(results.length > 5);
      assert.equal(sorted(results), sorted(await run(called!, rides, { watermarks })));
    });
  }
}

test('a window function that wants more of its context than the bounds is called', () => {
  const tumbling = assigner('TumblingEventTimeWindows', 5000);
  for (const context of [
    'all',
    { fields: { currentWatermark: 'all' } },
    { fields: { window: 'all' } },
    { fields: { window: { fields: { maxTimestamp: 'all' } } } },
  ] as const) {
    const p = means(tumbling, program => meansAbove(program, 7, context, true));
    assert.not.match(generateTasks(planOf(p)).at(-1)!.code, /fire: fire/);
  }
});

const everything = (fn: (p: Program) => OpOf<'window'>['function'], lateTag: string | null): Program => {
  const p = new Program();
  const window = {
    assigner: assigner('TumblingEventTimeWindows', 5000),
    trigger: null,
    evictor: null,
    allowedLateness: 0,
    lateTag,
  };
  const from = p.source(ride);
  p.sink(
    p.add(
      { kind: 'window', all: true, window, function: fn(p), inputs: [to(from)] },
      {
        output: string,
        inputs: [ride],
        accumulator: string,
        sideOutputs: lateTag === null ? {} : { late: ride },
      },
    ),
  );
  return p;
};
const names = (p: Program): OpOf<'window'>['function'] => ({
  kind: 'aggregate',
  aggregate: p.object({
    createAccumulator: p.lifted('() => ""', []),
    add: p.lifted('(v, acc) => { acc += v.driver; return acc; }', [{ fields: { driver: 'all' } }, 'all']),
    getResult: p.lifted('acc => acc', ['all']),
    merge: p.lifted('(a, b) => a + b', ['all', 'all']),
  }),
  window: null,
});

test('§4.2.3 windows of everything, records out of order and late ones among them', async () => {
  // Records of two windows take turns, and those of the first are late.
  const turns = [14_000, 15_000, 14_100, 15_100, 20_100, 14_200, 15_200, 20_000, 16_000];
  const rows = [
    ...rides.slice(0, 40),
    ...turns.map((timestamp, i) => ({ value: rides[i]!.value, timestamp })),
  ];
  const watermarks = [{ afterRow: 40, watermark: 14_999 }];
  const p = everything(names, null);
  assert.ok(generateTasks(planOf(p)).some(({ code }) => code.includes('let slot = -1;')));
  const held = new Map<number, string>();
  rows.forEach(({ value, timestamp }, i) => {
    const end = Math.floor(timestamp! / 5000) * 5000 + 5000;
    if (i >= 40 && end <= 15_000) return;
    held.set(end, (held.get(end) ?? '') + (value as Ride).driver);
  });
  assert.equal(
    sorted(await run(p, rows, { watermarks })),
    sorted([...held].map(([end, value]) => ({ value, timestamp: end - 1 }))),
  );
});

test('§4 a reduction of everything begins anew in each window, whatever the order of records', async () => {
  const p = new Program();
  const window = {
    assigner: assigner('TumblingEventTimeWindows', 1000),
    trigger: null,
    evictor: null,
    allowedLateness: 0,
    lateTag: null,
  };
  const reduce = p.both(
    object(
      field('cell', path(1, 'cell')),
      field('fare', '$0.fare + $1.fare'),
      field('driver', path(1, 'driver')),
    ),
    '(a, b) => ({ cell: b.cell, fare: a.fare + b.fare, driver: b.driver })',
    2,
  );
  const fn = { kind: 'reduce', reduce, window: null } as const;
  const from = p.source(ride);
  p.sink(
    p.add(
      { kind: 'window', all: true, window, function: fn, inputs: [to(from)] },
      { output: ride, inputs: [ride] },
    ),
  );
  // Of each window the first record comes after one of the next.
  const rows = rides.map((row, i) => ({
    ...row,
    timestamp: Math.floor(i / 4) * 1000 + (i % 4 < 2 ? 1000 : 0),
  }));
  const sums = new Map<number, number>();
  for (const { value, timestamp } of rows) {
    const end = Math.floor(timestamp / 1000) * 1000 + 1000;
    sums.set(end, (sums.get(end) ?? 0) + (value as Ride).fare);
  }
  assert.equal(
    sorted((await run(p, rows)).map(r => ({ ...r, value: (r.value as Ride).fare }))),
    sorted([...sums].map(([end, value]) => ({ value, timestamp: end - 1 }))),
  );
});

test.run();
