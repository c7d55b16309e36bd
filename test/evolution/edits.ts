/** Programs and what was edited in them: what becomes of their state in either direction. */

/** A program that keeps something per key and tells what it had before each record, and what it has after it. */
export interface Variant {
  /** types and functions */
  readonly declare?: string;
  /** default: strings */
  readonly key?: string;
  readonly keyType?: string;
  /** default: 'totals' */
  readonly uid?: string;
  /** in flinkc.lock.json */
  readonly renames?: object;
  /** an expression that opens the state `this.state` */
  readonly open: string;
  /** type of `this.state` */
  readonly handle: string;
  /** an expression: what the state holds */
  readonly read: string;
  /** a statement: `n` comes in */
  readonly update: string;
}

type Verdict = 'compatible' | 'migration' | 'breaking' | 'new' | 'dropped';
/** verdict of the state, and what a value becomes as JSON */
/** Called with what the first program told about its state. */
type Becomes = { becomes(old: unknown): unknown }['becomes'];
interface Sums {
  readonly sum: number;
  readonly count: number;
}

export interface Outcome {
  readonly verdict: Verdict;
  readonly becomes?: Becomes;
}
export interface Edit {
  readonly name: string;
  readonly from: Variant;
  readonly to: Variant;
  readonly forward: Outcome;
  readonly backward: Outcome;
}

const kept: Outcome = { verdict: 'compatible' };
const breaking: Outcome = { verdict: 'breaking' };
const migrates = (becomes: Becomes = old => old): Outcome => ({
  verdict: 'migration',
  becomes,
});

/** A value state of this type; `next` makes the next value of `old` and `n`. */
function value(type: string, next: string, migrate?: { readonly old: string; readonly by: string }): Variant {
  const old = migrate ? `, [${migrate.old}]` : '';
  const options = migrate ? `, { migrate: [${migrate.by}] }` : '';
  return {
    declare: `type Total = ${type};`,
    handle: 'ValueState<Total>',
    open: `getState(new ValueStateDescriptor<Total${old}>('total'${options}))`,
    read: 'this.state.value()',
    update: `const old = this.state.value(); this.state.update(${next});`,
  };
}
const plain = value(
  '{ sum: number; count: number }',
  '{ sum: (old?.sum ?? 0) + n, count: (old?.count ?? 0) + 1 }',
);
const int = value('Int32', '((old ?? 0) + 1) as Int32');
const list: Variant = {
  handle: 'ListState<number>',
  open: `getListState(new ListStateDescriptor<number>('total'))`,
  read: '[...this.state.get()]',
  update: 'this.state.add(n);',
};
const map: Variant = {
  handle: 'MapState<string, Int32>',
  open: `getMapState(new MapStateDescriptor<string, Int32>('total'))`,
  read: '[...this.state.entries()].sort()',
  update: `const at = 'k' + (n % 3); this.state.put(at, ((this.state.get(at) ?? 0) + 1) as Int32);`,
};
const reducing: Variant = {
  handle: 'ReducingState<Int32>',
  open: `getReducingState(new ReducingStateDescriptor<Int32>('total', (a: Int32, b: Int32) => (a + b) as Int32))`,
  read: 'this.state.get()',
  update: 'this.state.add(1 as Int32);',
};
const meanOf = (acc: string): string => `
  interface Mean { sum: ${acc}; count: number }
  const meanOf: AggregateFunction<number, Mean, number> = {
    createAccumulator: () => ({ sum: 0${acc === 'Int32' ? ' as Int32' : ''}, count: 0 }),
    add: (n, a) => ({ sum: (a.sum + n)${acc === 'Int32' ? ' as Int32' : ''}, count: a.count + 1 }),
    getResult: a => a.sum,
    merge: (a, b) => ({ sum: (a.sum + b.sum)${acc === 'Int32' ? ' as Int32' : ''}, count: a.count + b.count }),
  };`;
const aggregating = (acc: string): Variant => ({
  declare: meanOf(acc),
  handle: 'AggregatingState<number, number>',
  open: `getAggregatingState(new AggregatingStateDescriptor<number, Mean, number>('total', meanOf))`,
  read: 'this.state.get()',
  update: 'this.state.add(n);',
});

export const edits: readonly Edit[] = [
  { name: 'nothing', from: plain, to: plain, forward: kept, backward: kept },
  {
    name: 'fields in another order',
    from: plain,
    to: value('{ count: number; sum: number }', '{ count: (old?.count ?? 0) + 1, sum: (old?.sum ?? 0) + n }'),
    forward: kept,
    backward: kept,
  },
  {
    name: 'a type gets a name',
    from: plain,
    to: { ...plain, declare: 'interface Total { sum: number; count: number }' },
    forward: kept,
    backward: kept,
  },
  {
    name: 'an optional field is added',
    from: plain,
    to: value(
      '{ sum: number; count: number; last?: number }',
      '{ sum: (old?.sum ?? 0) + n, count: (old?.count ?? 0) + 1, last: n }',
    ),
    forward: migrates(),
    backward: migrates(({ sum, count }: Sums) => ({ sum, count })),
  },
  {
    name: 'a field that may be null is added',
    from: plain,
    to: value(
      '{ sum: number; count: number; last: string | null }',
      `{ sum: (old?.sum ?? 0) + n, count: (old?.count ?? 0) + 1, last: old?.last === null ? 'x' : null }`,
    ),
    forward: migrates((old: Sums) => ({ ...old, last: null })),
    backward: migrates(({ sum, count }: Sums) => ({ sum, count })),
  },
  {
    name: 'a required field is added',
    from: plain,
    to: value(
      '{ sum: number; count: number; last: number }',
      '{ sum: n, count: (old?.count ?? 0) + 1, last: n }',
    ),
    forward: breaking,
    backward: migrates(({ sum, count }: Sums) => ({ sum, count })),
  },
  {
    name: 'a field is renamed',
    from: plain,
    to: value(
      '{ total: number; count: number }',
      '{ total: (old?.total ?? 0) + n, count: (old?.count ?? 0) + 1 }',
    ),
    forward: breaking,
    backward: breaking,
  },
  {
    name: 'a field changes its type',
    from: plain,
    to: value('{ sum: string; count: number }', `{ sum: 'x', count: (old?.count ?? 0) + 1 }`),
    forward: breaking,
    backward: breaking,
  },
  {
    name: 'Int32 to number',
    from: int,
    to: value('number', '(old ?? 0) + 1'),
    forward: migrates(),
    backward: breaking,
  },
  {
    name: 'Int32 to Int64',
    from: int,
    to: value('Int64', '((old ?? 0n) + 1n) as Int64'),
    forward: migrates((old: number) => `${old}n`),
    backward: breaking,
  },
  {
    name: 'Float32 to number',
    from: value('Float32', '((old ?? 0) + 1) as Float32'),
    to: value('number', '(old ?? 0) + 1'),
    forward: migrates(),
    backward: breaking,
  },
  {
    name: 'a widened number inside lists of records',
    from: value('{ count: Int32 }[]', '[...(old ?? []).slice(-2), { count: n as Int32 }]'),
    to: value('{ count: number }[]', '[...(old ?? []).slice(-2), { count: n }]'),
    forward: migrates(),
    backward: breaking,
  },
  {
    name: 'a literal is added',
    from: value(`'even' | 'odd'`, `n % 2 ? 'odd' : 'even'`),
    to: value(`'even' | 'odd' | 'never'`, `n % 2 ? 'odd' : 'even'`),
    forward: migrates(),
    backward: breaking,
  },
  {
    name: 'literals become strings',
    from: value(`'even' | 'odd'`, `n % 2 ? 'odd' : 'even'`),
    to: value('string', 'String(n)'),
    forward: migrates(),
    backward: breaking,
  },
  {
    name: 'a member is added to a union',
    from: value(
      `{ kind: 'a'; n: number } | { kind: 'b'; at: number }`,
      `n % 2 ? { kind: 'a', n } : { kind: 'b', at: n }`,
    ),
    to: value(
      `{ kind: 'a'; n: number } | { kind: 'aa' } | { kind: 'b'; at: number }`,
      `n % 2 ? { kind: 'a', n } : { kind: 'b', at: n }`,
    ),
    forward: migrates(),
    backward: breaking,
  },
  {
    name: 'one type becomes a union',
    from: value(`{ kind: 'a'; n: number }`, `{ kind: 'a', n }`),
    to: value(`{ kind: 'a'; n: number } | { kind: 'b' }`, `n % 2 ? { kind: 'a', n } : { kind: 'b' }`),
    forward: migrates(),
    backward: breaking,
  },
  {
    name: 'required becomes optional',
    from: plain,
    to: value(
      '{ sum?: number; count: number }',
      '{ sum: (old?.sum ?? 0) + n, count: (old?.count ?? 0) + 1 }',
    ),
    forward: migrates(),
    backward: breaking,
  },
  {
    name: 'an own migrate function',
    from: plain,
    to: value('{ mean: number; count: Int32 }', '{ mean: n, count: ((old?.count ?? 0) + 1) as Int32 }', {
      old: '{ sum: number; count: number }',
      by: 'old => ({ mean: old.sum / old.count, count: old.count as Int32 })',
    }),
    forward: migrates(({ sum, count }: Sums) => ({ mean: sum / count, count })),
    backward: breaking,
  },
  {
    name: 'migrate functions of two older types',
    from: int,
    to: value(
      '{ count: number; unit: string }',
      `{ count: (old?.count ?? 0) + 1, unit: old?.unit ?? 'new' }`,
      {
        old: '{ sum: number; count: number }, Int32',
        by: `old => ({ count: old.count, unit: 'v1' }), old => ({ count: old, unit: 'v2' })`,
      },
    ),
    forward: migrates((count: number) => ({ count, unit: 'v2' })),
    backward: breaking,
  },
  {
    name: 'the key changes its type',
    from: plain,
    to: { ...plain, key: 'n % 4', keyType: 'number' },
    forward: breaking,
    backward: breaking,
  },
  { name: 'value becomes list', from: value('number', 'n'), to: list, forward: breaking, backward: breaking },
  { name: 'value becomes reducing', from: int, to: reducing, forward: breaking, backward: breaking },
  {
    name: 'elements of a list are widened',
    from: {
      ...list,
      handle: 'ListState<Int32>',
      open: `getListState(new ListStateDescriptor<Int32>('total'))`,
      update: 'this.state.add(n as Int32);',
    },
    to: list,
    forward: migrates(),
    backward: breaking,
  },
  {
    name: 'values of a map are widened',
    from: map,
    to: {
      ...map,
      handle: 'MapState<string, number>',
      open: `getMapState(new MapStateDescriptor<string, number>('total'))`,
      update: `const at = 'k' + (n % 3); this.state.put(at, (this.state.get(at) ?? 0) + 1);`,
    },
    forward: migrates(),
    backward: breaking,
  },
  {
    name: 'user keys of a map change',
    from: map,
    to: {
      ...map,
      handle: 'MapState<number, Int32>',
      open: `getMapState(new MapStateDescriptor<number, Int32>('total'))`,
      update: `const at = n % 3; this.state.put(at, ((this.state.get(at) ?? 0) + 1) as Int32);`,
    },
    forward: breaking,
    backward: breaking,
  },
  {
    name: 'a reduction is widened',
    from: reducing,
    to: {
      ...reducing,
      handle: 'ReducingState<number>',
      open: `getReducingState(new ReducingStateDescriptor<number>('total', (a: number, b: number) => a + b))`,
      update: 'this.state.add(1);',
    },
    forward: migrates(),
    backward: breaking,
  },
  {
    name: 'an accumulator is widened',
    from: aggregating('Int32'),
    to: aggregating('number'),
    forward: migrates(),
    backward: breaking,
  },
  {
    name: 'TTL comes and goes',
    from: plain,
    to: {
      ...plain,
      open: `getState(new ValueStateDescriptor<Total>('total', { ttl: StateTtlConfig.of(days(1)) }))`,
    },
    forward: kept,
    backward: kept,
  },
  {
    name: 'the state gets another name',
    from: plain,
    to: { ...plain, open: `getState(new ValueStateDescriptor<Total>('sums'))` },
    forward: { verdict: 'new' },
    backward: { verdict: 'new' },
  },
  {
    name: 'the operator gets another uid',
    from: plain,
    to: { ...plain, uid: 'sums' },
    forward: { verdict: 'dropped' },
    backward: { verdict: 'dropped' },
  },
  {
    name: 'the lock file knows the former name of the state',
    from: plain,
    to: {
      ...plain,
      open: `getState(new ValueStateDescriptor<Total>('sums'))`,
      renames: { states: { totals: { sums: 'total' } } },
    },
    forward: kept,
    backward: { verdict: 'new' },
  },
  {
    name: 'the lock file knows the former uid of the operator',
    from: plain,
    to: { ...plain, uid: 'sums', renames: { operators: { sums: 'totals' } } },
    forward: kept,
    backward: { verdict: 'dropped' },
  },
  {
    name: 'renamed and widened at once',
    from: int,
    to: {
      ...value('number', '(old ?? 0) + 1'),
      open: `getState(new ValueStateDescriptor<Total>('sums'))`,
      uid: 'sums',
      renames: { operators: { sums: 'totals' }, states: { sums: { sums: 'total' } } },
    },
    forward: migrates(),
    backward: { verdict: 'dropped' },
  },
];

export function programText(variant: Variant): string {
  const {
    declare = '',
    key = "'k' + (n % 4)",
    keyType = 'string',
    uid = 'totals',
    open,
    handle,
    read,
    update,
  } = variant;
  return `
import {
  AggregatingStateDescriptor, createEnvironment, DataGeneratorSource, days, KeyedProcessFunction, ListStateDescriptor,
  MapStateDescriptor, ReducingStateDescriptor, StateTtlConfig, ValueStateDescriptor, WatermarkStrategy,
  type AggregateFunction, type AggregatingState, type Collector, type Float32, type Int32, type Int64,
  type KeyedProcessContext, type ListState, type MapState, type ReducingState, type ValueState,
} from 'flinkc';
import { CollectSink } from 'flinkc/collect';
${declare}
void [AggregatingStateDescriptor, ListStateDescriptor, MapStateDescriptor, ReducingStateDescriptor, StateTtlConfig, ValueStateDescriptor, days];

interface Told { key: string; before: string; after: string }
const text = (value: unknown): string => JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? v + 'n' : v)) ?? 'null';

class Totals extends KeyedProcessFunction<${keyType}, number, Told> {
  state!: ${handle};
  override open(): void {
    this.state = this.getRuntimeContext().${open};
  }
  processElement(n: number, ctx: KeyedProcessContext<${keyType}>, out: Collector<Told>): void {
    const before = text(${read});
    ${update}
    out.collect({ key: String(ctx.currentKey), before, after: text(${read}) });
  }
}
const env = createEnvironment();
env
  .fromSource(new DataGeneratorSource((i): number => i, 40_000_000, 8_000), WatermarkStrategy.noWatermarks(), 'numbers')
  .setParallelism(1)
  .uid('numbers')
  .keyBy(n => ${key})
  .process(new Totals())
  .uid('${uid}')
  .sinkTo(new CollectSink('told'))
  .uid('sink');
await env.execute('edited');
`;
}
