/**
 * Folders of databases on the local disk, named by the process that they belong to: what a process that was killed left
 * behind is removed by the next one with the same `state.backend.rocksdb.localdir`.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeFolder } from './native-snapshot.js';

/** rocksdb-<where ids of processes mean the same>-<process>-<when it started>-<random> */
const owned = /^rocksdb-([0-9a-f]{16})-(\d+)-(\d+)-[0-9a-f-]{36}$/;

/** A name that nobody has had. */
export function newFolderName(): string {
  const scope = processScope();
  const startedAt = startOf(process.pid);
  const owner = scope && startedAt ? `${scope}-${process.pid}-${startedAt}-` : '';
  return `rocksdb-${owner}${randomUUID()}`;
}

/** Folders whose process is certainly gone. What cannot be removed, or may be somebody's, is left. */
export async function removeAbandoned(localDir: string): Promise<void> {
  const names = await readdir(localDir).catch(() => []);
  for (const name of names) if (isAbandoned(name)) await removeFolder(join(localDir, name)).catch(() => {});
}

function isAbandoned(name: string): boolean {
  const [, scope, pid, startedAt] = owned.exec(name) ?? [];
  if (!scope || scope !== processScope()) return false;
  if (!isThere(Number(pid))) return true;
  // Ids of processes are used again. A process that hides when it started may be the one.
  const now = startOf(Number(pid));
  return now !== null && now !== startedAt;
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/**
 * This boot of this machine, as its processes see it from this container: elsewhere the same id is another process, and
 * the folder may lie on a disk that is shared. null: nothing is known, as on other systems than Linux.
 */
function processScope(): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const container = readlinkSync('/proc/self/ns/pid');
    return createHash('sha256').update(`${boot} ${container}`).digest('hex').slice(0, 16);
  } catch {
    return null;
  }
}

/** In ticks since the machine started; null: that is not known. What has ended and was not waited for did not start. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program is in parentheses, and may have blanks and parentheses of its own.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? '' : (fields[19] ?? null);
  } catch {
    return null;
  }
}
