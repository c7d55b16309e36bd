/** What a dashboard and an autoscaler ask a JobManager about a job that runs: vertices, metrics, checkpoints, memory. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Project } from '../cli/project.js';
import { Cluster } from './processes.js';
import { accumulatingProgram, addingProgram, endlessProgram, restOf } from './session-programs.js';

const test = suite('monitoring');
const project = new Project({
  'endless.ts': endlessProgram,
  'adding.ts': addingProgram,
  'accumulating.ts': accumulatingProgram,
});
const cluster = new Cluster(project, {
  'metrics.fetcher.update-interval': '100 ms',
  'execution.checkpointing.interval': '100 ms',
  // What was the latest when it was asked for is still there for the next question.
  'web.checkpoints.history': '10000',
  'execution.checkpointing.dir': project.path('checkpoints'),
  'execution.checkpointing.savepoint-dir': project.path('savepoints'),
});
test.before(async () => {
  for (const name of ['endless', 'adding', 'accumulating'])
    assert.is((await project.flinkc(['build', `${name}.ts`, '-o', `${name}.zip`])).code, 0);
  await cluster.jobManager();
  cluster.taskManager('tm-1', { 'taskmanager.numberOfTaskSlots': '1' });
  cluster.taskManager('tm-2', { 'taskmanager.numberOfTaskSlots': '1' });
});
test.after(async () => {
  await cluster.stop();
  project.remove();
});

// Answers are looked into by name, wherever in them the name is.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Json = any;
async function get(path: string): Promise<{ readonly status: number; readonly body: Json }> {
  return restOf(cluster.restPort, path);
}
async function until(path: string, holds: (body: Json) => boolean): Promise<Json> {
  for (const giveUp = Date.now() + 240_000; ;) {
    const { body } = await get(path);
    if (holds(body)) return body;
    assert.ok(Date.now() < giveUp, `${path}: ${JSON.stringify(body).slice(0, 2_000)}`);
    await new Promise(done => setTimeout(done, 50));
  }
}
const client = (...args: readonly string[]) =>
  project.flinkc([...args, '-m', `127.0.0.1:${cluster.restPort}`]);

async function submit(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await client(
    'run',
    'endless.zip',
    '--target',
    'remote',
    '--detached',
    '--json',
    '-p',
    '2',
    ...args,
  );
  assert.is(code, 0, stderr);
  const { jobId } = JSON.parse(stdout) as { readonly jobId: string };
  await until(`/jobs/${jobId}`, job => job.state === 'RUNNING');
  return jobId;
}

test('accumulators of a job, of its vertices, and of their subtasks', async () => {
  const { code, stdout } = await client('run', 'adding.zip', '--target', 'remote', '-d', '--json', '-p', '2');
  assert.is(code, 0);
  const job = `/jobs/${(JSON.parse(stdout) as { readonly jobId: string }).jobId}`;
  const { vertices } = await until(job, ({ state }) => state === 'FINISHED');
  const sum = { name: 'sum', type: 'number', value: '4950' };
  const largest = { name: 'largest', type: 'number', value: '99' };
  const seen = { name: 'seen', type: 'number', value: '100' };
  const byName = (all: readonly { readonly name: string }[]): unknown =>
    all.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const { body: ofJob } = await get(`${job}/accumulators`);
  assert.equal(byName(ofJob['user-task-accumulators']), [largest, seen, sum]);

  const [first, second] = vertices.map(({ id }: Json) => `${job}/vertices/${id}`) as [string, string];
  const ofFirst = (await get(`${first}/accumulators`)).body;
  assert.equal(byName(ofFirst['user-accumulators']), [largest, sum]);
  assert.equal((await get(`${second}/accumulators`)).body['user-accumulators'], [seen]);

  const { body } = await get(`${first}/subtasks/accumulators`);
  assert.is(body.parallelism, 2);
  const sums = body.subtasks.map(
    (each: Json) => each['user-accumulators'].find(({ name }: Json) => name === 'sum').value,
  );
  assert.is(Number(sums[0]) + Number(sums[1]), 4950);
  const attempt = await get(`${first}/subtasks/1/attempts/${body.subtasks[1].attempt}/accumulators`);
  assert.equal(attempt.body['user-accumulators'], body.subtasks[1]['user-accumulators']);
  assert.is((await get(`${first}/subtasks/1/attempts/77/accumulators`)).status, 404);
});

test('accumulators of a job that runs are as its slots told last; those of a cancelled one stay', async () => {
  const { code, stdout } = await client(
    'run',
    'accumulating.zip',
    '--target',
    'remote',
    '-d',
    '--json',
    '-p',
    '2',
  );
  assert.is(code, 0);
  const job = `/jobs/${(JSON.parse(stdout) as { readonly jobId: string }).jobId}`;
  const valueOf = (all: Json, wanted: string): Json => {
    const found = all.find(({ name }: Json) => name === wanted);
    return found && JSON.parse(found.value);
  };
  const counted = async (path: string, field: string): Promise<number> => {
    const holds = (body: Json): boolean => valueOf(body[field], 'counted') > 0;
    return valueOf((await until(`${job}${path}/accumulators`, holds))[field], 'counted');
  };
  const first = await counted('', 'user-task-accumulators');
  const { body: detail } = await get(job);
  assert.is(detail.state, 'RUNNING');
  const vertex = `/vertices/${detail.vertices[0].id}`;
  assert.ok((await counted(vertex, 'user-accumulators')) >= first);
  // Both subtasks, and more as time goes by.
  const later = await until(`${job}${vertex}/subtasks/accumulators`, ({ subtasks }) =>
    subtasks.every((each: Json) => valueOf(each['user-accumulators'], 'counted') > first),
  );
  assert.is(valueOf(later.subtasks[1]['user-accumulators'], 'latest').length, 1);
  await until(`${job}/accumulators`, body => valueOf(body['user-task-accumulators'], 'latest').length === 2);
  assert.is((await client('cancel', job.slice('/jobs/'.length))).code, 0);
  await until(job, ({ state }) => state === 'CANCELED');
  assert.ok((await counted('', 'user-task-accumulators')) > first);
});

test('what is told of a job’s past stays when it is rescaled', async () => {
  const job = await submit();
  const { vertices } = (await get(`/jobs/${job}`)).body;
  assert.is((await client('savepoint', job)).code, 0);
  const { body: before } = await get(`/jobs/${job}/checkpoints`);
  const { id } = before.latest.savepoint;
  const { stdout, stderr } = await client('rescale', job, '-p', '1');
  assert.match(stdout, 'has parallelism 1 and is RUNNING', stderr);
  const { body: after } = await get(`/jobs/${job}/checkpoints`);
  assert.is(after.latest.savepoint.id, id);
  assert.ok(after.counts.completed >= before.counts.completed + 1);
  assert.is(after.counts.restored, 1);
  // With the subtasks of that time.
  const { body: taken } = await get(`/jobs/${job}/checkpoints/details/${id}/subtasks/${vertices[0].id}`);
  assert.is(taken.num_subtasks, 2);
  assert.equal(
    taken.subtasks.map(({ className }: Json) => className),
    ['completed', 'completed'],
  );
  const { timestamps, vertices: rescaled } = (await get(`/jobs/${job}`)).body;
  assert.is(timestamps.SUSPENDED, 0);
  assert.ok(timestamps.RESTARTING > 0);
  assert.is(rescaled[0].parallelism, 1);
  assert.is((await client('cancel', job)).code, 0);
  await until(`/jobs/${job}`, ({ state }) => state === 'CANCELED');
});

test('vertices, their subtasks and metrics; memory of TaskManagers; the checkpoint a job was restored from', async () => {
  const job = await submit();
  const { vertices } = await until(`/jobs/${job}`, found =>
    found.vertices.every((vertex: Json) => vertex.metrics['read-records'] > 0),
  );
  const [source, counts] = vertices.map((vertex: Json) => `/jobs/${job}/vertices/${vertex.id}`) as [
    string,
    string,
  ];

  // Every subtask has told of itself.
  for (const vertex of [source, counts])
    await until(vertex, each => each.subtasks.every(({ metrics }: Json) => metrics['read-records'] > 0));
  const { body: subtasks } = await get(counts);
  assert.equal(
    subtasks.subtasks.map((each: Json) => each.status),
    ['RUNNING', 'RUNNING'],
  );
  assert.equal(
    new Set(subtasks.subtasks.map((each: Json) => each['taskmanager-id'])),
    new Set(['tm-1', 'tm-2']),
  );
  const addresses = (await get('/taskmanagers')).body.taskmanagers.map(({ id, path }: Json) => [id, path]);
  for (const each of subtasks.subtasks)
    assert.is(each.endpoint, new Map(addresses).get(each['taskmanager-id']), JSON.stringify(addresses));
  const records = subtasks.aggregated.metrics['read-records'];
  assert.is(
    records.sum,
    subtasks.subtasks.reduce((sum: number, each: Json) => sum + each.metrics['read-records'], 0),
  );
  const { body: byTaskManager } = await get(`${counts}/taskmanagers`);
  assert.equal(byTaskManager.taskmanagers.length, 2);
  for (const each of byTaskManager.taskmanagers) assert.match(each.endpoint, /^127\.0\.0\.1:\d+$/);
  assert.is((await get(`${counts}/subtasks/1`)).body.subtask, 1);
  assert.is((await get(`${counts}/subtasks/2`)).status, 404);
  assert.is((await get(`/jobs/${job}/vertices/${'0'.repeat(32)}`)).status, 404);
  assert.is((await get(`${counts}/subtasktimes`)).body.subtasks.length, 2);
  assert.equal((await get(`${counts}/watermarks`)).body[0], {
    id: '0.currentInputWatermark',
    value: '-9223372036854775808',
  });
  const pressure = await until(`${source}/backpressure`, ({ status }) => status === 'ok');
  for (const { ratio, idleRatio, busyRatio } of pressure.subtasks)
    assert.ok(Math.abs(ratio + idleRatio + busyRatio - 1) < 0.01);

  const names = new Set((await get(`${source}/metrics`)).body.map(({ id }: Json) => id));
  assert.ok(
    names.has('1.numRecordsOut') && names.has('0.Source__numbers.numRecordsOut'),
    [...names].join(' '),
  );
  const [out] = (await get(`${source}/subtasks/metrics?get=numRecordsOut,nothing&agg=sum,max`)).body;
  assert.equal(Object.keys(out), ['id', 'sum', 'max']);
  assert.ok(out.sum > 0 && out.max <= out.sum);
  const [one] = (await get(`${source}/subtasks/0/metrics?get=numRecordsOut`)).body;
  assert.type(one.value, 'string');
  assert.is((await get(`${source}/subtasks/metrics?get=numRecordsOut&agg=mean`)).status, 400);
  assert.is((await get(`/jobs/metrics?get=numRestarts&jobs=${job}`)).body[0].sum, 0);
  assert.is((await get(`/jobs/${job}/metrics?get=numRestarts`)).body[0].value, '0');
  assert.equal((await get('/jobmanager/metrics?get=taskSlotsTotal,taskSlotsAvailable')).body, [
    { id: 'taskSlotsTotal', value: '2' },
    { id: 'taskSlotsAvailable', value: '0' },
  ]);

  await until('/taskmanagers/tm-2', each => each.metrics.heapUsed > 0);
  const taskManager = await until('/taskmanagers/tm-1', each => each.metrics.heapUsed > 0);
  assert.ok(taskManager.hardware.cpuCores > 0 && taskManager.hardware.physicalMemory > 2 ** 27);
  const { heapUsed, heapCommitted, heapMax } = taskManager.metrics;
  assert.ok(heapUsed < heapMax && heapCommitted <= heapMax);
  const heap = (await get('/taskmanagers/metrics?get=Status.JVM.Memory.Heap.Used')).body[0];
  assert.ok(heap.min > 0 && heap.max < heapMax);

  const checkpoints = await until(`/jobs/${job}/checkpoints`, ({ latest }) => latest.completed !== null);
  assert.is(checkpoints.latest.restored, null);
  const { body: inVertex } = await get(
    `/jobs/${job}/checkpoints/details/${checkpoints.latest.completed.id}/subtasks/${vertices[1].id}`,
  );
  assert.equal(
    inVertex.subtasks.map((each: Json) => each.className),
    ['completed', 'completed'],
  );
  assert.is(inVertex.summary.state_size.max > 0, true);

  const stopped = await client('stop', job);
  const path = /Savepoint completed. Path: (.*)/.exec(stopped.stdout)![1]!;
  const next = await submit('-s', path);
  const { counts: after, latest } = (await get(`/jobs/${next}/checkpoints`)).body;
  assert.is(after.restored, 1);
  assert.is(latest.restored.external_path, path);
  assert.is(latest.restored.is_savepoint, true);
  assert.ok(latest.restored.restore_timestamp > 0);
});

test.run();
