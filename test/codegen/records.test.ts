import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Value } from '../../compiler/ir/index.js';
import { generateTasks } from '../../compiler/3-codegen/index.js';
import {
  bool,
  expression,
  field,
  float64,
  int32,
  nullable,
  object,
  path,
  Program,
  spread,
  string,
  struct,
  to,
} from './graph-builder.js';
import { planOf, run, type Row, type RunOptions } from './run-plan.js';

const variants: readonly RunOptions[] = [
  {},
  { fuse: false },
  { minify: true },
  { fuse: false, minify: true, capacity: 1 },
];
/** Every way to compile and run must give the same. */
async function everyWay(
  program: () => Program,
  rows: readonly Row[],
  expected: readonly unknown[],
): Promise<void> {
  for (const options of variants) {
    assert.equal(
      (await run(program(), rows, options)).map(r => r.value),
      expected,
      JSON.stringify(options),
    );
  }
}

const person = struct({ name: string, age: float64 });
const event = struct({ id: float64, person: nullable(person), ok: bool });
const events: readonly Row[] = [
  { value: { id: 1, person: { name: 'x', age: 3 }, ok: true } },
  { value: { id: 2, person: null, ok: false } },
  { value: { id: 3, person: { name: 'y', age: 5 }, ok: true } },
];

test('a nullable struct is one presence column and its demanded leaves', async () => {
  const program = (): Program => {
    const p = new Program();
    const there = p.filter(p.source(event), p.inline('$0.person?'));
    p.sink(p.map(there, p.inline('$0.person.age + $0.id'), float64));
    return p;
  };
  const columns = planOf(program(), false).exchanges[0]!.layout.columns.map(
    c => `${c.path.join('.')}${c.presence ? '?' : ''}`,
  );
  assert.equal(columns, ['id', 'person?', 'person.age']);
  await everyWay(program, events, [4, 8]);
});

test('a nullable struct that goes on whole is null where it was null', async () => {
  await everyWay(
    () => {
      const p = new Program();
      p.sink(
        p.map(
          p.source(event),
          p.inline(object(field('who', path(0, 'person')), field('fine', path(0, 'ok')))),
          struct({ who: nullable(person), fine: bool }),
        ),
      );
      return p;
    },
    events,
    [
      { fine: true, who: { age: 3, name: 'x' } },
      { fine: false, who: null },
      { fine: true, who: { age: 5, name: 'y' } },
    ],
  );
});

test('reading a field of an absent struct fails as in JavaScript, with operator and row', async () => {
  const p = new Program();
  p.sink(p.map(p.source(event), p.inline('$0.person.age'), float64));
  try {
    await run(p, events);
    assert.unreachable();
  } catch (error) {
    const failure = error as { name: string; operator: number; row: number; cause: Error };
    assert.is(failure.cause.message, "Cannot read properties of null (reading 'age')");
    assert.equal([failure.name, failure.operator, failure.row], ['OperatorFailure', 1, 1]);
  }
});

test('a record of which nothing is read is still an object', async () => {
  const p = new Program();
  const fn = p.lifted('(e) => (e ? 1 : 0)', [{ fields: {} }]);
  p.sink(p.map(p.source(event), fn, float64));
  assert.equal(
    (await run(p, events)).map(r => r.value),
    [1, 1, 1],
  );
});

test('an error names the operator whose code threw, also after rows that went further', async () => {
  const p = new Program();
  const source = p.source(float64);
  const fn = p.inline('((n) => { if (n === 3) throw new Error("three"); return n; })($0)');
  const inputs = [to(source, { kind: 'rebalance' as const })];
  const scaled = p.add({ kind: 'map', fn, inputs }, { output: float64, inputs: [float64] });
  p.sink(p.map(scaled, p.inline('$0 + 1'), float64));
  try {
    await run(p, [{ value: 1 }, { value: 2 }, { value: 3 }]);
    assert.unreachable();
  } catch (error) {
    const failure = error as { readonly operator: number; readonly row: number; readonly message: string };
    assert.equal([failure.message, failure.operator, failure.row], ['three', 0, 2]);
  }
});

test('optional fields stay absent, spreads keep what they had, omitted fields go', async () => {
  const record = struct({ a: float64, b: float64, note: string }, ['note']);
  await everyWay(
    () => {
      const p = new Program();
      p.sink(
        p.map(
          p.source(record),
          p.inline(object(spread(0, [], ['b']), field('c', '$0.a * 2'))),
          struct({ a: float64, c: float64, note: string }, ['note']),
        ),
      );
      return p;
    },
    [{ value: { a: 1, b: 2 } }, { value: { a: 3, b: 4, note: 'n' } }],
    [
      { a: 1, c: 2 },
      { a: 3, c: 6, note: 'n' },
    ],
  );
});

test('branches do not disturb each other, whatever their filters say', async () => {
  await everyWay(
    () => {
      const p = new Program();
      const source = p.source(float64);
      p.sink(p.map(p.filter(source, p.inline('$0 > 1')), p.inline('$0 * 10'), float64));
      p.sink(p.filter(source, p.inline('$0 < 3')));
      return p;
    },
    [{ value: 1 }],
    [1],
  );
});

test('pasted locals and captures keep their meaning next to generated names', async () => {
  const p = new Program();
  const source = p.source(struct({ price: float64, i: float64, op: float64 }));
  const two: Value = { t: 'primitive', value: 2 };
  const list: Value = { t: 'array', id: 1, items: [two, two] };
  const fn = p.inline(
    { ...expression('@price.map(%i => %i + $0.i).concat(@op, $0.op, $0.price)'), pure: true } as ReturnType<
      typeof expression
    >,
    1,
    {
      bindings: { price: { kind: 'value', value: list }, op: { kind: 'value', value: two } },
    },
  );
  p.sink(p.map(source, fn, { kind: 'list', of: float64 }));
  assert.equal(
    (await run(p, [{ value: { price: 7, i: 1, op: 9 } }])).map(r => r.value),
    [[3, 3, 2, 9, 7]],
  );
});

test('deploy-time parameters are converted to their type', async () => {
  const p = new Program();
  p.parameters = [{ name: 'limit', kind: 'param', type: 'number', defaultValue: '1', at: null }];
  const limit = { kind: 'value', value: { t: 'parameter', name: 'limit' } } as const;
  p.sink(p.filter(p.source(float64), p.inline('$0 >= @limit', 1, { bindings: { limit } })));
  assert.equal(
    (await run(p, [{ value: 3 }, { value: 20 }], { params: { limit: '10' } })).map(r => r.value),
    [20],
  );
});

test('an Int32 that is none is refused before the row is written', async () => {
  const p = new Program();
  const whole = p.map(p.source(float64), p.inline('$0 / 2'), int32);
  p.sink(to(whole, { kind: 'rebalance' }));
  assert.equal(
    (await run(p, [{ value: 4 }])).map(r => r.value),
    [2],
  );
  try {
    await run(p, [{ value: 3 }]);
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /1\.5 is not a 32-bit integer/);
  }
});

test('a record shared with a function that changes it is copied', async () => {
  const p = new Program();
  const tags = struct({ tags: { kind: 'list', of: float64 } });
  const made = p.map(p.source(float64), p.lifted('(n) => ({ tags: [n] })', ['all']), tags);
  const change = p.lifted('(r) => { r.tags.push(99); return r.tags.length; }', ['all'], { mutates: [true] });
  p.sink(p.map(made, change, float64));
  p.sink(p.map(made, p.inline('$0.tags.length'), float64));
  assert.ok(planOf(p).tasks[0]!.ops[1]!.copyOutput);
  assert.equal(
    (await run(p, [{ value: 1 }])).map(r => r.value),
    [2, 1],
  );
});

test('records that nobody changes are not copied', () => {
  const p = new Program();
  const source = p.source(person);
  p.sink(p.map(source, p.inline('$0.age'), float64));
  p.sink(p.map(source, p.inline('$0.name'), string));
  assert.not(planOf(p).tasks[0]!.ops.some(o => o.copyOutput));
});

test('32 maps over 8 fields stay scalars', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  const wide = struct(Object.fromEntries(names.map(n => [n, float64])));
  const program = (): Program => {
    const p = new Program();
    let at = p.source(wide);
    for (let k = 0; k < 32; k++)
      at = p.map(
        at,
        p.inline(object(...names.map((n, j) => field(n, `$0.${n} + $0.${names[(j + 1) % 8]!} % 7`)))),
        wide,
      );
    p.sink(p.map(at, p.inline(names.map(n => `$0.${n}`).join(' + ')), float64));
    return p;
  };
  const code = generateTasks(planOf(program()))[0]!.code;
  const loop = code.slice(code.indexOf('for (; i'), code.indexOf('catch'));
  assert.not.match(loop, /\{ a/);
  const value = Object.fromEntries(names.map((n, i) => [n, i + 0.25]));
  let plain = { ...value };
  for (let k = 0; k < 32; k++)
    plain = Object.fromEntries(names.map((n, j) => [n, plain[n]! + (plain[names[(j + 1) % 8]!]! % 7)]));
  await everyWay(program, [{ value }], [names.reduce((sum, n) => sum + plain[n]!, 0)]);
});

test.run();
