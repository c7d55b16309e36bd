import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { generateTasks } from '../../compiler/3-codegen/index.js';
import { field, float64, object, path, Program, spread, string, struct } from './graph-builder.js';
import { planOf, run } from './run-plan.js';

const order = struct({ id: string, price: float64, quantity: float64, note: string });
const orders = [
  { id: 'a', price: 10, quantity: 2, note: 'x' },
  { id: 'b', price: 5, quantity: 1, note: 'y' },
  { id: 'c', price: 7, quantity: 3, note: 'z' },
];

function totals(): Program {
  const p = new Program();
  const source = p.source(order);
  const expensive = p.filter(source, p.inline('$0.price > 6'));
  const total = p.map(
    expensive,
    p.inline(object(spread(), field('total', '$0.price * $0.quantity'))),
    struct({ id: string, price: float64, quantity: float64, note: string, total: float64 }),
  );
  p.sink(
    p.map(
      total,
      p.inline(object(field('id', path(0, 'id')), field('total', path(0, 'total')))),
      struct({ id: string, total: float64 }),
    ),
  );
  return p;
}

test('a chain of maps and filters runs as one loop over scalars', async () => {
  const tasks = generateTasks(planOf(totals()));
  if (process.env['SHOW']) console.log(tasks[0]!.code);
  assert.is(tasks.length, 1);
  assert.equal(
    (
      await run(
        totals(),
        orders.map(value => ({ value })),
      )
    ).map(r => r.value),
    [
      { id: 'a', total: 20 },
      { id: 'c', total: 21 },
    ],
  );
});

for (const [name, options] of Object.entries({
  unfused: { fuse: false },
  minified: { minify: true },
  'unfused and minified': { fuse: false, minify: true },
})) {
  test(`${name}: same results as fused`, async () => {
    const rows = orders.map((value, i) => ({ value, timestamp: i }));
    assert.equal(await run(totals(), rows, options), await run(totals(), rows));
  });
}

test('fields that nobody reads reach no column', () => {
  const plan = planOf(totals());
  const code = generateTasks(plan)[0]!.code;
  assert.match(code, /layout: \{ columns: \[\{ path: \["id"\]/);
  assert.not.match(code, /\["note"\]/);
});

test('the same plan gives the same bytes', () => {
  assert.equal(generateTasks(planOf(totals())), generateTasks(planOf(totals())));
});

test.run();
