/** A standby takes over from a leader that is killed, with lease, job graphs and checkpoints on S3. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openFileSystem } from '../../plugins/file-systems.js';
import { Project } from '../cli/project.js';
import { Cluster, missedSoon, shortLease, type Settings } from '../cluster/processes.js';
import { countingProgram, heldNumbers } from '../cluster/session-programs.js';
import { bucket, s3Missing, S3Server } from './s3-server.js';

const missing = await s3Missing();
const test = suite('high availability on S3');
if (missing) {
  console.log(`skipped: ${missing}`);
  test.skip('needs a server', () => {});
} else {
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
  });
  let server: S3Server;
  let cluster: Cluster;
  test.before(async () => {
    server = await S3Server.start();
  });
  test.after(async () => {
    await cluster?.stop();
    await server?.stop();
    project.remove();
  });

  test('a standby goes on with the job of a leader that is killed, and nobody else leads', async () => {
    const built = await project.flinkc(['build', 'counting.ts', '-o', project.path('counting.zip')]);
    assert.is(built.code, 0, built.stderr);
    const root = `s3://${bucket}/ha`;
    const settings: Settings = {
      ...missedSoon,
      ...shortLease,
      ...server.configuration(),
      'high-availability.type': 'filesystem',
      'high-availability.storageDir': root,
      'execution.checkpointing.interval': '200 ms',
      'execution.checkpointing.dir': `s3://${bucket}/checkpoints`,
      // Several files for each checkpoint, not only the metadata.
      'execution.checkpointing.data-inline-threshold': '0',
    };
    const anyPort: Settings = { 'jobmanager.rpc.port': '0' };
    const leads = /this JobManager leads, with fencing token (\d+)/;
    const release = project.path('release');
    cluster = new Cluster(project, settings);
    const first = await cluster.jobManager([], anyPort);
    await first.sees('stderr', leads);
    const second = await cluster.jobManager([], anyPort);
    await second.sees('stderr', /the leader is/);
    cluster.taskManager('tm-1');
    const submitted = await project.flinkc([
      'run',
      'counting.zip',
      '--target',
      'remote',
      '--detached',
      '--param',
      `directory=${project.path('out')}`,
      '--param',
      `release=${release}`,
      // The storage says who leads; the keys to it are not recorded with the job.
      ...Object.entries(settings).flatMap(([key, value]) =>
        /^(s3|high-availability)\./.test(key) ? ['-D', `${key}=${value}`] : [],
      ),
    ]);
    assert.is(submitted.code, 0, submitted.stderr);
    const fileSystem = await openFileSystem('s3://', server.configuration());
    const programs = () => fileSystem.list(`${root}/default/artifacts`);
    assert.is((await programs()).length, 1);
    await first.sees('stderr', /checkpoint ([5-9]|\d{2,}) is complete/);
    assert.not.match(second.output('stderr'), leads);
    first.process.kill('SIGKILL');
    await second.sees('stderr', leads);
    const token = (output: string): number => Number(leads.exec(output)![1]);
    assert.ok(token(second.output('stderr')) > token(first.output('stderr')));
    await second.sees('stderr', /job 'counting' is recovered from checkpoint \d+/);
    writeFileSync(release, '');
    await second.sees('stderr', /job 'counting' is FINISHED/);

    const lines = readdirSync(project.path('out'), { recursive: true })
      .map(name => join(project.path('out'), String(name)))
      .filter(file => statSync(file).isFile() && !/\/[._][^/]*$/.test(file))
      .flatMap(file => readFileSync(file, 'utf8').trim().split('\n'))
      .filter(line => line !== '');
    assert.is(lines.length, 20_000);
    assert.is(new Set(lines).size, 20_000);

    // The program of a job that has ended is needed no more.
    for (const giveUp = Date.now() + 240_000; (await programs()).length > 0;) {
      assert.ok(Date.now() < giveUp, 'the stored program stays');
      await new Promise(resolve => setTimeout(resolve, 100));
    }
    await fileSystem.close();
  });
}
test.run();
