/** `flinkc run` that starts from a checkpoint: -s, -n and --claimMode, by Flink's names, for a job in this process. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Project, type Finished } from './project.js';

const test = suite('run from a checkpoint');
const program = (
  body: string,
): string => `import { createEnvironment, DataGeneratorSource, WatermarkStrategy } from 'flinkc';
import { CollectSink } from 'flinkc/collect';
const env = createEnvironment();
const numbers = env
  .fromSource(new DataGeneratorSource((index): number => index, 1_000_000_000, 500), WatermarkStrategy.noWatermarks<number>(), 'numbers')
  .uid('numbers');
${body}
await env.execute('counting');
`;
const counting = program(
  `numbers.map(n => ({ parity: n % 2, count: 1 })).keyBy('parity').sum('count').uid('counts').sinkTo(new CollectSink('out'));`,
);
const stateless = program(`numbers.map(n => ({ parity: n % 2, count: n })).sinkTo(new CollectSink('out'));`);
const checkpointing = [
  '-D',
  'execution.checkpointing.dir=checkpoints',
  '-D',
  'execution.checkpointing.interval=50ms',
  '-D',
  'execution.checkpointing.externalized-checkpoint-retention=RETAIN_ON_CANCELLATION',
];

const project = new Project({ 'counting.ts': counting, 'stateless.ts': stateless });
test.after(() => project.remove());
test.before(async () => {
  for (const name of ['counting', 'stateless']) {
    const { code, stderr } = await project.flinkc(['build', `${name}.ts`, '-o', name]);
    assert.is(code, 0, stderr);
  }
});

/** None when the folder has just been deleted. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
/** Folders of complete checkpoints. */
function kept(): readonly string[] {
  const root = project.path('checkpoints');
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .flatMap(job => namesIn(join(root, job)).map(name => join('checkpoints', job, name)))
    .filter(path => existsSync(project.path(join(path, '_metadata'))));
}

const countsOf = (text: string): readonly number[] =>
  text
    .trim()
    .split('\n')
    .filter(line => line.endsWith('}'))
    .map(line => (JSON.parse(line) as { readonly count: number }).count);

/** Runs until there is output and a checkpoint behind it, then cancels. */
async function runAWhile(...args: readonly string[]): Promise<Finished> {
  const job = project.start(['run', ...args]);
  await job.sees('stdout', /(.*\n){200}/);
  const before = kept();
  while (kept().every(path => before.includes(path))) await new Promise(done => setTimeout(done, 20));
  job.process.kill('SIGTERM');
  return job.finished;
}

test('§10.2 -s goes on where the checkpoint was; --claimMode claim deletes it, without it stays', async () => {
  const first = await runAWhile('counting', ...checkpointing);
  assert.is(first.code, 143, first.stderr);
  const [checkpoint, ...others] = kept();
  assert.ok(checkpoint);
  assert.equal(others, []);

  const second = await runAWhile('counting', '-s', checkpoint, ...checkpointing);
  assert.is(second.code, 143, second.stderr);
  assert.is(Math.min(...countsOf(first.stdout)), 1);
  assert.ok(Math.min(...countsOf(second.stdout)) > 1, second.stdout.slice(0, 200));
  assert.ok(kept().includes(checkpoint));

  const third = await runAWhile('counting', '-s', checkpoint, '--claimMode', 'claim', ...checkpointing);
  assert.is(third.code, 143, third.stderr);
  assert.not(kept().includes(checkpoint));
});

test('FC5113 FC5506: state that nobody takes needs -n; a path without a checkpoint is refused', async () => {
  const [checkpoint] = kept();
  const refused = await project.flinkc(['run', 'stateless', '-s', checkpoint!]);
  assert.is(refused.code, 1);
  assert.match(refused.stderr, 'FC5113');
  assert.match(refused.stderr, 'counts');
  assert.is(refused.stdout, '');
  const allowed = project.start(['run', 'stateless', '-s', checkpoint!, '-n']);
  await allowed.sees('stdout', /"parity"/);
  allowed.process.kill('SIGTERM');
  assert.is((await allowed.finished).code, 143);

  const nowhere = await project.flinkc(['run', 'counting', '-s', 'nowhere']);
  assert.is(nowhere.code, 1);
  assert.match(nowhere.stderr, 'FC5506');
  const unknown = await project.flinkc(['run', 'counting', '--claimMode', 'steal']);
  assert.is(unknown.code, 2);
  assert.match(unknown.stderr, '--claimMode claim');
});

test.run();
