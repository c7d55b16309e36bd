/**
 * Windows and keyed state whose types change between two versions of a program (§10.4): what was kept is converted by
 * whichever backend it is restored, from a savepoint or from a checkpoint of the same backend.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compile, writeArtifact } from '../../compiler/compile.js';
import { connectorCompilers } from '../../plugins/compilers.js';
import { runEmbedded } from '../../runtime/embedded/index.js';
import { Project } from '../cli/project.js';

const count = 2_000;
const keys = 5;

/** Windows of a minute over two seconds: they fire at the end of the input, with all that was there before and after. */
const program = (n: string, accumulator: string, make: (sum: string, seen: string) => string): string => `
import {
  createEnvironment, EventTimeSessionWindows, KeyedProcessFunction, minutes, ProcessWindowFunction, seconds,
  SlidingEventTimeWindows, TumblingEventTimeWindows, ValueStateDescriptor, WatermarkStrategy, MAX_TIMESTAMP,
  type AggregateFunction, type Collector, type Int32, type KeyedProcessContext, type OnTimerContext,
  type ProcessWindowContext, type TimeWindow, type ValueState,
} from 'flinkc';
import { CollectSink } from 'flinkc/collect';
import { HeldNumbers } from './held-numbers.js';

interface Item { readonly key: string; readonly n: ${n} }
type Kept = ${accumulator};
const total: AggregateFunction<Item, Kept, string> = {
  createAccumulator: () => (${make('0', '0')}),
  add: ({ n }, { sum, seen }) => (${make('sum + n', 'seen + 1')}),
  getResult: ({ sum, seen }) => sum + ' ' + seen,
  merge: (a, b) => (${make('a.sum + b.sum', 'a.seen + b.seen')}),
};
class All extends ProcessWindowFunction<Item, string, string, TimeWindow> {
  process(_key: string, _context: ProcessWindowContext<TimeWindow>, items: Iterable<Item>, out: Collector<string>): void {
    const all = [...items];
    out.collect(all.reduce((sum, { n }) => sum + n, 0) + ' ' + all.length);
  }
}
class Totals extends KeyedProcessFunction<string, Item, string> {
  #kept!: ValueState<Kept>;
  override open(): void {
    this.#kept = this.getRuntimeContext().getState(new ValueStateDescriptor<Kept>('kept'));
  }
  processElement({ n }: Item, { timerService }: KeyedProcessContext<string>): void {
    const { sum, seen } = this.#kept.value() ?? ${make('0', '0')};
    this.#kept.update(${make('sum + n', 'seen + 1')});
    timerService.registerEventTimeTimer(MAX_TIMESTAMP);
  }
  override onTimer(_time: number, _context: OnTimerContext<string>, out: Collector<string>): void {
    const { sum, seen } = this.#kept.value()!;
    out.collect(sum + ' ' + seen);
  }
}

const env = createEnvironment();
const items = env
  .fromSource(
    new HeldNumbers(${count}, 8_000, env.param('release')),
    WatermarkStrategy.forMonotonousTimestamps<number>().withTimestampAssigner(n => n),
    'numbers',
  )
  .setParallelism(1)
  .uid('numbers')
  .map((n): Item => ({ key: 'k' + (n % ${keys}), n: n as ${n} }));
items.map(({ n }) => Number(n)).sinkTo(new CollectSink('seen')).uid('seen');
const keyed = items.keyBy('key');
const minute = TumblingEventTimeWindows.of(minutes(1));
keyed.window(minute).aggregate(total).uid('tumbling').sinkTo(new CollectSink('tumbling')).uid('to tumbling');
keyed.window(SlidingEventTimeWindows.of(minutes(1), seconds(30))).aggregate(total).uid('sliding')
  .sinkTo(new CollectSink('sliding')).uid('to sliding');
keyed.window(EventTimeSessionWindows.withGap(minutes(1))).aggregate(total).uid('session')
  .sinkTo(new CollectSink('session')).uid('to session');
keyed.window(minute).process(new All()).uid('contents').sinkTo(new CollectSink('contents')).uid('to contents');
keyed.process(new Totals()).uid('state').sinkTo(new CollectSink('state')).uid('to state');
await env.execute('windows');
`;
const before = program(
  'Int32',
  '{ readonly sum: Int32; readonly seen: Int32 }',
  (sum, seen) => `{ sum: (${sum}) as Int32, seen: (${seen}) as Int32 }`,
);
const after = program(
  'number',
  '{ readonly unit?: string; readonly seen: number; readonly sum: number }',
  (sum, seen) => `{ sum: ${sum}, seen: ${seen} }`,
);

const test = suite('types of windows and state that change');
const project = new Project({
  'held-numbers.ts': readFileSync('test/engine/programs/held-numbers.ts', 'utf8'),
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      target: 'es2023',
      module: 'nodenext',
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: ['node'],
    },
  }),
});
test.after(() => project.remove());
test.before(async () => {
  for (const [name, text] of [
    ['before', before],
    ['after', after],
  ] as const) {
    project.write({ 'program.ts': text });
    const { output, diagnostics } = await compile({
      entry: project.path('program.ts'),
      connectors: connectorCompilers,
      lock: 'update',
      flinkcVersion: '0.1.0',
    });
    // An assertion in a hook would be lost.
    if (!output) console.log(JSON.stringify(diagnostics));
    writeArtifact(output!.artifact, project.path(name));
  }
});

let runs = 0;
for (const [kind, from, to, parallelism] of [
  ['savepoint', 'hashmap', 'rocksdb', 2],
  ['savepoint', 'rocksdb', 'rocksdb', 1],
  ['savepoint', 'rocksdb', 'hashmap', 1],
  ['checkpoint', 'rocksdb', 'rocksdb', 2],
  ['checkpoint', 'hashmap', 'rocksdb', 1],
] as const)
  test(`§10.4 ${kind} of ${from}, restored by ${to} at parallelism ${parallelism}`, async () => {
    const path = project.path(`run-${runs++}`);
    mkdirSync(path);
    const release = join(path, 'release');
    const configuration = (backend: string) => ({
      'state.backend.type': backend,
      'pipeline.max-parallelism': '16',
      'execution.checkpointing.interval': '1 h',
      'execution.checkpointing.dir': join(path, 'checkpoints'),
      'execution.checkpointing.savepoint-dir': join(path, 'savepoints'),
      'execution.checkpointing.externalized-checkpoint-retention': 'RETAIN_ON_CANCELLATION',
    });
    let seen = 0;
    const first = await runEmbedded({
      artifactDir: project.path('before'),
      parallelism: 1,
      params: { release },
      configuration: configuration(from),
      onRecords: (_, records) => (seen += records.length),
    });
    for (const giveUp = Date.now() + 240_000; seen < 200; await delay(5))
      assert.ok(Date.now() < giveUp, `${seen} records after minutes`);
    const { location } =
      kind === 'savepoint' ? await first.triggerSavepoint(null) : await first.triggerCheckpoint();
    await first.cancel();
    assert.is((await first.result).state, 'CANCELED');

    writeFileSync(release, '');
    const second = await runEmbedded({
      artifactDir: project.path('after'),
      parallelism,
      restore: location,
      params: { release },
      configuration: configuration(to),
    });
    const { collected } = await second.result;
    assert.ok(collected['seen']!.length < count, 'it began anew');
    const totals = Array.from({ length: keys }, (_, key) => {
      const numbers = Array.from({ length: count / keys }, (_, i) => i * keys + key);
      return `${numbers.reduce((sum, n) => sum + n, 0)} ${numbers.length}`;
    });
    const told = (sink: string): readonly string[] => (collected[sink] as readonly string[]).toSorted();
    for (const each of ['tumbling', 'session', 'contents', 'state'])
      assert.equal(told(each), totals.toSorted(), each);
    // Each number lies in two of them.
    assert.equal(told('sliding'), [...totals, ...totals].toSorted(), 'sliding');
  });

test.run();
