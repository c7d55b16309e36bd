/** Several JobManagers on one storage: take-over after SIGKILL, a leader that comes back, secrets. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Project, type RunningCli } from '../cli/project.js';
import { Cluster, missedSoon, shortLease, type Settings } from './processes.js';
import { countingProgram, heldNumbers, secretiveProgram } from './session-programs.js';

const project = new Project({
  'counting.ts': countingProgram,
  'held-numbers.ts': heldNumbers,
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      target: 'es2023',
      module: 'nodenext',
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: ['node'],
    },
  }),
  'secretive.ts': secretiveProgram,
});
const test = suite('high availability');
let cluster: Cluster;
let run = 0;

test.before(async () => {
  for (const name of ['counting', 'secretive']) {
    const { code, stderr } = await project.flinkc(['build', `${name}.ts`, '-o', project.path(`${name}.zip`)]);
    assert.is(code, 0, stderr);
  }
});
test.after(() => project.remove());
test.before.each(() => {
  run++;
  cluster = new Cluster(project, settings());
});
test.after.each(() => cluster.stop());

const storage = (): string => project.path(`ha-${run}`);
const output = (): string => project.path(`out-${run}`);
const releaseFile = (): string => project.path(`release-${run}`);
/** Until then the counting job goes on. */
const release = (): void => writeFileSync(releaseFile(), '');
const counting = (): readonly string[] => [
  '--param',
  `directory=${output()}`,
  '--param',
  `release=${releaseFile()}`,
];
const settings = (): Settings => ({
  ...missedSoon,
  ...shortLease,
  'high-availability.type': 'filesystem',
  'high-availability.storageDir': storage(),
  'execution.checkpointing.interval': '100 ms',
});
const anyPort: Settings = { 'jobmanager.rpc.port': '0' };
const leads = /this JobManager leads, with fencing token (\d+)/;

const flinkc = (args: readonly string[]) =>
  project.flinkc([
    ...args,
    ...Object.entries(settings()).flatMap(([key, value]) => ['-D', `${key}=${value}`]),
  ]);

async function submit(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await flinkc([
    'run',
    ...args,
    '--target',
    'remote',
    '--detached',
    '--json',
  ]);
  assert.is(code, 0, stderr);
  return (JSON.parse(stdout) as { jobId: string }).jobId;
}

/** Every number once, whatever happened. */
function checkOutput(count: number): void {
  const lines = readdirSync(output(), { recursive: true })
    .map(name => join(output(), String(name)))
    .filter(file => statSync(file).isFile() && !/\/[._][^/]*$/.test(file))
    .flatMap(file => readFileSync(file, 'utf8').trim().split('\n'))
    .filter(line => line !== '');
  assert.is(lines.length, count);
  assert.is(new Set(lines).size, count);
}

const until = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (const giveUp = Date.now() + 240_000; Date.now() < giveUp;) {
    if (await holds()) return;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  throw new Error(`waited in vain: ${what}`);
};
const ended = async (id: string): Promise<boolean> => /FINISHED/.test((await flinkc(['status', id])).stdout);

async function twoJobManagers(): Promise<readonly [RunningCli, RunningCli]> {
  const first = await cluster.jobManager([], anyPort);
  await first.sees('stderr', leads);
  const second = await cluster.jobManager([], anyPort);
  await second.sees('stderr', /the leader is/);
  return [first, second];
}

test('a standby goes on with the jobs of a leader that is killed', async () => {
  const [first, second] = await twoJobManagers();
  cluster.taskManager('tm-1');
  const retained = 'execution.checkpointing.num-retained=3';
  const id = await submit('counting.zip', ...counting(), '-D', retained);
  await first.sees('stderr', /checkpoint ([5-9]|\d{2,}) is complete/);
  first.process.kill('SIGKILL');
  await second.sees('stderr', leads);
  await second.sees('stderr', /job 'counting' is recovered from checkpoint \d+/);
  release();
  await second.sees('stderr', /job 'counting' is FINISHED/);
  assert.ok(await ended(id));
  checkOutput(20_000);
  await until('nothing of it stays, also not of what the first leader was doing when it was killed', () => {
    const files = readdirSync(storage(), { recursive: true }).map(String);
    return !files.some(name => name.includes('chk-') || name.endsWith('.zip'));
  });
});

test('a leader that comes back after its lease was taken over writes no checkpoint and ends its jobs', async () => {
  const [first, second] = await twoJobManagers();
  cluster.taskManager('tm-1');
  await submit('counting.zip', ...counting());
  await first.sees('stderr', /checkpoint ([5-9]|\d{2,}) is complete/);
  first.process.kill('SIGSTOP');
  await second.sees('stderr', /job 'counting' is recovered/);
  const from = first.output('stderr').length;
  first.process.kill('SIGCONT');
  await first.sees('stderr', /no longer leads/, from);
  await first.sees('stderr', /job 'counting' is SUSPENDED/, from);
  release();
  await second.sees('stderr', /job 'counting' is FINISHED/);
  assert.not.match(first.output('stderr').slice(from), /checkpoint \d+ is complete/);
  checkOutput(20_000);
});

test('a standby sends clients to the leader', async () => {
  await twoJobManagers();
  const answer = await fetch(`http://127.0.0.1:${cluster.restPort}/jobs/overview`, { redirect: 'manual' });
  assert.is(answer.status, 307);
  const standby = ['-m', `127.0.0.1:${cluster.restPort}`];
  const list = await project.flinkc(['list', ...standby]);
  assert.is(list.code, 0, list.stderr);
  cluster.taskManager('tm-1');
  release();
  // What is uploaded goes where it is run.
  const ran = await project.flinkc(['run', 'counting.zip', ...counting(), '--target', 'remote', ...standby]);
  assert.is(ran.code, 0, ran.stderr);
  checkOutput(20_000);
});

test('a JobManager that is terminated leaves its jobs to the next one at once', async () => {
  const [first, second] = await twoJobManagers();
  cluster.taskManager('tm-1');
  await submit('counting.zip', ...counting());
  await first.sees('stderr', /checkpoint ([5-9]|\d{2,}) is complete/);
  first.process.kill('SIGTERM');
  const { code, stderr } = await first.finished;
  assert.is(code, 143);
  assert.match(stderr, /"level":"info","message":"this JobManager no longer leads: it resigned"/);
  release();
  await second.sees('stderr', /job 'counting' is FINISHED/);
  checkOutput(20_000);
});

test('an application ends every process with its outcome, and is not repeated', async () => {
  const args = ['--application', project.path('counting.zip'), ...counting()];
  const first = await cluster.jobManager(args, anyPort);
  cluster.taskManager('tm-1');
  await first.sees('stderr', /checkpoint ([5-9]|\d{2,}) is complete/);
  first.process.kill('SIGKILL');
  release();
  const second = await cluster.jobManager(args, anyPort);
  const { code, stderr } = await second.finished;
  assert.is(code, 0, stderr);
  assert.match(stderr, /recovered from checkpoint/);
  checkOutput(20_000);
  const artifacts = readdirSync(storage(), { recursive: true }).filter(name => String(name).endsWith('.zip'));
  assert.equal(artifacts, [], 'deleted with the job');
  const third = await cluster.jobManager(args, anyPort);
  assert.is((await third.finished).code, 0);
  checkOutput(20_000);
});

test('secrets are not stored, and refused where they would be', async () => {
  const jobManager = await cluster.jobManager([], anyPort, { PASSWORD: 'open sesame' });
  await jobManager.sees('stderr', leads);
  cluster.taskManager('tm-1');
  const id = await submit('secretive.zip', '--param', `directory=${output()}`);
  await until('it has ended', () => ended(id));
  checkOutput(10);
  for (const file of readdirSync(storage(), { recursive: true }).map(name => join(storage(), String(name))))
    if (statSync(file).isFile()) assert.not(readFileSync(file).includes('sesame'), file);
  const refused = await flinkc(['run', 'secretive.zip', '--target', 'remote', '--param', 'PASSWORD=x']);
  assert.is(refused.code, 1);
  assert.match(refused.stderr, /error FC5627: secret 'PASSWORD' would be stored in clear/);
});

test('options that do not fit together are refused at the start', async () => {
  const { code, stderr } = await project.flinkc(['jobmanager', '-D', 'high-availability.type=filesystem']);
  assert.is(code, 1);
  assert.match(stderr, /error FC5021: option 'high-availability.storageDir'/);
});

test.run();
