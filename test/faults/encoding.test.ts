/**
 * A process that is killed while the snapshot thread encodes its state, at a point that is known: the thread is held there.
 * The checkpoint never becomes one, and the job goes on from the one before with every record once.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
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

const test = suite('encoding');
const project = new Project({ 'counts.ts': program });
test.after(() => project.remove());

const settings = Object.entries({
  'execution.checkpointing.dir': project.path('checkpoints'),
  'execution.checkpointing.interval': '100 ms',
  'execution.checkpointing.timeout': '10 min',
  'execution.checkpointing.externalized-checkpoint-retention': 'RETAIN_ON_CANCELLATION',
  'pipeline.max-parallelism': '128',
}).flatMap(([name, value]) => ['-D', `${name}=${value}`]);

/** Folders of complete checkpoints. */
function complete(): readonly string[] {
  const root = project.path('checkpoints');
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter(({ name }) => name === '_metadata')
    .map(({ parentPath }) => parentPath);
}
const numberOf = (checkpoint: string): number => Number(/chk-(\d+)$/.exec(checkpoint)![1]);
function* lines(): IterableIterator<string> {
  const out = project.path('out');
  if (!existsSync(out)) return;
  for (const entry of readdirSync(out, { withFileTypes: true }))
    if (entry.isFile() && !/^[._]/.test(entry.name))
      yield* readFileSync(join(out, entry.name), 'utf8')
        .split('\n')
        .filter(line => line !== '');
}

/** Runs until the thread is held there, and is killed. Gives the last checkpoint of this life. */
async function killedAt(message: 'blocks' | 'done', from: string | null): Promise<string> {
  const held = project.path(`held-${message}`);
  const hold = pathToFileURL(join(import.meta.dirname, 'held-encoder.mjs')).href;
  const restore = from === null ? [] : ['-s', from];
  const earlier = complete();
  const job = project.start(
    ['run', 'counts', '-q', '-p', '1', '--param', 'slow=true', ...settings, ...restore],
    {
      env: { NODE_OPTIONS: `--import ${hold}`, HOLD_AT: message, HELD: held },
    },
  );
  let ended = false;
  void job.finished.then(() => (ended = true));
  while (!existsSync(held) && !ended) await delay(10);
  assert.not(ended, job.output('stderr'));

  const before = complete();
  job.process.kill('SIGKILL');
  assert.is((await job.finished).code, null);
  // An older one may just have been deleted.
  for (const path of complete()) assert.ok(before.includes(path), 'what was being written is no checkpoint');
  const [latest] = before
    .filter(path => !earlier.includes(path))
    .toSorted((a, b) => numberOf(b) - numberOf(a));
  assert.ok(latest, 'the one before is');
  return latest;
}

test('kills while a table is encoded lose and repeat nothing', async () => {
  const built = await project.flinkc(['build', 'counts.ts', '-o', 'counts']);
  assert.is(built.code, 0, built.stderr);

  // Some blocks are there, and then all of them, but nobody knows.
  const first = await killedAt('blocks', null);
  const second = await killedAt('done', first);
  const { code, stderr } = await project.flinkc([
    'run',
    'counts',
    '-q',
    '-p',
    '1',
    ...settings,
    '-s',
    second,
  ]);
  assert.is(code, 0, stderr);

  const counts = new Int32Array(keys);
  for (const line of lines()) {
    const { key, count } = JSON.parse(line) as { readonly key: number; readonly count: number };
    assert.is(count, 2, line);
    counts[key]!++;
  }
  assert.ok(
    counts.every(times => times === 1),
    'each key comes to two once',
  );
});

test.run();
