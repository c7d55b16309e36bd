/**
 * Jobs that fail and go on from their checkpoints (datastream-semantics §9, §10, §13, §14): their output, in files that a
 * reader takes for complete, holds every record exactly once.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RuntimeFault } from '../../runtime/contract/fault.js';
import { runEmbedded, type JobHandle, type LogEntry } from '../../runtime/embedded/index.js';
import { buildProgram } from '../compile/build-program.js';

const recovery = suite('recovery');
const folder = mkdtempSync(join(tmpdir(), 'flinkc-recovery-'));
const artifactDir = join(folder, 'job');
recovery.before(async () => {
  await buildProgram('test/engine/programs/recovering.ts', artifactDir);
});
recovery.after(() => rmSync(folder, { recursive: true, force: true }));

/** records of the program */
const total = 6_000;
let runs = 0;
class Run {
  readonly path = join(folder, `run-${runs++}`);
  readonly output = join(this.path, 'output');
  readonly checkpoints = join(this.path, 'checkpoints');
  readonly savepoints = join(this.path, 'savepoints');
  readonly log: LogEntry[] = [];
  /** records of held jobs that came to a sink, committed or not */
  collected = 0;
  readonly #release = join(this.path, 'release');
  #params: Readonly<Record<string, string>>;

  constructor(params: Readonly<Record<string, string>> = {}) {
    mkdirSync(this.output, { recursive: true });
    this.#params = params;
  }

  start(
    configuration: Readonly<Record<string, string>>,
    options: {
      readonly parallelism?: number;
      readonly restore?: string;
      /** it does not end until it is released */
      readonly held?: boolean;
    } = {},
  ): Promise<JobHandle> {
    return runEmbedded({
      artifactDir,
      parallelism: options.parallelism ?? 1,
      restore: options.restore,
      params: {
        directory: this.output,
        ...this.#params,
        ...(options.held ? { release: this.#release } : {}),
      },
      configuration: {
        'pipeline.max-parallelism': '16',
        ...('memory' in configuration
          ? {}
          : {
              'execution.checkpointing.dir': this.checkpoints,
              'execution.checkpointing.savepoint-dir': this.savepoints,
            }),
        ...configuration,
      },
      onLog: entry => this.log.push(entry),
      // What is handed over is not in the job's result.
      ...(options.held ? { onRecords: (_, records) => (this.collected += records.length) } : {}),
    });
  }
  /** Jobs that are held may end. */
  release(): void {
    writeFileSync(this.#release, '');
  }
  /** Lines of finished files. */
  get lines(): readonly string[] {
    return readdirSync(this.output)
      .filter(file => !file.startsWith('.'))
      .flatMap(file => readFileSync(join(this.output, file), 'utf8').split('\n'))
      .filter(line => line !== '');
  }
  /** Folders chk-<n> of all jobs. */
  get kept(): readonly string[] {
    if (!existsSync(this.checkpoints)) return [];
    return readdirSync(this.checkpoints)
      .flatMap(job => readdirSync(join(this.checkpoints, job)).map(name => join(this.checkpoints, job, name)))
      .filter(path => /chk-\d+$/.test(path));
  }
  logged(pattern: RegExp): boolean {
    return this.log.some(({ message }) => pattern.test(message));
  }
  async until(condition: () => boolean): Promise<void> {
    for (const giveUp = Date.now() + 240_000; !condition();) {
      assert.ok(Date.now() < giveUp, `waited in vain: ${this.log.map(({ message }) => message).join('\n')}`);
      await delay(5);
    }
  }
}

/** Every record once, each counted in its key's order. */
function sameLines(lines: readonly string[]): void {
  const left = new Map<string, number>();
  for (const line of lines) left.set(line, (left.get(line) ?? 0) + 1);
  const seen = new Map<number, number>();
  for (let value = 0; value < total; value++) {
    const key = value % 37;
    seen.set(key, (seen.get(key) ?? 0) + 1);
    const line = `${key} ${seen.get(key)!} ${value}`;
    left.set(line, (left.get(line) ?? 0) - 1);
  }
  const wrong = [...left].filter(([, times]) => times !== 0);
  const some = wrong.slice(0, 5).map(([line, times]) => `'${line}' ${times > 0 ? '+' : ''}${times}`);
  assert.is(wrong.length, 0, `${wrong.length} of ${lines.length} lines: ${some.join(', ')}`);
}

async function faultOf(work: Promise<unknown>): Promise<RuntimeFault> {
  try {
    await work;
  } catch (error) {
    return error as RuntimeFault;
  }
  throw new Error('it should have failed');
}

const often = { 'execution.checkpointing.interval': '20 ms' };
const patient = {
  'restart-strategy.type': 'fixed-delay',
  'restart-strategy.fixed-delay.attempts': '5',
  'restart-strategy.fixed-delay.delay': '0 ms',
};
/** with materialisations on the way */
const changelog = {
  'state.changelog.enabled': 'true',
  'state.changelog.periodic-materialize.interval': '50 ms',
};
const failing = { failAt: '1500,2900' };

for (const [what, parallelism, configuration] of [
  ['one slot', 1, {}],
  ['three slots', 3, {}],
  ['checkpoints in the memory of the JobManager', 2, { memory: 'true' }],
  ['every file on its own', 2, { 'execution.checkpointing.data-inline-threshold': '0' }],
  ['two checkpoints at a time', 2, { 'execution.checkpointing.max-concurrent-checkpoints': '2' }],
  ['changelog', 2, changelog],
  [
    'changelog, two checkpoints at a time, every file on its own',
    2,
    {
      ...changelog,
      'execution.checkpointing.max-concurrent-checkpoints': '2',
      'execution.checkpointing.data-inline-threshold': '0',
    },
  ],
  ['changelog in the memory of the JobManager', 2, { ...changelog, memory: 'true' }],
  ['changelog in the metadata', 2, { ...changelog, 'state.changelog.storage': 'memory' }],
  ['changelog on rocksdb', 2, { ...changelog, 'state.backend.type': 'rocksdb' }],
] as const)
  recovery(`§9 §14 exactly once across two failures: ${what}`, async () => {
    const run = new Run(failing);
    const options: Record<string, string> = { ...often, ...patient, ...configuration };
    const job = await run.start(options, { parallelism });
    const result = await job.result;
    assert.is(result.state, 'FINISHED');
    sameLines(run.lines);
    sameLines(result.collected['counted'] as string[]);
    assert.is(job.exceptions.length, 2);
    assert.match(job.exceptions[0]!.fault.message, 'injected at 2900');
    assert.is(run.logged(/checkpoint \d+ is complete/), !('memory' in configuration));
    // NO_EXTERNALIZED_CHECKPOINTS: §9.4
    assert.equal(run.kept, []);
  });

recovery(
  '§13.3 after the end of input a job waits for one more checkpoint, which commits its last output',
  async () => {
    const run = new Run();
    const job = await run.start({ 'execution.checkpointing.interval': '1 h' }, { parallelism: 2 });
    assert.is((await job.result).state, 'FINISHED');
    assert.ok(run.logged(/checkpoint 1 is complete/));
    sameLines(run.lines);
  },
);

recovery('§9 at-least-once: nothing is lost', async () => {
  const run = new Run(failing);
  const job = await run.start(
    { ...often, ...patient, 'execution.checkpointing.mode': 'AT_LEAST_ONCE' },
    { parallelism: 2 },
  );
  await job.result;
  const values = new Set(run.lines.map(line => line.split(' ')[2]));
  assert.is(values.size, total);
});

recovery('§14 without checkpoints a restarted job begins anew', async () => {
  const run = new Run({ failAt: '1500' });
  const job = await run.start({ ...patient });
  const result = await job.result;
  sameLines(result.collected['counted'] as string[]);
  sameLines(run.lines);
});

recovery('§14 fixed-delay: the failure after the last attempt fails the job', async () => {
  const run = new Run({ failAt: '500,1000,1500' });
  const job = await run.start({ ...often, ...patient, 'restart-strategy.fixed-delay.attempts': '2' });
  const fault = await faultOf(job.result);
  assert.match(fault.message, 'injected at 1500');
  assert.is(job.state, 'FAILED');
  assert.is(job.exceptions.length, 3);
});

recovery(
  '§14 none: the first failure fails the job; checkpoints of a failed job are kept when they are externalized',
  async () => {
    for (const [retention, kept] of [
      ['NO_EXTERNALIZED_CHECKPOINTS', 0],
      ['DELETE_ON_CANCELLATION', 1],
    ] as const) {
      const run = new Run({ failAt: String(total - 1) });
      const job = await run.start(
        {
          ...often,
          'restart-strategy.type': 'none',
          'execution.checkpointing.externalized-checkpoint-retention': retention,
        },
        { held: true },
      );
      await run.until(() => run.logged(/checkpoint \d+ is complete/));
      run.release();
      assert.match((await faultOf(job.result)).message, `injected at ${total - 1}`);
      assert.is(run.kept.length, kept, retention);
    }
  },
);

recovery(
  '§9.4 num-retained and RETAIN_ON_CANCELLATION: a new job goes on from a retained checkpoint',
  async () => {
    const run = new Run();
    const job = await run.start(
      {
        ...often,
        'execution.checkpointing.num-retained': '2',
        'execution.checkpointing.externalized-checkpoint-retention': 'RETAIN_ON_CANCELLATION',
      },
      { parallelism: 2, held: true },
    );
    await run.until(() => run.log.filter(({ message }) => /is complete/.test(message)).length >= 4);
    await job.cancel();
    assert.is((await job.result).state, 'CANCELED');
    const kept = [...run.kept].sort((a, b) => Number(/\d+$/.exec(a)) - Number(/\d+$/.exec(b)));
    assert.is(kept.length, 2);
    const next = await run.start({ ...often, 'execution.state-recovery.path': kept[1]! }, { parallelism: 3 });
    await next.result;
    sameLines(run.lines);
    assert.ok(run.kept.includes(kept[1]!), 'NO_CLAIM: it stays the user’s');
    const last = new Run();
    const claimed = await last.start({
      ...often,
      'execution.state-recovery.claim-mode': 'CLAIM',
      'execution.state-recovery.path': kept[1]!,
    });
    await claimed.result;
    assert.not(existsSync(kept[1]!), 'CLAIM: deleted when the job needs it no more');
  },
);

recovery(
  '§9.4 a new job goes on from a retained checkpoint with a changelog, at another parallelism, with and without one',
  async () => {
    for (const next of [changelog, {}]) {
      const run = new Run();
      const job = await run.start(
        {
          ...often,
          ...changelog,
          'execution.checkpointing.externalized-checkpoint-retention': 'RETAIN_ON_CANCELLATION',
        },
        { parallelism: 2, held: true },
      );
      await run.until(() => run.log.filter(({ message }) => /is complete/.test(message)).length >= 5);
      await job.cancel();
      assert.is((await job.result).state, 'CANCELED');
      const [kept] = run.kept;
      const going = await run.start({ ...often, ...next }, { parallelism: 3, restore: kept! });
      await going.result;
      sameLines(run.lines);
    }
  },
);

recovery(
  '§10.3 a plain savepoint commits nothing; a new job goes on from it, wherever it was moved',
  async () => {
    const run = new Run();
    const job = await run.start({}, { parallelism: 2, held: true });
    await run.until(() => run.collected > 0);
    const { location } = await job.triggerSavepoint(null);
    assert.match(location, new RegExp(`savepoints/savepoint-${job.jobId.slice(0, 6)}-`));
    assert.equal(run.lines, []);
    await job.cancel();
    const next = await run.start({}, { parallelism: 1, restore: `${location}/_metadata` });
    await next.result;
    sameLines(run.lines);
  },
);

recovery(
  'FC5012 a job without pipeline.max-parallelism takes that of its savepoint; another one is refused before anything is deployed',
  async () => {
    const run = new Run();
    const job = await run.start({}, { parallelism: 2, held: true });
    await run.until(() => run.collected > 0);
    const { location } = await job.stopWithSavepoint(null, false);
    const start = (maxParallelism: string, parallelism: number): Promise<JobHandle> =>
      run.start({ 'pipeline.max-parallelism': maxParallelism }, { parallelism, restore: location });
    const other = await faultOf(start('32', 3));
    assert.is(other.code, 'FC5012');
    assert.match(other.message, 'max parallelism 16 and cannot be restored with 32');
    assert.is((await faultOf(start('-1', 17))).code, 'FC5007');
    const next = await start('-1', 3);
    await next.result;
    sameLines(run.lines);
  },
);

for (const drain of [false, true])
  recovery(
    `§10.3 §13.5 stop with savepoint ${drain ? 'and drain' : 'without drain'}: output is committed, a new job goes on`,
    async () => {
      const run = new Run();
      const job = await run.start({ ...often }, { parallelism: 2, held: true });
      await run.until(() => run.collected > 0);
      const { location } = await job.stopWithSavepoint(null, drain);
      assert.is((await job.result).state, 'FINISHED');
      const before = run.lines.length;
      assert.ok(before > 0 && before < total, `${before} lines`);
      if (drain) return;
      const next = await run.start({ ...often }, { parallelism: 3, restore: location });
      await next.result;
      sameLines(run.lines);
    },
  );

recovery('FC5510 a job without checkpoints cannot be drained', async () => {
  const run = new Run();
  const job = await run.start({}, { held: true });
  await run.until(() => job.state === 'RUNNING');
  assert.is((await faultOf(job.stopWithSavepoint(null, true))).code, 'FC5510');
  run.release();
  assert.is((await job.result).state, 'FINISHED');
});

recovery('§10.3 a stop whose savepoint fails leaves the job running', async () => {
  const run = new Run();
  const job = await run.start({ ...often }, { parallelism: 2, held: true });
  await run.until(() => job.state === 'RUNNING');
  rmSync(run.savepoints, { recursive: true, force: true });
  writeFileSync(run.savepoints, 'a file, no folder');
  const fault = await faultOf(job.stopWithSavepoint(null, false));
  assert.is(fault.code, 'FC5512');
  assert.match(fault.message, `cannot write '${run.savepoints}/savepoint-`);
  run.release();
  assert.is((await job.result).state, 'FINISHED');
  sameLines(run.lines);
});

recovery(
  'FC5516 a job that fails behind the savepoint that stops it says so, starts again from it and can be stopped again',
  async () => {
    const run = new Run({ failAfter: '1' });
    const job = await run.start(patient, { parallelism: 2, held: true });
    await run.until(() => run.collected > 0);
    const fault = await faultOf(job.stopWithSavepoint(null, false));
    assert.is(fault.code, 'FC5516');
    const reported = /^the savepoint '(.+)' is complete, but .+: injected after checkpoint 1$/;
    const [, savepoint] = reported.exec(fault.message) ?? [];
    assert.ok(savepoint, fault.message);
    await run.until(() => job.state === 'RUNNING');
    const { location } = await job.stopWithSavepoint(null, false);
    assert.is.not(location, savepoint);
    assert.is((await job.result).state, 'FINISHED');
    const next = await run.start({}, { parallelism: 1, restore: location });
    await next.result;
    sameLines(run.lines);
  },
);

recovery(
  'FC5504 a damaged checkpoint fails the job by the file’s name, or an older one serves where that is allowed',
  async () => {
    for (const [allowed, logged] of [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ] as const) {
      // There must be something between two checkpoints, however late the second comes.
      const run = new Run({ failAt: String(total - 1), ...(logged ? { perSecond: '1000' } : {}) });
      const job = await run.start(
        {
          ...patient,
          'state.changelog.enabled': String(logged),
          'execution.checkpointing.num-retained': '3',
          'execution.checkpointing.data-inline-threshold': '0',
          'execution.checkpointing.externalized-checkpoint-retention': 'DELETE_ON_CANCELLATION',
          'execution.state-recovery.allow-older-checkpoint': String(allowed),
        },
        { parallelism: 2, held: true },
      );
      await run.until(() => job.state === 'RUNNING');
      for (let i = 0; i < 2; i++) await job.triggerCheckpoint();
      const newest = run.kept.find(path => path.endsWith('chk-2'))!;
      const folder = logged ? join(newest, '..', 'shared') : newest;
      const [file] = readdirSync(folder).filter(name => (logged ? /-c2-log-/ : /keyed$/).test(name));
      truncateSync(join(folder, file!), 10);
      run.release();
      if (!allowed) {
        const fault = await faultOf(job.result);
        assert.is(fault.code, 'FC5504');
        assert.match(fault.message, file!);
        continue;
      }
      await job.result;
      assert.ok(run.logged(/checkpoint 2 is damaged; the job goes on from checkpoint 1/));
      // What was committed with checkpoint 2 is written once more: that is what the option allows.
      assert.is(new Set(run.lines).size, total);
    }
  },
);

recovery('wrong places to start from are named before anything runs', async () => {
  const run = new Run();
  const missing = await faultOf(run.start({}, { restore: join(run.path, 'nowhere') }));
  assert.is(missing.code, 'FC5506');
  const broken = join(run.path, 'broken');
  mkdirSync(broken);
  writeFileSync(join(broken, '_metadata'), 'flinkc-checkpoint 1 3 00000000\nabc');
  assert.is((await faultOf(run.start({}, { restore: broken }))).code, 'FC5504');
});

recovery.run();
