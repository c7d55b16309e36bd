import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { FieldAggregation } from '../../compiler/ir/index.js';
import { generateTasks } from '../../compiler/3-codegen/index.js';
import { by, float64, path, Program, string, struct } from './graph-builder.js';
import { planOf, run, type Row } from './run-plan.js';

const sale = struct({ shop: string, amount: float64, item: string });
type Sale = { readonly shop: string; readonly amount: number; readonly item: string };
const rows: readonly Row[] = Array.from({ length: 40 }, (_, i) => ({
  value: { shop: `s${i % 3}`, amount: (i * 7) % 5, item: `i${i}` },
  timestamp: i,
}));

function rolling(aggregation: FieldAggregation): Program {
  const p = new Program();
  const inputs = [by(p.source(sale), p.inline(path(0, 'shop')))];
  p.sink(
    p.add({ kind: 'rollingAggregate', aggregation, inputs }, { output: sale, inputs: [sale], key: string }),
  );
  return p;
}

/** The rule of §1: sum, min and max keep the other fields of the first record; minBy and maxBy return whole records. */
function expected({ function: fn, first }: FieldAggregation): readonly Sale[] {
  const state = new Map<string, Sale>();
  return rows.map(({ value }) => {
    const next = value as Sale;
    const old = state.get(next.shop);
    let result = old ?? next;
    if (old && fn === 'sum') result = { ...old, amount: old.amount + next.amount };
    if (old && fn === 'min') result = { ...old, amount: Math.min(old.amount, next.amount) };
    if (old && fn === 'max') result = { ...old, amount: Math.max(old.amount, next.amount) };
    if (old && fn === 'minBy' && (next.amount < old.amount || (!first && next.amount === old.amount)))
      result = next;
    if (old && fn === 'maxBy' && (next.amount > old.amount || (!first && next.amount === old.amount)))
      result = next;
    state.set(next.shop, result);
    return result;
  });
}

for (const fn of ['sum', 'min', 'max', 'minBy', 'maxBy'] as const) {
  for (const first of fn.endsWith('By') ? [true, false] : [true]) {
    test(`§1 ${fn} on a keyed stream${first ? '' : ', last of equals'}`, async () => {
      const aggregation = { function: fn, field: ['amount'], first };
      assert.equal(
        (await run(rolling(aggregation), rows)).map(r => r.value),
        expected(aggregation),
      );
    });
  }
}

test('a sum of which one field is read keeps that field alone, in a column', async () => {
  const p = new Program();
  const inputs = [by(p.source(sale), p.inline(path(0, 'shop')))];
  const sum = p.add(
    { kind: 'rollingAggregate', aggregation: { function: 'sum', field: ['amount'], first: true }, inputs },
    { output: sale, inputs: [sale], key: string },
  );
  p.sink(p.map(sum, p.inline(path(0, 'amount')), float64));
  const plan = planOf(p);
  const state = plan.tasks[1]!.ops[0]!.states[0]!.value;
  assert.equal(state.kind === 'struct' && state.fields.map(f => f.name), ['amount']);
  assert.match(generateTasks(plan)[1]!.code, /new KeyedColumnsOperator/);
  const sums = expected({ function: 'sum', field: ['amount'], first: true }).map(s => s.amount);
  assert.equal(
    (await run(p, rows)).map(r => r.value),
    sums,
  );
});

test('records with lists are reduced as objects', async () => {
  const basket = struct({ shop: string, items: { kind: 'list', of: string } });
  const p = new Program();
  const fn = p.lifted('(a, b) => ({ shop: a.shop, items: [...a.items, ...b.items] })', ['all', 'all']);
  const source = p.map(p.source(sale), p.lifted('v => ({ shop: v.shop, items: [v.item] })', ['all']), basket);
  p.sink(
    p.add(
      { kind: 'reduce', fn, inputs: [by(source, p.inline(path(0, 'shop')))] },
      { output: basket, inputs: [basket], key: string },
    ),
  );
  assert.match(generateTasks(planOf(p))[1]!.code, /new ReduceOperator/);
  const last = (await run(p, rows.slice(0, 6))).at(-1)!.value;
  assert.equal(last, { items: ['i2', 'i5'], shop: 's2' });
});

test.run();
