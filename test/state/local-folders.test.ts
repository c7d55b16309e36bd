/** What is left of databases on the local disk when processes are killed. */
import { fork, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { newFolderName, removeAbandoned } from '../../runtime/state/rocksdb/local-folders.js';
import { temporaryFolder } from './snapshot-storage.js';

const test = suite('local folders of rocksdb');
const children: ChildProcess[] = [];
test.after(() => children.forEach(child => child.kill('SIGKILL')));

/** Resolves when its database is there. */
async function hold(folder: string): Promise<ChildProcess> {
  const child = fork(new URL('./folder-holder.ts', import.meta.url), [folder], {
    execArgv: ['--import', 'tsx'],
  });
  children.push(child);
  const [word] = (await once(child, 'message')) as [unknown];
  assert.is(word, 'ready');
  return child;
}
async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

if (process.platform === 'linux') {
  test('a process that starts removes what killed ones left, and nothing of those that live', async () => {
    const folder = temporaryFolder();
    const killed = await hold(folder);
    const [ofKilled] = readdirSync(folder);
    const alive = await hold(folder);
    const ofAlive = readdirSync(folder).find(name => name !== ofKilled);
    assert.equal(readdirSync(folder).sort(), [ofKilled!, ofAlive!].sort());
    await kill(killed);

    const next = await hold(folder);
    const names = readdirSync(folder);
    assert.not.ok(names.includes(ofKilled!));
    assert.ok(names.includes(ofAlive!));
    assert.is(names.length, 2);
    alive.send('is it there?');
    assert.equal(await once(alive, 'message'), [1, undefined]);
    await Promise.all([kill(alive), kill(next)]);
  });

  test('only folders whose process is certainly gone are removed', async () => {
    const folder = temporaryFolder();
    const own = newFolderName();
    const [, scope, pid, startedAt] = /^rocksdb-([0-9a-f]{16})-(\d+)-(\d+)-/.exec(own)!;
    assert.is(Number(pid), process.pid);
    const random = '01234567-89ab-cdef-0123-456789abcdef';
    const killed = spawnSync(process.execPath, ['-e', '']);
    const kept = [
      own,
      `rocksdb-${scope}-${process.ppid}-${startedAt}x-${random}`,
      `rocksdb-${random}`, // of a version that did not say whose it is
      `rocksdb-${'0'.repeat(16)}-${killed.pid}-1-${random}`, // of another machine or container
      'rocksdb-mine',
      'of-others',
    ];
    const removed = [
      `rocksdb-${scope}-${killed.pid}-1-${random}`,
      `rocksdb-${scope}-${pid}-${Number(startedAt) - 1}-${random}`, // the id was used again
    ];
    for (const name of [...kept, ...removed]) {
      mkdirSync(join(folder, name, 'op'), { recursive: true });
      writeFileSync(join(folder, name, 'op', 'CURRENT'), 'x');
    }
    await removeAbandoned(folder);
    assert.equal(readdirSync(folder).sort(), kept.toSorted());
  });
}

test('names are never the same, and a folder that is not there has nothing to remove', async () => {
  assert.not.equal(newFolderName(), newFolderName());
  await removeAbandoned(join(temporaryFolder(), 'missing'));
});

test.run();
