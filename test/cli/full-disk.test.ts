/** A disk that is full, end to end: a file system of a few pages, which only root may mount. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Project } from './project.js';

const program = `import { createEnvironment } from 'flinkc';
import { FileSink } from 'flinkc/file';
import { JsonFormat } from 'flinkc/json';
const env = createEnvironment();
env
  .fromSequence(1, 1_000_000)
  .map(n => ({ n }))
  .sinkTo(new FileSink({ path: env.param('out'), format: new JsonFormat() }));
await env.execute('fill');
`;

/** Why `run` was not called, or null. */
async function withTinyDisk(run: (project: Project, disk: string) => Promise<void>): Promise<string | null> {
  const project = new Project({ 'fill.ts': program });
  const disk = project.path('disk');
  mkdirSync(disk);
  try {
    const { status, stderr, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
    if (status !== 0) return error?.message ?? String(stderr).trim();
    try {
      await run(project, disk);
    } finally {
      spawnSync('umount', [disk]);
    }
    return null;
  } finally {
    project.remove();
  }
}

/** Files below `folder` that a reader would take for complete. */
function visibleFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && !entry.name.startsWith('.'))
    .map(entry => join(entry.parentPath, entry.name));
}

function onTinyDisk(name: string, run: (project: Project, disk: string) => Promise<void>): void {
  test(name, async () => {
    const skipped = await withTinyDisk(run);
    if (skipped !== null) console.log(`skipped: ${name}: ${skipped}`);
  });
}

onTinyDisk(
  'FC5313: a sink on a full disk fails the job, and nothing looks finished',
  async (project, disk) => {
    const { code, stderr } = await project.flinkc(['run', 'fill.ts', '--param', `out=${disk}`]);
    assert.is(code, 1, stderr);
    assert.match(stderr, /FC5313/);
    assert.match(stderr, `no space left to write '${disk}/`);
    assert.match(stderr, 'make room, then run the job again');
    assert.equal(visibleFiles(disk), []);
  },
);

onTinyDisk('FC4008: an artifact that does not fit leaves nothing behind', async (project, disk) => {
  // a small artifact, zipped, would fit into what the file system has
  writeFileSync(join(disk, 'other'), Buffer.alloc(60 << 10));
  for (const output of [join(disk, 'job'), join(disk, 'job.zip')]) {
    const { code, stderr } = await project.flinkc(['build', 'fill.ts', '-o', output]);
    assert.is(code, 1, stderr);
    assert.match(stderr, /FC4008/);
    assert.match(stderr, output);
    assert.match(stderr, 'check the path, its permissions and the free space');
    assert.equal(readdirSync(disk), ['other']);
  }
});

test.run();
