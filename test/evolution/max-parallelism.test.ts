/** Key groups cannot be cut anew: `flinkc check` says so before a restore does (§8.1, §10.4). */
import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Project } from '../cli/project.js';

const program = (
  setting: string,
): string => `import { createEnvironment, DataGeneratorSource, WatermarkStrategy } from 'flinkc';
import { CollectSink } from 'flinkc/collect';
const env = createEnvironment();
${setting}
env.fromSource(new DataGeneratorSource((i): number => i, 1_000_000_000, 500), WatermarkStrategy.noWatermarks<number>(), 'numbers').uid('numbers').map(n => ({ key: n % 7, n })).keyBy('key').sum('n').uid('sums').sinkTo(new CollectSink('sums'));
await env.execute('sums');
`;

test('§8.1 §10.4 flinkc check compares max parallelism with an artifact and a savepoint, as a restore does', async () => {
  const project = new Project({
    'sixty-four.ts': program('env.setMaxParallelism(64);'),
    'thirty-two.ts': program('env.setMaxParallelism(32);'),
    'open.ts': program(''),
  });
  try {
    for (const name of ['sixty-four', 'thirty-two', 'open'])
      assert.is((await project.flinkc(['build', `${name}.ts`, '-o', name])).code, 0);
    const job = project.start([
      'run',
      'sixty-four',
      '-D',
      'execution.checkpointing.dir=checkpoints',
      '-D',
      'execution.checkpointing.interval=50ms',
      '-D',
      'execution.checkpointing.externalized-checkpoint-retention=RETAIN_ON_CANCELLATION',
    ]);
    await job.sees('stdout', /"key"/);
    const kept = (): string | undefined =>
      (readdirSync(project.path('checkpoints'), { recursive: true }) as string[]).find(path =>
        path.endsWith('_metadata'),
      );
    await job.sees('stdout', /(.*\n){300}/);
    job.process.kill('SIGTERM');
    await job.finished;
    const checkpoint = dirname(`checkpoints/${kept()!}`);

    for (const against of ['sixty-four', checkpoint]) {
      const refused = await project.flinkc(['check', 'thirty-two', '--against', against]);
      assert.is(refused.code, 1, refused.stderr);
      assert.match(
        refused.stdout,
        /sums +\S+ +breaking +it is cut into 64 key groups, .* max parallelism 32/,
      );
      for (const fits of ['sixty-four', 'open']) {
        const { code, stdout } = await project.flinkc(['check', fits, '--against', against]);
        assert.is(code, 0, stdout);
      }
    }
    const restored = await project.flinkc(['run', 'thirty-two', '-s', checkpoint]);
    assert.is(restored.code, 1);
    assert.match(restored.stderr, 'error FC5012');
  } finally {
    project.remove();
  }
});

test.run();
