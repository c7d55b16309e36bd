/** Session Mode from a user's side: the command line and REST against real processes. */
import { existsSync, readdirSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Project, type RunningCli } from '../cli/project.js';
import { Cluster } from './processes.js';
import { boundedProgram, endlessProgram, restOf, type Answer } from './session-programs.js';

const project = new Project({ 'endless.ts': endlessProgram, 'bounded.ts': boundedProgram });
const test = suite('session');
let cluster: Cluster;

test.before(async () => {
  for (const name of ['endless', 'bounded']) {
    const { code, stderr } = await project.flinkc(['build', `${name}.ts`, '-o', project.path(`${name}.zip`)]);
    assert.is(code, 0, stderr);
  }
});
test.after(() => project.remove());
test.after.each(() => cluster.stop());

async function session(taskManagers = 1): Promise<RunningCli> {
  cluster = new Cluster(project, { 'execution.checkpointing.dir': project.path('checkpoints') });
  const jobManager = await cluster.jobManager();
  for (let i = 1; i <= taskManagers; i++) cluster.taskManager(`tm-${i}`);
  return jobManager;
}
const flinkc = (...args: readonly string[]) =>
  project.flinkc([...args, '-m', `127.0.0.1:${cluster.restPort}`]);

async function submit(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await flinkc('run', ...args, '--target', 'remote', '--detached', '--json');
  assert.is(code, 0, stderr);
  return (JSON.parse(stdout) as { jobId: string }).jobId;
}
const rest = (path: string, init?: RequestInit) => restOf(cluster.restPort, path, init);

async function until(path: string, holds: (body: Answer) => boolean): Promise<Answer> {
  for (const giveUp = Date.now() + 240_000; Date.now() < giveUp;) {
    const { body } = await rest(path);
    if (holds(body)) return body;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  throw new Error(`${path} did not become what was expected: ${JSON.stringify((await rest(path)).body)}`);
}
const running = (id: string) => until(`/jobs/${id}`, job => job.state === 'RUNNING');

test('a submitted job is listed, shown and cancelled', async () => {
  await session();
  const id = await submit('endless.zip', '-p', '2');
  await running(id);
  const list = await flinkc('list');
  assert.match(
    list.stdout,
    new RegExp(`^\\d\\d\\.\\d\\d\\.\\d{4} \\d\\d:\\d\\d:\\d\\d : ${id} : endless \\(RUNNING\\)$`, 'm'),
  );
  const status = await flinkc('status', id);
  assert.match(status.stdout, /^RUNNING, submitted \d+\.\d s ago$/m);
  const { body: job } = await rest(`/v1/jobs/${id}`);
  assert.is(job.isStoppable, false);
  assert.is(job['status-counts']['RUNNING'], job.vertices.length);
  assert.equal(
    job.plan.nodes.map(({ id: vertex }) => vertex),
    job.vertices.map(({ id: vertex }) => vertex),
  );
  const { body: overview } = await rest('/overview');
  assert.is(overview['jobs-running'], 1);
  assert.is(overview['slots-available'], 0);
  const cancelled = await flinkc('cancel', id);
  assert.is(cancelled.code, 0, cancelled.stderr);
  await until(`/jobs/${id}/execution-result`, ({ status }) => status.id === 'COMPLETED');
  assert.match((await flinkc('list', '-a')).stdout, /Terminated Jobs -+\n.*\(CANCELED\)/);
  assert.not.match((await flinkc('list')).stdout, new RegExp(id));
  const again = await rest(`/jobs/${id}`, { method: 'PATCH' });
  assert.is(again.status, 202);
});

test('an attached run ends with its job; a failure is the client’s', async () => {
  await session();
  const finished = await flinkc('run', 'bounded.zip', '--target', 'remote');
  assert.is(finished.code, 0, finished.stderr);
  assert.match(finished.stderr, /submitted with JobID [0-9a-f]{32}\njob FINISHED in/);
  const failed = await flinkc('run', 'bounded.zip', '--target', 'remote', '--param', 'failAt=10');
  assert.is(failed.code, 1);
  assert.match(failed.stderr, /error FC5001: .*ten is too much/);
});

test('a job is stopped with a savepoint and goes on from it', async () => {
  const jobManager = await session();
  const id = await submit('endless.zip', '-p', '2');
  await running(id);
  await jobManager.sees('stdout', /"count":\d/);
  const taken = await flinkc('savepoint', id, project.path('savepoints'));
  assert.is(taken.code, 0, taken.stderr);
  const stopped = await flinkc('stop', '-p', project.path('savepoints'), id);
  assert.is(stopped.code, 0, stopped.stderr);
  const path = /Savepoint completed. Path: (.*)/.exec(stopped.stdout)![1]!;
  assert.ok(existsSync(`${path}/_metadata`), path);
  await until(`/jobs/${id}`, job => job.state === 'FINISHED');
  const before = jobManager.output('stdout').length;
  const next = await submit('endless.zip', '-p', '1', '--fromSavepoint', path);
  await running(next);
  await jobManager.sees('stdout', /"count":\d+.*\n/, before);
  // Without the savepoint every key would begin with its tenth record.
  const [, first] = /"count":(\d+)/.exec(jobManager.output('stdout').slice(before))!;
  assert.ok(Number(first) > 10, first);
  assert.is((await flinkc('cancel', next)).code, 0);
  const disposed = await flinkc('savepoint', '--dispose', path);
  assert.is(disposed.code, 0, disposed.stderr);
  assert.not(existsSync(path));
  assert.is(readdirSync(project.path('savepoints')).length, 1);
});

test('§9.1 a savepoint that tasks cannot write is refused, and the job goes on', async () => {
  await session();
  // Without inline state tasks write, into a folder that is a file.
  const inline = ['-D', 'execution.checkpointing.data-inline-threshold=0'];
  const id = await submit('endless.zip', '-p', '2', ...inline);
  await running(id);
  const { code, stderr } = await flinkc('savepoint', id, project.path('endless.ts'));
  assert.is(code, 1);
  assert.match(stderr, /error FC5512: .*endless\.ts[^]*the job goes on/);
  const savepoint = await flinkc('savepoint', id, project.path('savepoints'));
  assert.is(savepoint.code, 0, savepoint.stderr);
  assert.match((await flinkc('status', id)).stdout, /^RUNNING/m);
  assert.not.match((await flinkc('status', id)).stdout, 'last failure');
});

test('a running job is rescaled, and refused more slots than there are', async () => {
  await session();
  const id = await submit('endless.zip', '-p', '1');
  await running(id);
  // One after the other, as a script does: each returns when the job runs.
  for (const parallelism of ['2', '1', '2']) {
    const { code, stdout, stderr } = await flinkc('rescale', id, '-p', parallelism);
    assert.is(code, 0, stderr);
    assert.is(stdout, `Job ${id} has parallelism ${parallelism} and is RUNNING.\n`);
  }
  assert.match((await flinkc('rescale', id, '-p', '2')).stdout, /has parallelism 2 already/);
  const job = (await rest(`/jobs/${id}`)).body;
  assert.is(job.state, 'RUNNING');
  assert.equal(new Set(job.vertices.map(({ parallelism }) => parallelism)), new Set([2]));
  const tooMany = await flinkc('rescale', id, '-p', '7');
  assert.is(tooMany.code, 1);
  assert.match(
    tooMany.stderr,
    /error FC5620: .*it would need 7 slots, and there are 2 for it\n *fix: start more TaskManagers/,
  );
  const tooHigh = await flinkc('rescale', id, '-p', '300');
  assert.match(
    tooHigh.stderr,
    /error FC5620: '.*' \([0-9a-f]{32}\) cannot have parallelism 300: its maximum parallelism is 128/,
  );
  assert.is((await rest(`/jobs/${id}`)).body.state, 'RUNNING');
  assert.is((await flinkc('rescale', id, '-p', '1', '--detached')).stdout, `Job ${id} has parallelism 1.\n`);
});

test('a job that has ended is told so, whatever is asked of it', async () => {
  await session();
  const id = await submit('bounded.zip');
  await until(`/jobs/${id}`, job => job.state === 'FINISHED');
  for (const command of [
    ['savepoint', id, project.path('savepoints')],
    ['stop', id, '-p', project.path('savepoints')],
    ['checkpoint', id],
    ['rescale', id, '-p', '2'],
  ]) {
    const { code, stderr, stdout } = await flinkc(...command);
    assert.is(code, 1, command[0]);
    assert.match(
      stderr,
      /error FC5620: .* now: it has ended and is FINISHED\n *fix: flinkc list/,
      command[0],
    );
    assert.is(stdout, '');
  }
  const cancelled = await flinkc('cancel', id);
  assert.is(cancelled.code, 1);
  assert.match(cancelled.stderr, /error FC5620: .*already reached another terminal state \(FINISHED\)/);
  assert.match((await flinkc('status', id)).stdout, /^FINISHED after \d+\.\d s$/m);
});

test('wrong inputs are one clear error', async () => {
  await session();
  const none = '0123456789abcdef0123456789abcdef';
  const commands = [['status'], ['cancel'], ['stop'], ['savepoint'], ['checkpoint'], ['rescale', '-p', '2']];
  for (const command of commands) {
    const { code, stderr } = await flinkc(...command, none);
    assert.is(code, 1, command[0]);
    assert.match(stderr, new RegExp(`error FC5609: Job ${none} not found`), command[0]);
    const nonsense = await flinkc(...command, 'nonsense');
    assert.is(nonsense.code, 2, command[0]);
    assert.match(nonsense.stderr, /error FC4005: .*a job id of 32 hexadecimal digits, not nonsense/);
  }
  const id = await submit('endless.zip');
  await running(id);
  const near = `${id.slice(0, 30)}${id.endsWith('00') ? '11' : '00'}`;
  assert.match((await flinkc('status', near)).stderr, `did you mean ${id}?`);
  const nowhere = await flinkc('savepoint', id);
  assert.is(nowhere.code, 1);
  assert.match(
    nowhere.stderr,
    /error FC5632: [^]*fix: name a folder .*execution\.checkpointing\.savepoint-dir/,
  );
  const parameter = await flinkc('run', 'bounded.zip', '--target', 'remote', '--param', 'failAt=x');
  assert.is(parameter.code, 1);
  assert.match(parameter.stderr, /error FC5019/);
  const savepoint = await flinkc('run', 'endless.zip', '--target', 'remote', '-s', project.path('nothing'));
  assert.is(savepoint.code, 1);
  assert.match(savepoint.stderr, /error FC5506/);
  project.write({ 'broken.zip': 'this is no zip' });
  const upload = new FormData();
  upload.append('jarfile', new Blob(['this is no zip']), 'broken.zip');
  const { status, body } = await rest('/jars/upload', { method: 'POST', body: upload });
  assert.is(status, 400);
  assert.match(body.errors[0]!, /FC4102/);
  const nobody = await project.flinkc(['list', '-m', '127.0.0.1:1']);
  assert.is(nobody.code, 1);
  assert.match(nobody.stderr, /error FC5631: no JobManager answers at http:\/\/127.0.0.1:1/);
});

test('DELETE /cluster ends the jobs and the process', async () => {
  cluster = new Cluster(project);
  const jobManager = await cluster.jobManager();
  cluster.taskManager('tm-1');
  const id = await submit('endless.zip');
  await running(id);
  const { status, body } = await rest('/cluster', { method: 'DELETE' });
  assert.is(status, 200);
  assert.equal(body, {});
  const { code, stderr } = await jobManager.finished;
  assert.is(code, 0, stderr);
  assert.match(stderr, /is CANCELED/);
});

test.run();
