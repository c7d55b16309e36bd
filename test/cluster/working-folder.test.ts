import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { WorkingFolder } from '../../runtime/taskmanager/cluster/working-folder.js';

const parent = mkdtempSync(join(tmpdir(), 'flinkc-folders-'));
test.after(() => rmSync(parent, { recursive: true, force: true }));

const left = (host: string, pid: number): string => {
  const path = join(parent, `flinkc-taskmanager-${host}-${pid}-Ab3x9Z`);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'state'), 'of long ago');
  return path;
};

test('folders of TaskManagers that were killed on this machine are removed, others are not', () => {
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  const gone = [left(hostname(), dead), left(hostname(), process.pid)];
  const kept = [
    left(hostname(), process.ppid),
    left('elsewhere', dead),
    join(parent, 'flinkc-taskmanager-x'),
  ];
  mkdirSync(kept[2]!);
  const first = new WorkingFolder(parent);
  assert.equal([...first.removed].sort(), [...gone].sort());
  for (const path of gone) assert.not(existsSync(path), path);
  for (const path of kept) assert.ok(existsSync(path), path);
  const second = new WorkingFolder(parent);
  assert.equal(second.removed, [], 'those in use stay');
  second.remove();
  assert.not(existsSync(second.path));
  assert.ok(existsSync(first.path));
  first.remove();
});

test.run();
