/**
 * Where a TaskManager keeps what it needs while it lives: unpacked artifacts, state on disk, runs that are sorted. A
 * process that is killed leaves its folder behind; the next TaskManager on the machine removes it.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

export class WorkingFolder {
  readonly path: string;
  /** of processes that are gone */
  readonly removed: readonly string[];

  /** `parent`: exists. Others may have folders there, also from other machines. */
  constructor(parent: string) {
    this.removed = staleIn(parent);
    for (const path of this.removed) rmSync(path, { recursive: true, force: true });
    this.path = mkdtempSync(join(parent, `${prefix}${process.pid}-`));
    inUse.add(this.path);
  }

  remove(): void {
    inUse.delete(this.path);
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** by this process */
const inUse = new Set<string>();

/** Process ids mean something on one machine only. */
const prefix = `flinkc-taskmanager-${encodeURIComponent(hostname())}-`;

function staleIn(parent: string): readonly string[] {
  return readdirSync(parent)
    .filter(name => name.startsWith(prefix))
    .filter(name => {
      const pid = /^(\d+)-\w{6}$/.exec(name.slice(prefix.length))?.[1];
      // In a container a process is started again under the id that it had.
      return pid !== undefined && (Number(pid) === process.pid || !isAlive(Number(pid)));
    })
    .map(name => join(parent, name))
    .filter(path => !inUse.has(path));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
