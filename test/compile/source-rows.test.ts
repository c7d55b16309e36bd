/** Sources that compute fields where they are read give the records that they would write into columns. */
import { join } from 'node:path';
import { inspect } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeArtifact } from '../../compiler/compile.js';
import { explain, explainText } from '../../compiler/explain/index.js';
import { connectorCompilers } from '../../plugins/compilers.js';
import { openProgram } from '../../runtime/testing/index.js';
import { compileFiles, runProgram } from './compile-program.js';

const tests = suite('computed rows');
const inColumns = { ...connectorCompilers, sources: [] };

const nexmark = (options: string, strategy: string, chain: string): string => `
  import { createEnvironment, seconds, TumblingEventTimeWindows, WatermarkStrategy } from 'flinkc';
  import { NexmarkSource, type NexmarkEvent } from 'flinkc/nexmark';
  import { CollectSink } from 'flinkc/collect';
  const env = createEnvironment();
  env
    .fromSource(new NexmarkSource({ events: 3_000, rate: 500, ${options} }), ${strategy}, 'nexmark')
    ${chain}
    .sinkTo(new CollectSink('out'));
  await env.execute('rows');
`;
const monotonous = 'WatermarkStrategy.forMonotonousTimestamps<NexmarkEvent>()';
const bounded = 'WatermarkStrategy.forBoundedOutOfOrderness<NexmarkEvent>(seconds(1))';

async function same(program: string): Promise<{ readonly out: readonly unknown[]; readonly code: string }> {
  const computed = await runProgram(program);
  const filled = await runProgram(program, inColumns);
  assert.ok(computed.code.includes('rowsOf(batch'), 'the loop asks the source');
  assert.not(filled.code.includes('rowsOf(batch'));
  assert.ok(filled.out.length > 0);
  assert.equal(computed.out, filled.out);
  return computed;
}

tests('all fields of all kinds of events', async () => {
  const { out } = await same(nexmark('', monotonous, ''));
  assert.is(out.length, 3_000);
});

tests('events out of order, timestamps of their own and windows', async () => {
  const strategy = `${bounded}.withTimestampAssigner(event => (event.bid ?? event.auction ?? event.person!).dateTime)`;
  const chain = `.filter(event => event.bid !== undefined)
    .map(event => event.bid!)
    .keyBy('auction')
    .window(TumblingEventTimeWindows.of(seconds(2)))
    .sum('price')`;
  await same(nexmark('outOfOrderGroupSize: 100', strategy, chain));
  await same(nexmark('outOfOrderGroupSize: 100', bounded, chain));
});

tests('a field behind a filter is made for records that pass', async () => {
  const { code } = await same(
    nexmark(
      '',
      monotonous,
      `.filter(event => event.bid !== undefined).map(event => event.bid!)
      .filter(bid => bid.auction % 7 === 0).map(({ auction, price }) => ({ auction, price }))`,
    ),
  );
  assert.ok(code.indexOf('% 7 === 0') < code.indexOf('rows.bidPrice'), code);
});

tests('tests hand in records instead', async () => {
  const program = nexmark(
    '',
    monotonous,
    '.filter(event => event.event_type === 2).map(event => event.bid!.price)',
  );
  const out = await compileFiles({ 'program.ts': program }, async ({ result }, root) => {
    const artifactDir = join(root, 'artifact');
    writeArtifact(result.output!.artifact, artifactDir);
    const harness = await openProgram({ artifactDir });
    harness
      .source()
      .send({ event_type: 2, bid: { price: 7 } }, 5)
      .send({ event_type: 0 }, 6)
      .send({ event_type: 2, bid: { price: 8 } }, 7);
    await harness.settle();
    const records = harness.output();
    await harness.finish();
    return records.map(({ value, timestamp }) => [value, timestamp]);
  });
  assert.equal(out, [
    [7, 5],
    [8, 7],
  ]);
});

tests('explain says which sources compute fields where they are first read', async () => {
  const program = nexmark('', monotonous, '.filter(event => event.event_type === 2)');
  const text = (connectors?: typeof inColumns): Promise<string> =>
    compileFiles(
      { 'program.ts': program },
      ({ result }) => explainText(explain(result.output!.plan)),
      connectors,
    );
  assert.match(await text(), /computed where first read: not for records that a filter drops before/);
  assert.not.match(await text(inColumns), /computed/);
});

tests('numbers of a sequence are computed behind its filters, negative ones too', async () => {
  const { out } = await same(`
    import { createEnvironment } from 'flinkc';
    import { CollectSink } from 'flinkc/collect';
    const env = createEnvironment();
    env.fromSequence(-5, 3_000).filter(n => n % 3 === 0).sinkTo(new CollectSink('out'));
    await env.execute('rows');
  `);
  assert.equal(out.slice(0, 3), [-3, -0, 3]);
});

tests('an error names the event', async () => {
  const failing = nexmark(
    '',
    monotonous,
    `.filter(event => { if (event.bid?.price === undefined) throw new Error('no bid'); return true; })`,
  );
  try {
    await runProgram(failing);
    assert.unreachable('the job fails');
  } catch (error) {
    assert.match(inspect(error, { depth: 4 }), /event 0/);
  }
});

tests.run();
