/** Folders that the file system refuses to make with ENOENT, as /proc does: an error, and no waiting for ever. */
import { existsSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Project, type Finished } from './project.js';

const program = `import { createEnvironment } from 'flinkc';
import { FileSink } from 'flinkc/file';
import { TextFormat } from 'flinkc/text';
const env = createEnvironment();
env.fromData('a').sinkTo(new FileSink({ path: '/proc/none/out', format: new TextFormat() }));
await env.execute('impossible');
`;

/** A process that hangs is killed, and has no exit code then. */
async function inTime(project: Project, args: readonly string[]): Promise<Finished> {
  const running = project.start(args);
  const timer = setTimeout(() => running.process.kill('SIGKILL'), 120_000);
  const finished = await running.finished;
  clearTimeout(timer);
  return finished;
}

if (existsSync('/proc/self'))
  test('FC4008 FC5311: neither an artifact nor a sink waits for a folder that cannot be made', async () => {
    const project = new Project({ 'program.ts': program });
    try {
      for (const output of ['/proc/none/job', '/proc/none/job.zip']) {
        const build = await inTime(project, ['build', 'program.ts', '-o', output]);
        assert.is(build.code, 1, build.stderr);
        assert.match(build.stderr, 'FC4008');
        assert.match(build.stderr, output);
      }
      const run = await inTime(project, ['run', 'program.ts']);
      assert.is(run.code, 1, run.stderr);
      assert.match(run.stderr, 'FC5311');
      assert.match(run.stderr, "cannot write '/proc/none/out/");
    } finally {
      project.remove();
    }
  });
else console.log('skipped: there is no /proc here');

test.run();
