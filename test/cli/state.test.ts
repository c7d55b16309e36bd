/** flinkc check and flinkc state as they are called. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { setTimeout as delay } from 'node:timers/promises';
import { renameSync } from 'node:fs';
import { runEmbedded } from '../../runtime/embedded/index.js';
import { Project } from './project.js';

const program = (total: string, next: string): string => `
import {
  createEnvironment, DataGeneratorSource, KeyedProcessFunction, ListStateDescriptor, MapStateDescriptor,
  ValueStateDescriptor, WatermarkStrategy, type Collector, type Int32, type KeyedProcessContext, type ListState,
  type MapState, type ValueState,
} from 'flinkc';
import { CollectSink } from 'flinkc/collect';

type Total = ${total};
class Totals extends KeyedProcessFunction<string, number, string> {
  total!: ValueState<Total>;
  seen!: ListState<number>;
  perDigit!: MapState<string, number>;
  override open(): void {
    const context = this.getRuntimeContext();
    this.total = context.getState(new ValueStateDescriptor<Total>('total'));
    this.seen = context.getListState(new ListStateDescriptor<number>('seen'));
    this.perDigit = context.getMapState(new MapStateDescriptor<string, number>('perDigit'));
  }
  processElement(n: number, ctx: KeyedProcessContext<string>, out: Collector<string>): void {
    const old = this.total.value();
    this.total.update(${next});
    if (n < 8) this.seen.add(n);
    this.perDigit.put(String(n % 10), n);
    ctx.timerService.registerEventTimeTimer(86_400_000);
    out.collect('seen');
  }
}
const env = createEnvironment();
env
  .fromSource(new DataGeneratorSource((i): number => i, 80_000_000, 8_000), WatermarkStrategy.noWatermarks(), 'numbers')
  .setParallelism(1)
  .uid('numbers')
  .keyBy(n => 'k' + (n % 4))
  .process(new Totals())
  .uid('totals')
  .sinkTo(new CollectSink('told'))
  .uid('sink');
await env.execute('totals');
`;

const project = new Project({
  'one.ts': program('{ count: Int32 }', '{ count: ((old?.count ?? 0) + 1) as Int32 }'),
  'wider.ts': program('{ count: number; unit?: string }', '{ count: (old?.count ?? 0) + 1 }'),
  'other.ts': program('{ count: string }', `{ count: 'x' + n }`),
});
test.after(() => project.remove());

const build = async (name: string): Promise<void> => {
  const { code, stderr } = await project.flinkc(['build', `${name}.ts`, '-o', name]);
  assert.is(code, 0, stderr);
};
/** Two savepoints of the first program, one after the other. */
const takeSavepoints = async (): Promise<void> => {
  let records = 0;
  const job = await runEmbedded({
    artifactDir: project.path('one'),
    parallelism: 2,
    onRecords: (_, more) => void (records += more.length),
  });
  while (records < 40) await delay(5);
  const first = await job.triggerSavepoint(project.path('savepoints'));
  // More than may have been on the way to here.
  for (const before = records; records < before + 4_000;) await delay(5);
  const second = await job.triggerSavepoint(project.path('savepoints'));
  await job.cancel();
  await job.result;
  renameSync(first.location, project.path('first'));
  renameSync(second.location, project.path('second'));
};

test('flinkc check: 0 when the state fits, 1 when not, 2 when it cannot be said', async () => {
  for (const name of ['one', 'wider', 'other']) await build(name);
  await takeSavepoints();

  for (const against of ['one', 'first']) {
    const same = await project.flinkc(['check', 'one', '--against', against]);
    assert.is(same.code, 0, same.stderr);
    assert.match(same.stdout, /totals +total +compatible\n/);
    assert.match(same.stdout, /numbers +source splits +compatible\n/);
    assert.match(same.stdout, /The state fits: \d+ compatible\./);

    const wider = await project.flinkc(['check', 'wider', '--against', against]);
    assert.is(wider.code, 0, wider.stderr);
    assert.match(
      wider.stdout,
      /total +compatible after migration +value\.count: int32 is widened to float64/,
    );
    assert.match(wider.stdout, /value\.unit: added, absent in old values/);

    const other = await project.flinkc(['check', 'other', '--against', against]);
    assert.is(other.code, 1);
    assert.match(other.stdout, /total +breaking +value\.count: int32 cannot become string/);
    assert.match(other.stdout, /fix: keep the type/);
    assert.match(other.stdout, /The state does not fit/);
  }
  const json = await project.flinkc(['check', 'wider', '--against', 'first', '--json']);
  const { fits, states } = JSON.parse(json.stdout) as {
    fits: boolean;
    states: readonly { state: string; verdict: string }[];
  };
  assert.is(fits, true);
  assert.is(states.find(s => s.state === 'total')!.verdict, 'migration');

  for (const args of [
    ['check'],
    ['check', 'one'],
    ['check', 'one', '--against', 'nowhere'],
    ['check', 'gone', '--against', 'one'],
  ]) {
    const failed = await project.flinkc(args);
    assert.is(failed.code, 2, args.join(' '));
    assert.match(failed.stderr, /error FC\d{4}/);
    assert.is(failed.stdout, '');
  }
});

test('flinkc state ls: operators and states with their types', async () => {
  const { code, stdout, stderr } = await project.flinkc(['state', 'ls', 'first']);
  assert.is(code, 0, stderr);
  assert.match(stdout, /savepoint 1 of 'totals'/);
  assert.match(stdout, /totals +total +value +string +\{ count: int32 \} +\d+/);
  assert.match(stdout, /totals +seen +list +string +float64 +\d+/);
  assert.match(stdout, /totals +perDigit +map +string +string → float64 +\d+/);
  assert.match(stdout, /totals +_timer\/user-timers\/event +timer +string +timestamp +\d+/);
  assert.match(stdout, /numbers +source splits +outside/);
  const json = await project.flinkc(['state', 'ls', 'first', '--state', 'seen', '--json']);
  assert.equal(
    json.stdout
      .trim()
      .split('\n')
      .map(line => (JSON.parse(line) as { state: string }).state),
    ['seen'],
  );
});

test('FC5144: an operator that a savepoint does not have is refused, not an empty answer', async () => {
  for (const [given, fix] of [
    ['nmbers', /fix: did you mean 'numbers'\?/],
    ['somewhere', /fix: its operators are numbers, .*totals/],
  ] as const)
    for (const action of [['ls'], ['get'], ['diff', 'second']]) {
      const { code, stderr, stdout } = await project.flinkc([
        'state',
        ...action,
        'first',
        '--operator',
        given,
      ]);
      assert.is(code, 1);
      assert.match(stderr, `has no operator '${given}'`);
      assert.match(stderr, fix);
      assert.is(stdout, '');
    }
});

test('FC5144: a state that a savepoint does not have is refused, not an empty answer', async () => {
  for (const [given, fix] of [
    [['--state', 'totl'], /no state 'totl'\n *fix: did you mean 'total'\?/],
    [['--state', 'elsewhere'], /fix: its states are .*perDigit, seen, source splits, total/],
    [
      ['--state', 'total', '--operator', 'numbers'],
      /no state 'total' of operator 'numbers'\n *fix: its states are source splits/,
    ],
  ] as const)
    for (const action of [
      ['ls', 'first'],
      ['get', 'first'],
      ['diff', 'first', 'second'],
    ]) {
      const { code, stderr, stdout } = await project.flinkc(['state', ...action, ...given]);
      assert.is(code, 1, stderr);
      assert.match(stderr, fix);
      assert.is(stdout, '');
    }
});

test('flinkc state get: typed contents, filtered', async () => {
  const all = await project.flinkc(['state', 'get', 'first']);
  assert.is(all.code, 0, all.stderr);
  assert.match(all.stdout, /totals {2}total {2}\(value\)\n(?: {2}"k\d" {2}\{"count":\d+\}\n)+/);
  assert.match(all.stdout, /"k1" \[0\] {2}1\n/);
  assert.match(all.stdout, /"k1" \["1"\] {2}\d+\n/);
  assert.match(all.stdout, /"k3" {2}fires 1970-01-02T00:00:00\.000Z\n/);
  const ofSource = await project.flinkc(['state', 'get', 'first', '--operator', 'numbers']);
  assert.match(ofSource.stdout, /^numbers {2}source splits {2}\((?:split|enumerator)\)/);
  assert.not.match(ofSource.stdout, 'totals');

  const one = await project.flinkc([
    'state',
    'get',
    'first',
    '--operator',
    'totals',
    '--state',
    'seen',
    '--key',
    '"k1"',
    '--json',
  ]);
  const rows = one.stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { key: string; index: number; value: number });
  assert.equal(
    rows.map(({ key, index, value }) => ({ key, index, value })),
    [
      { key: 'k1', index: 0, value: 1 },
      { key: 'k1', index: 1, value: 5 },
    ],
  );
  const limited = await project.flinkc(['state', 'get', 'first', '--limit', '3', '--json']);
  assert.is(limited.stdout.trim().split('\n').length, 3);
});

test('flinkc state diff: what changed between two savepoints', async () => {
  const nothing = await project.flinkc(['state', 'diff', 'first', 'first']);
  assert.is(nothing.code, 0, nothing.stderr);
  assert.is(nothing.stdout, '');
  const changed = await project.flinkc(['state', 'diff', 'first', 'second', '--state', 'total', '--json']);
  const rows = changed.stdout
    .trim()
    .split('\n')
    .map(
      line =>
        JSON.parse(line) as {
          change: string;
          key: string;
          value: { count: number };
          before: { count: number };
        },
    );
  assert.equal(rows.map(row => row.key).sort(), ['k0', 'k1', 'k2', 'k3']);
  for (const { change, value, before } of rows) {
    assert.is(change, 'changed');
    assert.ok(value.count > before.count);
  }
  const text = await project.flinkc(['state', 'diff', 'second', 'first', '--state', 'total']);
  assert.match(text.stdout, /^~ totals {2}total {2}"k\d" {2}\{"count":\d+\} {2}\(was \{"count":\d+\}\)$/m);
});

test('flinkc state diff: how far sources have come is compared by split', async () => {
  const ofSource = ['--operator', 'numbers', '--json'];
  const { code, stdout, stderr } = await project.flinkc(['state', 'diff', 'first', 'second', ...ofSource]);
  assert.is(code, 0, stderr);
  const rows = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { change: string; kind: string; value: unknown; before: unknown });
  const split = rows.filter(({ kind }) => kind === 'split');
  assert.is(split.length, 1, stdout);
  assert.is(split[0]!.change, 'changed');
  assert.type(split[0]!.before, 'object');
  assert.not.equal(split[0]!.before, split[0]!.value);
  const all = await project.flinkc(['state', 'diff', 'first', 'second']);
  assert.match(all.stdout, /^~ numbers {2}source splits {2}\{.*\(was \{.*\}\)$/m);
  const byKey = await project.flinkc(['state', 'diff', 'first', 'second', '--key', '"k1"']);
  assert.not.match(byKey.stdout, 'source splits');
});

test('wrong use of flinkc state is exit code 2, a damaged savepoint 1', async () => {
  for (const args of [
    ['state'],
    ['state', 'ls'],
    ['state', 'show', 'first'],
    ['state', 'get', 'first', '--key', '{'],
    ['state', 'get', 'first', '--limit', 'x'],
  ]) {
    const { code, stderr } = await project.flinkc(args);
    assert.is(code, 2, args.join(' '));
    assert.match(stderr, /error FC40\d\d/);
  }
  project.write({ 'damaged/_metadata': 'flinkc-checkpoint 1 2 00000000\n{}' });
  const damaged = await project.flinkc(['state', 'ls', 'damaged']);
  assert.is(damaged.code, 1);
  assert.match(damaged.stderr, /FC5504.*damaged\/_metadata/s);
});

test.run();
