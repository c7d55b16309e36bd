/**
 * A process that is killed while a snapshot is encoded or state is restored, at a point that is known: a thread is held there.
 * What was half done never counts, and the job goes on from the checkpoint before with every record once.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Project } from '../cli/project.js';

/** More than the 65,536 from which on the thread encodes them. */
const keys = 100_000;
/** Each key twice. Slow: the second time takes longer than any test. */
const program = `import {
  createEnvironment, KeyedProcessFunction, RichFilterFunction, ValueStateDescriptor,
  type Collector, type KeyedProcessContext, type OpenContext, type ValueState,
} from 'flinkc';
import { FileSink } from 'flinkc/file';
import { JsonFormat } from 'flinkc/json';

interface Seen {
  readonly key: number;
  readonly count: number;
}
class Pace extends RichFilterFunction<number> {
  readonly isSlow: boolean;
  #cell!: Int32Array;
  constructor(isSlow: boolean) {
    super();
    this.isSlow = isSlow;
  }
  override open(): void {
    this.#cell = new Int32Array(new SharedArrayBuffer(4));
  }
  filter(n: number): boolean {
    if (this.isSlow && n >= ${keys}) Atomics.wait(this.#cell, 0, 0, 1);
    return true;
  }
}
class Count extends KeyedProcessFunction<number, number, Seen> {
  #count!: ValueState<number>;
  override open(_: OpenContext): void {
    this.#count = this.getRuntimeContext().getState(new ValueStateDescriptor<number>('count'));
  }
  override processElement(_: number, { currentKey }: KeyedProcessContext<number>, out: Collector<Seen>): void {
    const count = (this.#count.value() ?? 0) + 1;
    this.#count.update(count);
    if (count > 1) out.collect({ key: currentKey, count });
  }
}
const env = createEnvironment();
env
  .fromSequence(0, ${2 * keys - 1})
  .filter(new Pace(env.param('slow', false)))
  .keyBy(n => n % ${keys})
  .process(new Count())
  .uid('counts')
  .sinkTo(
    new FileSink<Seen>({
      path: env.param('out', 'out'),
      format: new JsonFormat<Seen>(),
      bucket: () => '',
      rolling: { onCheckpoint: true },
    }),
  );
await env.execute('counts');
`;

const test = suite('held');
const project = new Project({ 'counts.ts': program });
mkdirSync(project.path('tmp'));
test.after(() => project.remove());

const settings = Object.entries({
  'execution.checkpointing.dir': project.path('checkpoints'),
  'execution.checkpointing.interval': '100 ms',
  'execution.checkpointing.timeout': '10 min',
  'execution.checkpointing.externalized-checkpoint-retention': 'RETAIN_ON_CANCELLATION',
  'pipeline.max-parallelism': '128',
  'io.tmp.dirs': project.path('tmp'),
}).flatMap(([name, value]) => ['-D', `${name}=${value}`]);

/** Folders of complete checkpoints. */
function complete(): readonly string[] {
  const root = project.path('checkpoints');
  return namesIn(root)
    .flatMap(job => namesIn(join(root, job)).map(name => join(root, job, name)))
    .filter(path => existsSync(join(path, '_metadata')));
}
const namesIn = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder) : []);
const numberOf = (checkpoint: string): number => Number(/chk-(\d+)$/.exec(checkpoint)![1]);

type Way = readonly string[];
const run = (out: string, ...more: Way): Way =>
  ['run', 'counts', '-q', '-p', '1', '--param', `out=${project.path(out)}`].concat(settings, more);
/** Runs until a thread is held there, and is killed. */
async function killedAt(message: 'blocks' | 'done' | 'write', ...args: Way): Promise<void> {
  const held = project.path(`held-${message}`);
  rmSync(held, { force: true });
  const hold = pathToFileURL(join(import.meta.dirname, 'held-thread.mjs')).href;
  const job = project.start([...args, '--param', 'slow=true'], {
    env: { NODE_OPTIONS: `--import ${hold}`, HOLD_AT: message, HELD: held },
  });
  let ended = false;
  void job.finished.then(() => (ended = true));
  while (!existsSync(held) && !ended) await delay(10);
  assert.not(ended, job.output('stderr'));
  const before = complete();
  job.process.kill('SIGKILL');
  assert.is((await job.finished).code, null);
  // An older one may just have been deleted.
  for (const path of complete()) assert.ok(before.includes(path), 'what was being written is no checkpoint');
}
/** ... while a snapshot is encoded. Gives the last checkpoint of this life. */
async function killedEncoding(message: 'blocks' | 'done', ...args: Way): Promise<string> {
  const earlier = complete();
  await killedAt(message, ...args);
  const [latest] = complete()
    .filter(path => !earlier.includes(path))
    .toSorted((a, b) => numberOf(b) - numberOf(a));
  assert.ok(latest, 'the checkpoint before is complete');
  return latest;
}
/** The job ends, and each key has come to two once. */
async function endsWell(out: string, ...args: Way): Promise<void> {
  const { code, stderr } = await project.flinkc([...args]);
  assert.is(code, 0, stderr);
  const counts = new Int32Array(keys);
  const names = namesIn(project.path(out)).filter(name => !/^[._]/.test(name));
  for (const line of names.flatMap(name => readFileSync(join(project.path(out), name), 'utf8').split('\n'))) {
    if (line === '') continue;
    const { key, count } = JSON.parse(line) as { readonly key: number; readonly count: number };
    assert.is(count, 2, line);
    counts[key]!++;
  }
  assert.ok(
    counts.every(times => times === 1),
    'each key comes to two once',
  );
}

test.before(async () => {
  const { code, stderr } = await project.flinkc(['build', 'counts.ts', '-o', 'counts']);
  assert.is(code, 0, stderr);
});

test('kills while a table is encoded lose and repeat nothing', async () => {
  // Some blocks are there, and then all of them, but nobody knows.
  const first = await killedEncoding('blocks', ...run('encoded'));
  const second = await killedEncoding('done', ...run('encoded', '-s', first));
  await endsWell('encoded', ...run('encoded', '-s', second));
});

test('a kill in the middle of a restore leaves nothing that is taken for state', async () => {
  const checkpoint = await killedEncoding('blocks', ...run('restored'));
  const onDisk = run('restored', '-s', checkpoint, '-D', 'state.backend.type=rocksdb');
  const databases = (): readonly string[] =>
    namesIn(project.path('tmp')).filter(name => name.startsWith('rocksdb-'));
  await killedAt('write', ...onDisk);
  assert.is(databases().length, 1, 'half a database');
  await endsWell('restored', ...onDisk);
  assert.equal(databases(), []);
});

test.run();
