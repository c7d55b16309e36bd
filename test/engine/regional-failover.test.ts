/**
 * Failover of the region that failed (datastream-semantics §14): its records come once, and what runs beside it goes on as
 * if nothing had happened. Lines of the program say in which attempt they were made.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runEmbedded, type JobHandle, type JobState, type LogEntry } from '../../runtime/embedded/index.js';
import { buildProgram } from '../compile/build-program.js';

const regional = suite('regional failover');
const folder = mkdtempSync(join(tmpdir(), 'flinkc-regions-'));
const artifactDir = join(folder, 'job');
const input = join(folder, 'input');
const files = 80;
const linesPerFile = 50;
const counts = { left: 6_000, right: 1_000, files: files * linesPerFile } as const;
type Pipeline = keyof typeof counts;

regional.before(async () => {
  await buildProgram('test/engine/programs/regions.ts', artifactDir);
  mkdirSync(input);
  for (let file = 0; file < files; file++)
    writeFileSync(
      join(input, `${String(file).padStart(2, '0')}.txt`),
      Array.from({ length: linesPerFile }, (_, line) => `${file * linesPerFile + line}\n`).join(''),
    );
});
regional.after(() => rmSync(folder, { recursive: true, force: true }));

let runs = 0;
class Run {
  readonly path = join(folder, `run-${runs++}`);
  readonly states: JobState[] = [];
  readonly log: LogEntry[] = [];
  readonly #params: Readonly<Record<string, string>>;
  readonly #release = join(this.path, 'release-left');

  /** @param held the left pipeline does not end until it is released */
  constructor(params: Readonly<Record<string, string>> = {}, held = false) {
    this.#params = held ? { ...params, releaseLeft: this.#release } : params;
    for (const name of Object.keys(counts)) mkdirSync(join(this.path, name), { recursive: true });
  }

  start(configuration: Readonly<Record<string, string | null>>, restore?: string): Promise<JobHandle> {
    const output = Object.fromEntries(Object.keys(counts).map(name => [name, join(this.path, name)]));
    const settings: Readonly<Record<string, string | null>> = {
      'execution.checkpointing.interval': '20 ms',
      'execution.checkpointing.dir': join(this.path, 'checkpoints'),
      'execution.checkpointing.savepoint-dir': join(this.path, 'savepoints'),
      'restart-strategy.type': 'fixed-delay',
      'restart-strategy.fixed-delay.attempts': '5',
      'restart-strategy.fixed-delay.delay': '0 ms',
      ...configuration,
    };
    return runEmbedded({
      artifactDir,
      parallelism: 2,
      restore,
      params: { ...output, input, signs: this.path, ...(restore === undefined ? this.#params : {}) },
      configuration: Object.fromEntries(
        Object.entries(settings).filter((entry): entry is [string, string] => entry[1] !== null),
      ),
      onState: state => this.states.push(state),
      onLog: entry => this.log.push(entry),
    });
  }

  release(): void {
    writeFileSync(this.#release, '');
  }
  async until(condition: () => boolean): Promise<void> {
    for (const giveUp = Date.now() + 240_000; !condition(); await delay(5))
      assert.ok(Date.now() < giveUp, `waited in vain: ${this.log.map(({ message }) => message).join('\n')}`);
  }

  /** [value, attempt] of the lines of finished files. */
  lines(pipeline: Pipeline): readonly (readonly [number, number])[] {
    const path = join(this.path, pipeline);
    return readdirSync(path)
      .filter(file => !file.startsWith('.'))
      .flatMap(file => readFileSync(join(path, file), 'utf8').split('\n'))
      .filter(line => line !== '')
      .map(pair);
  }
  attemptsOf(pipeline: Pipeline): readonly number[] {
    return [...new Set(this.lines(pipeline).map(([, attempt]) => attempt))].sort((a, b) => a - b);
  }
  hasEveryRecordOnce(): void {
    for (const pipeline of Object.keys(counts) as Pipeline[]) once(pipeline, this.lines(pipeline));
  }
  times(pattern: RegExp): number {
    return this.log.filter(({ message }) => pattern.test(message)).length;
  }
}

function pair(line: string): readonly [number, number] {
  const [value, attempt] = line.split(' ').map(Number);
  return [value!, attempt!];
}

function once(pipeline: Pipeline, lines: readonly (readonly [number, number])[]): void {
  const times = new Map<number, number>();
  for (const [value] of lines) times.set(value, (times.get(value) ?? 0) + 1);
  const wrong = Array.from(
    { length: counts[pipeline] },
    (_, value) => [value, times.get(value) ?? 0] as const,
  )
    .filter(([, seen]) => seen !== 1)
    .map(([value, seen]) => `${value} ${seen} times`);
  assert.is(wrong.length, 0, `${pipeline}: ${wrong.length} wrong, ${wrong.slice(0, 5).join(', ')}`);
  assert.is(times.size, counts[pipeline], pipeline);
}

const withoutCheckpoints = { 'execution.checkpointing.interval': null };

regional('§14 region: only the pipeline that failed restarts, and every record comes once', async () => {
  const run = new Run({ failLeft: '2500' });
  const job = await run.start({});
  const { state, collected } = await job.result;
  assert.is(state, 'FINISHED');
  run.hasEveryRecordOnce();
  for (const name of ['left', 'right'] as const) once(name, (collected[name] as string[]).map(pair));
  assert.ok(run.attemptsOf('left').includes(1));
  assert.equal(run.attemptsOf('right'), [0]);
  assert.equal(run.attemptsOf('files'), [0]);
  assert.is(run.states.filter(each => each === 'CREATED').length, 1);
  assert.equal(run.states.slice(-3), ['RESTARTING', 'RUNNING', 'FINISHED']);
  assert.is(run.times(/^a region of the job \('Source: left -> .*' \(1\/1\)\) restarts in 0 ms: FC5001/), 1);
  assert.is(job.exceptions.length, 1);
  assert.match(job.exceptions[0]!.region!, /^'Source: left/);
  assert.not.match(job.exceptions[0]!.region!, /right|files/);
});

regional('§14 full: one failure restarts everything', async () => {
  const run = new Run({ failLeft: '700' });
  const job = await run.start({ 'jobmanager.execution.failover-strategy': 'full' });
  await job.result;
  run.hasEveryRecordOnce();
  assert.is(run.times(/^a region of the job \(/), 0);
  assert.equal(run.states.slice(-4), ['RESTARTING', 'CREATED', 'RUNNING', 'FINISHED']);
  assert.is(job.exceptions[0]!.region, null);
});

regional(
  '§12 §14 readers of one enumerator in two regions: splits of the failed one are read again',
  async () => {
    // In the middle of a file that it was given not long ago.
    const run = new Run({ failFiles: '80' });
    const job = await run.start({});
    await job.result;
    run.hasEveryRecordOnce();
    assert.is(job.exceptions.length, 1);
    assert.is(run.attemptsOf('files')[0], 0, 'the other reader went on');
    assert.equal(run.attemptsOf('left'), [0]);
    assert.match(job.exceptions[0]!.region!, /^'Source: files -> .*' \(1\/2\)$/);
  },
);

regional('§14 failures of two regions: each restarts by itself, each counts', async () => {
  const run = new Run({ failLeft: '900', failRight: '350', failFiles: '100' });
  const job = await run.start({ 'restart-strategy.fixed-delay.attempts': '3' });
  await job.result;
  run.hasEveryRecordOnce();
  assert.is(run.times(/^a region of the job \(/), 3);
  assert.is(job.exceptions.length, 3);
});

regional('§14 fixed-delay: the failure of another region uses up the attempts, too', async () => {
  const run = new Run({ failLeft: '1200', failRight: '350' });
  const job = await run.start({ 'restart-strategy.fixed-delay.attempts': '1' });
  const fault = await job.result.then(
    () => null,
    (error: Error) => error,
  );
  // Whichever came second.
  assert.match(fault!.message, /injected at (1200|350)/);
  assert.is(job.state, 'FAILED');
});

regional('§14 while a region waits for its restart the others go on', async () => {
  const run = new Run({ failRight: '300' });
  const job = await run.start({ 'restart-strategy.fixed-delay.delay': '1 s' });
  await job.result;
  run.hasEveryRecordOnce();
  const [failure] = job.exceptions;
  const running = run.log.findLast(({ message }) => message.includes('is RUNNING'));
  assert.ok(running!.time - failure!.timestamp >= 950);
  assert.equal(run.attemptsOf('left'), [0]);
  assert.ok(run.attemptsOf('right').includes(1));
});

regional('§13.4 §14 a pipeline that has finished stays so when another one restarts', async () => {
  const run = new Run({ failLeft: String(counts.left - 1) }, true);
  const job = await run.start({});
  const { plan } = job.details;
  const ofRight = plan.tasks.filter(({ slotSharingGroup }) => slotSharingGroup === 'right');
  assert.is(ofRight.length, 2);
  await run.until(() => ofRight.every(({ id }) => job.details.hasFinished(id, 0)));
  const completed = (): number => run.times(/checkpoint \d+ is complete/);
  const before = completed();
  await run.until(() => completed() > before + 1);
  run.release();
  const { collected } = await job.result;
  run.hasEveryRecordOnce();
  once('right', (collected['right'] as string[]).map(pair));
  assert.equal(run.attemptsOf('right'), [0]);
  assert.ok(run.attemptsOf('left').includes(1));
});

regional(
  '§13.3 §14 whoever waits for the final checkpoint still does after another region restarted',
  async () => {
    const run = new Run({ failLeft: '3000' });
    const job = await run.start({ 'execution.checkpointing.interval': '1 h' });
    assert.is((await job.result).state, 'FINISHED');
    run.hasEveryRecordOnce();
    assert.equal(run.attemptsOf('right'), [0]);
    // Without a checkpoint it began anew.
    assert.equal(run.attemptsOf('left'), [1]);
  },
);

regional('§14 without checkpoints a region begins anew, and its splits are handed out anew', async () => {
  const run = new Run({ failRight: '600', failFiles: '90' });
  const job = await run.start(withoutCheckpoints);
  const { collected } = await job.result;
  for (const name of ['left', 'right'] as const) once(name, (collected[name] as string[]).map(pair));
  assert.equal(run.attemptsOf('left'), [0]);
  once('files', run.lines('files'));
});

regional('§10 §14 savepoints of a job whose regions are in different attempts', async () => {
  const run = new Run({ failRight: '100' }, true);
  const job = await run.start({});
  await run.until(() => job.exceptions.length > 0 && job.state === 'RUNNING');
  const savepoint = await job.stopWithSavepoint(null, false);
  assert.is((await job.result).state, 'FINISHED');
  const next = await run.start({}, savepoint.location);
  await next.result;
  run.hasEveryRecordOnce();
});

regional.run();
