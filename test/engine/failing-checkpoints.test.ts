/**
 * Checkpoints that cannot be taken (datastream-semantics §9.1): which failures count, what is tolerated, and that a job
 * whose last checkpoint cannot be taken says so instead of waiting for ever.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RuntimeFault } from '../../runtime/contract/fault.js';
import { runEmbedded, type JobHandle, type LogEntry } from '../../runtime/embedded/index.js';
import { buildProgram } from '../compile/build-program.js';

const checkpoints = suite('failing checkpoints');
const folder = mkdtempSync(join(tmpdir(), 'flinkc-failing-checkpoints-'));
const artifactDir = join(folder, 'job');
checkpoints.before(async () => {
  await buildProgram('test/engine/programs/stalling.ts', artifactDir);
});
checkpoints.after(() => rmSync(folder, { recursive: true, force: true }));

const prefix = 'execution.checkpointing.';
let folders = 0;

interface Started {
  readonly job: JobHandle;
  readonly directory: string;
  readonly log: readonly LogEntry[];
}

async function start(
  configuration: Readonly<Record<string, string>>,
  params: Readonly<Record<string, string>> = {},
): Promise<Started> {
  const directory = join(folder, `checkpoints-${folders++}`);
  const log: LogEntry[] = [];
  const job = await runEmbedded({
    artifactDir,
    params,
    configuration: { [`${prefix}dir`]: directory, 'restart-strategy.type': 'none', ...configuration },
    onLog: entry => log.push(entry),
  });
  return { job, directory, log };
}

/** From now on nothing can be written there, whoever tries. */
function breakFolder(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
  writeFileSync(directory, 'a file, no folder');
}

async function faultOf(work: Promise<unknown>): Promise<RuntimeFault> {
  try {
    await work;
  } catch (error) {
    return error as RuntimeFault;
  }
  throw new Error('it should have failed');
}

/** Those that count. */
const givenUp = ({ log }: Started): number =>
  log.filter(({ level, message }) => level === 'warn' && /^checkpoint \d+ is given up/.test(message)).length;

for (const tolerable of [0, 2])
  checkpoints(
    `§9.1 FC5508 failures of the storage count: ${tolerable} are tolerated, then the job fails`,
    async () => {
      const started = await start({
        [`${prefix}interval`]: '20 ms',
        [`${prefix}tolerable-failed-checkpoints`]: String(tolerable),
      });
      breakFolder(started.directory);
      const fault = await faultOf(started.job.result);
      assert.is(fault.code, 'FC5508');
      assert.match(fault.message, `cannot write '${started.directory}/`);
      assert.is(givenUp(started), tolerable + 1);
    },
  );

checkpoints(
  '§13.4 FC5508 a last checkpoint that cannot be taken fails the job, as often as it may restart',
  async () => {
    const started = await start({
      // The only one is that after the end of the input.
      [`${prefix}interval`]: '1 h',
      'restart-strategy.type': 'fixed-delay',
      'restart-strategy.fixed-delay.attempts': '2',
      'restart-strategy.fixed-delay.delay': '0 ms',
    });
    breakFolder(started.directory);
    assert.is((await faultOf(started.job.result)).code, 'FC5508');
    assert.is(givenUp(started), 3);
    const restarts = started.log.filter(({ message }) =>
      message.startsWith('the job restarts in 0 ms: FC5508 '),
    );
    assert.equal(
      restarts.map(({ level }) => level),
      ['warn', 'warn'],
    );
  },
);

checkpoints(
  '§9.1 a checkpoint that expires counts; one that is tolerated leaves the job running',
  async () => {
    const stalling = { [`${prefix}interval`]: '30 ms', [`${prefix}timeout`]: '1 s' };
    const stallUntil = join(folder, 'expired');
    const tolerated = await start(
      { ...stalling, [`${prefix}tolerable-failed-checkpoints`]: '1000' },
      { stallUntil },
    );
    const expired = ({ log }: Started): boolean =>
      log.some(({ fields }) => fields['reason'] === 'CHECKPOINT_EXPIRED');
    while (!expired(tolerated)) await delay(5);
    writeFileSync(stallUntil, '');
    const { state, collected } = await tolerated.job.result;
    assert.is(state, 'FINISHED');
    assert.is(collected['numbers']!.length, 400);
    const { counts } = tolerated.job.details.checkpointStatistics;
    assert.ok(counts.failed > 0 && counts.completed > 0, JSON.stringify(counts));

    rmSync(stallUntil);
    const refused = await start(stalling, { stallUntil });
    while (!expired(refused)) await delay(5);
    writeFileSync(stallUntil, '');
    const fault = await faultOf(refused.job.result);
    assert.is(fault.code, 'FC5508');
    assert.match(fault.message, 'not complete after 1000 ms');
  },
);

checkpoints(
  '§9.1 a savepoint whose folder cannot be written says which, and counts for nothing',
  async () => {
    const release = join(folder, 'release');
    const started = await start({ [`${prefix}interval`]: '1 h' }, { release });
    const taken = join(folder, 'taken');
    writeFileSync(taken, 'a file, no folder');
    while (started.job.state !== 'RUNNING') await delay(5);
    const fault = await faultOf(started.job.triggerSavepoint(taken));
    assert.is(fault.code, 'FC5512');
    assert.match(fault.message, `cannot write '${taken}/savepoint-`);
    const unknown = await faultOf(started.job.triggerSavepoint('s4://somewhere/x'));
    assert.is(unknown.code, 'FC5512');
    assert.match(unknown.message, "no file system serves scheme 's4'");
    writeFileSync(release, '');
    assert.is((await started.job.result).state, 'FINISHED');
  },
);

for (const option of [`${prefix}dir`, `${prefix}savepoint-dir`])
  checkpoints(`FC5511 ${option}: a place that cannot be used refuses the job`, async () => {
    const file = join(folder, `file-${folders++}`);
    writeFileSync(file, '');
    for (const [path, why] of [
      ['s4://bucket/folder', "no file system serves scheme 's4'"],
      [join(file, 'below'), `cannot write '${file}/below`],
    ] as const) {
      const fault = await faultOf(start({ [option]: path }));
      assert.is(fault.code, 'FC5511');
      assert.match(fault.message, `option '${option}'`);
      assert.match(fault.message, why);
      assert.ok(fault.fix);
    }
    // Nothing stays of a trial that succeeds, but for the folder.
    const { job, directory } = await start({});
    await job.cancel();
    assert.equal(readdirSync(directory), []);
  });

checkpoints('FC5511 a state to start from whose scheme is unknown names the option', async () => {
  const fault = await faultOf(start({ 'execution.state-recovery.path': 's4://bucket/savepoint' }));
  assert.is(fault.code, 'FC5511');
  assert.match(fault.message, "option 'execution.state-recovery.path'");
});

checkpoints.run();
