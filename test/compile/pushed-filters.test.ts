/** Filters that decoders ask: which, and that nothing else changes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { explain, explainText } from '../../compiler/explain/index.js';
import type { ConnectorCompilers } from '../../compiler/connectors.js';
import { writeArtifact } from '../../compiler/compile.js';
import { connectorCompilers } from '../../plugins/compilers.js';
import { runEmbedded } from '../../runtime/embedded/index.js';
import { compileFiles, runProgram } from './compile-program.js';

const tests = suite('pushed filters');
const folder = mkdtempSync(join(tmpdir(), 'flinkc-filters-'));
tests.after(() => rmSync(folder, { recursive: true }));
const input = join(folder, 'orders.jsonl');
writeFileSync(
  input,
  [
    '{"id":1,"user":{"name":"a"},"amount":5,"note":"x","time":1000}',
    '{"id":2,"user":{"name":"b"},"amount":50,"note":"y","time":2000}',
    '{"id":3,"user":{"name":"c"},"amount":7,"note":17,"time":30000}',
    '{"id":4,"user":null,"amount":70,"note":"z","time":3000}',
    '{"id":5,"user":{"name":"d"},"amount":80,"note":"v","time":29000}',
    '',
  ].join('\n'),
);

const program = (chain: string, strategy = 'WatermarkStrategy.noWatermarks<Order>()'): string => `
  import { createEnvironment, seconds, TumblingEventTimeWindows, WatermarkStrategy } from 'flinkc';
  import { FileSource } from 'flinkc/file';
  import { JsonFormat } from 'flinkc/json';
  import { CollectSink } from 'flinkc/collect';
  interface Order {
    readonly id: number; readonly user: { readonly name: string } | null; readonly amount: number;
    readonly note: string; readonly time: number;
  }
  const expensive = (order: Order): boolean => order.amount >= 50;
  const pattern = /^[0-9]+$/;
  const sticky = /5/g;
  const env = createEnvironment();
  const orders = env.fromSource(
    new FileSource<Order>({ path: ${JSON.stringify(input)}, format: new JsonFormat<Order>(), badRecords: 'skip' }),
    ${strategy}, 'orders',
  );
  ${chain}
  await env.execute('filters');
`;
const collect = `.sinkTo(new CollectSink('out'));`;

/** What decoders fill first; null: nothing waits for a filter. */
async function decodedFirst(text: string): Promise<readonly string[] | null> {
  return compileFiles({ 'program.ts': text }, ({ result, messages, code }) => {
    if (!result.output) throw new Error(messages);
    const { pushed } = result.output.plan.tasks[0]!;
    assert.is(code.includes('accepts(params'), pushed !== undefined);
    return pushed?.fields ?? null;
  });
}

const bounded =
  'WatermarkStrategy.forBoundedOutOfOrderness<Order>(seconds(5)).withTimestampAssigner(o => o.time)';
const cases: readonly (readonly [chain: string, fields: readonly string[] | null, strategy?: string])[] = [
  ['orders.filter(o => o.amount >= 50)', ['amount']],
  ['orders.filter(expensive)', ['amount']],
  ['orders.filter(o => expensive(o) && o.id > 1)', ['amount', 'id']],
  ['orders.filter(o => o.amount > 1).filter(o => o.user !== null)', ['amount', 'user']],
  ['orders.filter(o => o.amount >= 50)', ['amount', 'time'], bounded],
  ['orders.filter(o => pattern.test(o.note))', ['note']],
  [`const least = env.param('least', 60); orders.filter(o => o.amount >= least)`, ['amount']],
  [`orders.assignTimestampsAndWatermarks(${bounded}).filter(o => o.amount >= 50)`, ['amount', 'time']],
  // all that is read, the filter reads
  ['orders.filter(o => o.amount >= 50).map(o => o.amount)', null],
  // asked twice, these would answer differently, or do something twice
  ['orders.filter(o => Math.random() < o.amount)', null],
  ['orders.filter(o => sticky.test(o.note))', null],
  ['orders.filter(o => { console.log(o.id); return true; })', null],
  // a custom generator looks at whole records
  [
    'orders.filter(o => o.amount >= 50)',
    null,
    `WatermarkStrategy.forGenerator<Order>(() => ({ onEvent() {}, onPeriodicEmit() {} }))`,
  ],
  // not all readers are behind the filter
  [`orders.map(o => o.note)${collect} orders.filter(o => o.amount >= 50)`, null],
  ['orders.rebalance().filter(o => o.amount >= 50).setParallelism(2)', null],
  ['orders.map(o => o).filter(o => o.amount >= 50)', null],
];
for (const [chain, fields, strategy] of cases)
  tests(`${chain}${strategy ? `, ${strategy.slice(0, 40)}` : ''}`, async () =>
    assert.equal(await decodedFirst(program(`${chain}${collect}`, strategy)), fields),
  );

const behind: ConnectorCompilers = {
  ...connectorCompilers,
  formats: connectorCompilers.formats.map(compiler => ({
    ...compiler,
    generateDecoder: given => compiler.generateDecoder({ ...given, first: null }),
  })),
};

tests('records and their order are the same', async () => {
  const text = program(
    `orders.filter(o => o.amount >= 50).map(o => [o.id, o.user?.name ?? '-', o.note])${collect}`,
  );
  const { out } = await runProgram(text);
  assert.equal(out, [
    [2, 'b', 'y'],
    [4, '-', 'z'],
    [5, 'd', 'v'],
  ]);
  assert.equal((await runProgram(text, behind)).out, out);
});

tests('a parameter of the deployment decides', async () => {
  const text = program(
    `const least = env.param('least', 60); orders.filter(o => o.amount >= least).map(o => o.note)${collect}`,
  );
  assert.equal((await runProgram(text)).out, ['z', 'v']);
});

tests('the source counts all records and takes the time of all, and of no more', async () => {
  const text = program(
    `orders.filter(o => o.amount !== 7)
      .process<string>((o, ctx, out) => out.collect(o.note + String(ctx.timestamp())))${collect}`,
    bounded,
  );
  for (const connectors of [connectorCompilers, behind])
    await compileFiles(
      { 'program.ts': text },
      async ({ result, messages }, root) => {
        if (!result.output) throw new Error(messages);
        const artifactDir = join(root, 'artifact');
        writeArtifact(result.output.artifact, artifactDir);
        const job = await runEmbedded({ artifactDir, parallelism: 1 });
        const { collected, metrics } = await job.result;
        assert.equal(collected['out'], ['x1000', 'y2000', 'z3000', 'v29000']);
        const source = Object.values(metrics[0]!.operators)[0]!;
        // the note of order 3 is a number: nobody reads it when the filter is asked first
        const bad = connectors === behind ? 1 : 0;
        assert.is(source['numRecordsOut'], 5 - bad);
        assert.is(source['numRecordsInErrors'], bad);
      },
      connectors,
    );
});

tests('explain says what is decoded first', async () => {
  const text = await compileFiles(
    { 'program.ts': program(`orders.filter(o => o.amount >= 50)${collect}`) },
    ({ result }) => explainText(explain(result.output!.plan)),
  );
  assert.match(text, /decoded first: amount; the others only for records that Filter accepts/);
});

tests('what a filter throws names the filter and the record', async () => {
  await compileFiles(
    { 'program.ts': program(`orders.filter(o => o.user!.name !== 'b')${collect}`) },
    async ({ result, messages }, root) => {
      if (!result.output) throw new Error(messages);
      const artifactDir = join(root, 'artifact');
      writeArtifact(result.output.artifact, artifactDir);
      const job = await runEmbedded({ artifactDir, parallelism: 1 });
      const failure = await job.result.then(
        () => '',
        (error: unknown) => String((error as Error).stack) + JSON.stringify(error),
      );
      assert.match(failure, /Filter/);
      assert.match(failure, /orders\.jsonl/);
    },
  );
});

tests.run();
