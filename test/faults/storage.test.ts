/** Checkpoints that are damaged, and a disk that is full, end to end. */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { JobUnderTest } from './job-under-test.js';
import { Programs } from './programs.js';

const settings = {
  // Nobody freezes here: who stands still for a while is not lost.
  'heartbeat.timeout': '1 min',
  'execution.checkpointing.interval': '1 s',
  'execution.checkpointing.data-inline-threshold': '0',
};
/** Each damages one file of a checkpoint and gives its path. */
const damages: Readonly<Record<string, (checkpoint: string) => string>> = {
  'a state file is cut off': checkpoint => {
    const [file] = stateFiles(checkpoint);
    truncateSync(file!, readFileSync(file!).length >> 1);
    return file!;
  },
  'a bit of a state file is flipped': checkpoint => flip(stateFiles(checkpoint)[0]!),
  'a state file is missing': checkpoint => {
    const [file] = stateFiles(checkpoint);
    rmSync(file!);
    return file!;
  },
  'a state file has the place of another': checkpoint => {
    const [file, other] = stateFiles(checkpoint);
    copyFileSync(other!, file!);
    return file!;
  },
  'a bit of the metadata is flipped': checkpoint => flip(join(checkpoint, '_metadata')),
};

const test = suite('storage');
let programs: Programs;
test.before(() => void (programs = new Programs(null)));
test.after(() => programs.removeUnlessFailed());

test('a job whose latest checkpoint is damaged goes on from the one before where that is allowed', async () => {
  const job = new JobUnderTest('processes', programs, 'damaged_allowed', {
    ...settings,
    'execution.state-recovery.allow-older-checkpoint': 'true',
  });
  await job.during(async () => {
    for (const [name, damage] of Object.entries(damages)) {
      // So that there is one before it, too.
      for (let i = 0; i < 2; i++) assert.ok(await job.more(['checkpoint']), `${name}: the job has ended`);
      const before = job.log.counts;
      const file = damage(job.checkpoints()[0]!);
      killBoth(job);
      await job.start('tm-1');
      await job.start('tm-2');
      assert.ok(await job.more(['passedOver'], before), name);
      assert.match(passedOver(job), new RegExp(basename(file)), name);
    }
    await job.endsWithEveryRecord();
  });
});

test('elsewhere it fails, and names the file', async () => {
  const job = new JobUnderTest('processes', programs, 'damaged', settings);
  await job.during(async () => {
    for (let i = 0; i < 2; i++) await job.more(['checkpoint']);
    const file = flip(stateFiles(job.checkpoints()[0]!)[0]!);
    killBoth(job);
    await job.start('tm-1');
    await job.start('tm-2');
    assert.is(await job.within(job.finished, 'the end of the job'), 1);
    assert.match(job.output('jobmanager'), new RegExp(`error FC5504: .*${basename(file)}`));
  });
});

const disk = smallDisk();
if (typeof disk === 'string') {
  console.log(`\nskipped: disk full: ${disk}`);
  test.skip('a full disk gives up one checkpoint only', () => {});
} else
  test('a full disk gives up one checkpoint only', async () => {
    const job = new JobUnderTest('processes', programs, 'full', settings);
    const checkpoints = join(job.folder, 'checkpoints');
    disk.mount(checkpoints);
    try {
      await job.during(async () => {
        await job.more(['checkpoint']);
        fill(join(checkpoints, 'filler'));
        await job.more(['noSpace']);
        rmSync(join(checkpoints, 'filler'));
        assert.ok(await job.more(['checkpoint']), 'the job has ended before there was space again');
        await job.endsWithEveryRecordOnce();
        assert.is(job.log.counts.failure, 0);
        assert.equal(incomplete(checkpoints), []);
      });
    } finally {
      disk.unmount(checkpoints);
    }
  });

function stateFiles(checkpoint: string): readonly string[] {
  return readdirSync(checkpoint)
    .filter(name => name !== '_metadata')
    .toSorted()
    .map(name => join(checkpoint, name));
}

function flip(file: string): string {
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1]! ^= 4;
  writeFileSync(file, bytes);
  return file;
}

/** Before the next checkpoint can replace the damaged one. */
function killBoth(job: JobUnderTest): void {
  job.signal('tm-1', 'SIGKILL');
  job.signal('tm-2', 'SIGKILL');
}

/** The last message about it. */
function passedOver(job: JobUnderTest): string {
  return job
    .output('jobmanager')
    .split('\n')
    .findLast(line => line.includes('is damaged; the job goes on from'))!;
}

/** What is left of checkpoints that were given up. */
function incomplete(root: string): readonly string[] {
  const folders = readdirSync(root, { recursive: true, withFileTypes: true }).filter(
    entry => entry.isDirectory() && entry.name.startsWith('chk-'),
  );
  return folders
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter(folder => !existsSync(join(folder, '_metadata')));
}

function fill(file: string): void {
  try {
    for (;;) writeFileSync(file, Buffer.alloc(1 << 20), { flag: 'a' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

interface SmallDisk {
  mount(folder: string): void;
  unmount(folder: string): void;
}
/** Why there is none, else how to mount one. */
function smallDisk(): SmallDisk | string {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'mounting a small disk needs root on Linux';
  const disk: SmallDisk = {
    mount: folder => {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', folder], { stdio: 'pipe' });
    },
    unmount: folder => {
      execFileSync('umount', ['-l', folder], { stdio: 'pipe' });
    },
  };
  try {
    disk.mount('/mnt');
    disk.unmount('/mnt');
    return disk;
  } catch (error) {
    return `no tmpfs can be mounted: ${(error as Error).message.split('\n').at(-2) ?? ''}`;
  }
}

test.run();
