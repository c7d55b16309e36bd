/** One JobManager and several TaskManagers, each a process. */
import { readFileSync, symlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Project } from '../cli/project.js';
import { certificates } from './certificates.js';
import { Cluster, missedSoon, type Settings } from './processes.js';

const endless = `import { createEnvironment, WatermarkStrategy } from 'flinkc';
import { CollectSink } from 'flinkc/collect';
import { SequenceSource } from 'flinkc/datagen';

const env = createEnvironment();
env
  .fromSource(
    new SequenceSource(0, null, { recordsPerSecond: 20_000 }),
    WatermarkStrategy.noWatermarks(),
    'numbers',
  )
  .map(n => ({ key: n % 97, n }))
  .keyBy(record => record.key)
  .reduce((a, b) => ({ key: a.key, n: Math.max(a.n, b.n) }))
  .filter(record => record.n % 1000 === 0)
  .sinkTo(new CollectSink('records'));
await env.execute('endless');
`;
/** The source makes millions of records a second, the other process takes a few thousand. */
const slow = endless
  .replace(', { recordsPerSecond: 20_000 }', '')
  .replace(
    '.filter(',
    `.map(record => {
    const end = performance.now() + 0.2;
    while (performance.now() < end);
    return record;
  })
  .filter(`,
  )
  .replace('% 1000 === 0', '% 10 === 0');
const project = new Project({ 'endless.ts': endless, 'slow.ts': slow });
const program = resolve('fixtures/programs/taxi-popular-cells/program.ts');
const test = suite('cluster');
let cluster: Cluster;

test.before(async () => {
  // What the program reads lies there, relative to where its processes run.
  symlinkSync(resolve('fixtures'), project.path('fixtures'));
  for (const [source, target] of [
    [program, 'cells.zip'],
    ['endless.ts', 'endless.zip'],
    ['slow.ts', 'slow.zip'],
  ] as const) {
    const { code, stderr } = await project.flinkc(['build', source, '-o', project.path(target)], {
      cwd: source === program ? resolve('.') : project.dir,
    });
    assert.is(code, 0, stderr);
  }
});
test.after(() => project.remove());
test.after.each(() => cluster.stop());

const rows = (text: string): readonly string[] => text.trim().split('\n').toSorted();
const application = (name: string, parallelism: number): readonly string[] => [
  '--application',
  project.path(name),
  '-p',
  String(parallelism),
];

async function givesRowsOfEmbeddedRun(settings: Settings): Promise<void> {
  const embedded = await project.flinkc(['run', 'cells.zip', '-q'], { cwd: project.dir });
  // However slow the machine is: nothing is lost here.
  cluster = new Cluster(project, { 'heartbeat.timeout': '1 min', ...settings });
  const jobManager = await cluster.jobManager(application('cells.zip', 4));
  cluster.taskManager('tm-1');
  cluster.taskManager('tm-2');
  const { code, stdout, stderr } = await jobManager.finished;
  assert.is(code, 0, stderr);
  // The end is no failure, and is not told as one.
  assert.not.match(stderr.slice(stderr.indexOf('is FINISHED')), /is lost/);
  assert.match(stderr, /'tm-1' registered with 2 slots/);
  assert.match(stderr, /'tm-2' registered with 2 slots/);
  assert.ok(rows(stdout).length > 100);
  assert.equal(rows(stdout), rows(embedded.stdout));
}

test('a job on two TaskManagers gives the rows of the embedded run', () => givesRowsOfEmbeddedRun({}));

test('small entries and frames change nothing: batches travel in pieces', () =>
  givesRowsOfEmbeddedRun({ 'taskmanager.memory.network.max': '1 kb' }));

test('a job that gets no slots says what it needs and what there is', async () => {
  cluster = new Cluster(project, { 'slot.request.timeout': '1 s' });
  const jobManager = await cluster.jobManager(application('cells.zip', 5));
  const { code, stderr, stdout } = await jobManager.finished;
  assert.is(code, 1);
  assert.is(stdout, '');
  assert.match(stderr, /waits for 5 slots: no TaskManager is registered/);
  assert.match(stderr, /error FC5608: 5 slots are needed, but after 1000 ms no TaskManager is registered/);
  assert.match(stderr, /fix: start more TaskManagers/);
});

test('a TaskManager that is killed is missed at once', async () => {
  cluster = new Cluster(project);
  const jobManager = await cluster.jobManager(application('endless.zip', 4));
  const [killed] = [cluster.taskManager('tm-1'), cluster.taskManager('tm-2')];
  await jobManager.sees('stdout', /"n":/);
  killed.process.kill('SIGKILL');
  await jobManager.sees(
    'stderr',
    /TaskManager 'tm-1' is lost: (the connection broke|it has closed the connection)/,
  );
  const { code, stderr } = await jobManager.finished;
  assert.is(code, 1);
  assert.match(stderr, /error FC560[37]: .*'tm-1'/);
});

test('a slow receiver holds back a source in another process, in bounded memory; SIGTERM cancels the job', async () => {
  cluster = new Cluster(project);
  const jobManager = await cluster.jobManager(application('slow.zip', 2));
  const taskManagers = ['tm-1', 'tm-2'].map(name =>
    cluster.taskManager(name, { 'taskmanager.numberOfTaskSlots': '1' }),
  );
  await jobManager.sees('stdout', /"n":/);
  const residentMb = (): readonly number[] =>
    taskManagers.map(({ process }) => {
      const status = readFileSync(`/proc/${process.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
    });
  // Without back-pressure the source alone would add a hundred megabytes a second.
  for (let second = 0; second < 5; second++) {
    const from = jobManager.output('stdout').length;
    await new Promise(resolve => setTimeout(resolve, 1000));
    await jobManager.sees('stdout', /"n":/, from);
    assert.ok(Math.max(...residentMb()) < 500, `${residentMb().join(' and ')} MB`);
  }
  jobManager.process.kill('SIGTERM');
  const { code, stderr } = await jobManager.finished;
  assert.is(code, 143);
  assert.match(stderr, /is CANCELED/);
});

test('a TaskManager that is frozen is missed by its heartbeats, and starts anew when it comes back', async () => {
  cluster = new Cluster(project, missedSoon);
  const jobManager = await cluster.jobManager();
  const taskManager = cluster.taskManager('tm-1');
  await jobManager.sees('stderr', /'tm-1' registered/);
  let from = jobManager.output('stderr').length;
  taskManager.process.kill('SIGSTOP');
  // Heartbeats and the connection's own keep-alive take the same time: either may be first to tell.
  await jobManager.sees('stderr', /'tm-1' is lost: /, from);
  from = jobManager.output('stderr').length;
  taskManager.process.kill('SIGCONT');
  await jobManager.sees('stderr', /'tm-1' registered/, from);
});

test('when the JobManager is killed its executions end, and its TaskManagers serve the next one', async () => {
  cluster = new Cluster(project);
  const first = await cluster.jobManager(application('endless.zip', 4));
  const taskManagers = [cluster.taskManager('tm-1'), cluster.taskManager('tm-2')];
  await first.sees('stdout', /"n":/);
  first.process.kill('SIGKILL');
  await Promise.all(taskManagers.map(each => each.sees('stderr', /lost the JobManager at/)));
  // Four slots for the new job: those of the old one are free.
  const second = await cluster.jobManager(application('cells.zip', 4));
  const { code, stderr } = await second.finished;
  assert.is(code, 0, stderr);
});

test('a TaskManager without the secret of the cluster is refused and logged on both sides', async () => {
  cluster = new Cluster(project);
  const jobManager = await cluster.jobManager(application('cells.zip', 2), {
    'security.internal.secret': 'open sesame',
  });
  const without = cluster.taskManager('tm-none');
  const wrong = cluster.taskManager('tm-wrong', { 'security.internal.secret': 'open barley' });
  for (const refused of [without, wrong])
    await refused.sees('stderr', /cannot register at .* the credential of this cluster is missing or wrong/);
  await jobManager.sees('stderr', /refused 127\.0\.0\.1:\d+: it does not have the credential/);
  cluster.taskManager('tm-right', { 'security.internal.secret': 'open sesame' });
  const { code, stderr } = await jobManager.finished;
  assert.is(code, 0, stderr);
  assert.not.match(stderr, /'tm-none' registered|'tm-wrong' registered/);
  assert.not.match(stderr, /sesame/);
});

test('with TLS, records and control are encrypted, and a certificate of another authority is refused', async () => {
  certificates(project.dir, 'cluster');
  certificates(project.dir, 'stranger');
  const tls = (authority: string): Settings => ({
    'security.ssl.internal.enabled': 'true',
    'security.ssl.internal.certificate': project.path(`${authority}.pem`),
    'security.ssl.internal.private-key': project.path(`${authority}.key`),
    'security.ssl.internal.ca-certificates': project.path(`${authority}-ca.pem`),
  });
  await givesRowsOfEmbeddedRun(tls('cluster'));
  await cluster.stop();
  cluster = new Cluster(project, tls('cluster'));
  const jobManager = await cluster.jobManager();
  const stranger = cluster.taskManager('tm-stranger', tls('stranger'));
  await stranger.sees('stderr', /cannot register at/);
  const plain = cluster.taskManager('tm-plain', { 'security.ssl.internal.enabled': 'false' });
  await plain.sees('stderr', /cannot register at .*TLS may be on at one end only/);
  assert.not.match(jobManager.output('stderr'), /tm-stranger|tm-plain/);
});

test('a TaskManager that finds no JobManager gives up with one error', async () => {
  cluster = new Cluster(project);
  const { code, stderr } = await cluster.taskManager('tm-1', {
    'jobmanager.rpc.port': '1',
    'taskmanager.registration.timeout': '500 ms',
  }).finished;
  assert.is(code, 1);
  assert.match(stderr, /error FC5614: no JobManager at 127\.0\.0\.1:1 for \d+ ms/);
  const said = stderr.match(/cannot register at[^"]*/g)!;
  assert.not.ok(
    said.some((each, i) => each === said[i + 1]),
    'the same is said again and again',
  );
  const bare = await project.flinkc(['taskmanager']);
  assert.is(bare.code, 1);
  assert.match(bare.stderr, /error FC5613: a TaskManager needs jobmanager.rpc.address/);
});

test.run();
