/** What a job gives besides its records: accumulators, metrics of user functions, and the life cycle they follow. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { writeArtifact } from '../../compiler/compile.js';
import { runEmbedded, type JobResult } from '../../runtime/embedded/index.js';
import { compileFiles } from '../compile/compile-program.js';

async function run(
  program: string,
  parallelism: number,
  params: Readonly<Record<string, string>> = {},
): Promise<JobResult> {
  return compileFiles({ 'program.ts': program }, async (compiled, root) => {
    assert.ok(compiled.result.output, compiled.messages);
    writeArtifact(compiled.result.output.artifact, `${root}/artifact`);
    const job = await runEmbedded({ artifactDir: `${root}/artifact`, parallelism, params });
    return job.result;
  });
}

const measured = `
import { createEnvironment, IntCounter, Maximum, Minimum, RichMapFunction, type Counter, type Histogram, type Meter } from 'flinkc';
import { CollectSink } from 'flinkc/collect';

class Measured extends RichMapFunction<number, string> {
  readonly #events: string[] = [];
  #last = 0;
  #even!: Counter;
  #sizes!: Histogram;
  #marks!: Meter;
  override open(): void {
    this.#events.push('open');
    const context = this.getRuntimeContext();
    this.#even = context.metricGroup.counter('even');
    this.#sizes = context.metricGroup.addGroup('sizes').histogram('size');
    this.#marks = context.metricGroup.meter('marks');
    context.metricGroup.gauge('last', () => this.#last);
    context.addAccumulator('sum', new IntCounter());
    context.addAccumulator('largest', new Maximum());
    context.addAccumulator('smallest', new Minimum());
  }
  map(n: number): string {
    this.#events.push('map');
    this.#last = n;
    if (n % 2 === 0) this.#even.inc();
    this.#sizes.update(n);
    this.#marks.markEvent();
    const context = this.getRuntimeContext();
    for (const name of ['sum', 'largest', 'smallest']) context.getAccumulator(name)!.add(n);
    context.getIntCounter('records').add(1);
    return this.#events.join(' ');
  }
  override close(): void {
    this.getRuntimeContext().getIntCounter('closed').add(1);
  }
}

const env = createEnvironment();
env.fromSequence(1, 4).map(new Measured()).uid('measured').sinkTo(new CollectSink('out'));
await env.execute();
`;

for (const parallelism of [1, 2])
  test(`accumulators of all subtasks are merged; parallelism ${parallelism}`, async () => {
    const { accumulators } = await run(measured, parallelism);
    assert.is(accumulators['sum'], 10);
    assert.is(accumulators['largest'], 4);
    assert.is(accumulators['smallest'], 1);
    assert.is(accumulators['records'], 4);
  });

test('a rich function is opened before its first record', async () => {
  const { collected } = await run(measured, 1);
  assert.equal(collected['out'], ['open map', 'open map map', 'open map map map', 'open map map map map']);
});

test('metrics of a function are in the result, by operator', async () => {
  const { metrics } = await run(measured, 1);
  const values = metrics
    .map(subtask => subtask.operators['measured'])
    .find(operator => operator !== undefined);
  assert.is(values?.['even'], 2);
  assert.is(values?.['last'], 4);
  assert.is(values?.['sizes.size.count'] ?? values?.['sizes.size_count'], 4, JSON.stringify(values));
});

test('socketTextStream reads lines until the server ends', async () => {
  const server = createServer(socket => socket.end('to be\nor not\nto be\n'));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const program = (port: number): string => `
    import { createEnvironment } from 'flinkc';
    import { CollectSink } from 'flinkc/collect';
    const env = createEnvironment();
    const lines = env.socketTextStream('127.0.0.1', ${port});
    lines.sinkTo(new CollectSink('out'));
    await env.execute();
  `;
  try {
    const { collected } = await run(program((server.address() as AddressInfo).port), 1);
    assert.equal(collected['out'], ['to be', 'or not', 'to be']);
  } finally {
    server.close();
  }
});

test.run();
