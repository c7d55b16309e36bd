/**
 * A consistent copy of an open database by hard links, as no binding offers it. While it is made, nothing is written;
 * compaction may go on, so what was linked is looked at again and the copy is started over when it has changed. No
 * flush is needed: the end of the write-ahead log belongs to the copy. Logs and manifest go on growing under their
 * links, at the end only: what counts is the first bytes of them, as many as the copy says.
 */
import { constants } from 'node:fs';
import { copyFile, link, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { RuntimeFault } from '../../contract/fault.js';
import { tablesInManifest } from './manifest-tables.js';
import type { LinkedFile } from './store-messages.js';

/** 4 were the most that a trial of 90 copies under load needed. */
const MOST_ATTEMPTS = 50;

export async function copyDatabase(source: string, target: string): Promise<readonly LinkedFile[]> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    if (attempt > 0) await setTimeout(attempt);
    await rm(target, { recursive: true, force: true });
    await mkdir(target, { recursive: true });
    const before = await look(source);
    const tables = await liveTables(source, before);
    if (tables === null) continue;
    if (!(await linkAll(source, target, [...tables, ...before.tails.keys()]))) continue;
    if (!sameView(before, await look(source))) continue;
    const files: LinkedFile[] = [];
    for (const name of tables)
      files.push({ name, length: (await stat(join(target, name))).size, shared: true });
    for (const [name, length] of before.tails) files.push({ name, length, shared: false });
    await writeFile(join(target, 'CURRENT'), before.current);
    files.push({ name: 'CURRENT', length: before.current.length, shared: false });
    return files;
  }
  throw new RuntimeFault('FC5121', {
    message: `no consistent copy of the RocksDB state in '${source}' could be made in ${MOST_ATTEMPTS} attempts: its files kept changing`,
    domain: 'external',
    retry: 'restart',
    fix: 'see whether another process uses the folder',
  });
}

/**
 * The tables that the copied part of the manifest names. The engine's own list (`rocksdb.sstables`) follows the manifest
 * a moment later: on a busy machine a copy by that list missed a table that its manifest had. Null: look again.
 */
async function liveTables(folder: string, { manifest, tails }: View): Promise<readonly string[] | null> {
  const length = tails.get(manifest);
  if (length === undefined) return null;
  const log = await readFile(join(folder, manifest));
  const numbers = tablesInManifest(log.subarray(0, length));
  return numbers && numbers.map(number => `${String(number).padStart(6, '0')}.sst`);
}

interface View {
  readonly current: Buffer;
  /** its file's name, which CURRENT says */
  readonly manifest: string;
  /** files that grow at the end, with their lengths */
  readonly tails: ReadonlyMap<string, number>;
}
async function look(folder: string): Promise<View> {
  const current = await readFile(join(folder, 'CURRENT'));
  const manifest = current.toString('latin1').trim();
  const tails = new Map<string, number>();
  for (const name of (await readdir(folder)).sort()) {
    if (name !== manifest && !/^\d+\.log$/.test(name)) continue;
    try {
      tails.set(name, (await stat(join(folder, name))).size);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return { current, manifest, tails };
}
function sameView(a: View, b: View): boolean {
  if (!a.current.equals(b.current) || a.tails.size !== b.tails.size) return false;
  for (const [name, length] of a.tails) if (b.tails.get(name) !== length) return false;
  return true;
}

/** False when a file has gone meanwhile. */
async function linkAll(source: string, target: string, names: readonly string[]): Promise<boolean> {
  for (const name of names) {
    try {
      await link(join(source, name), join(target, name));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return false;
      // No hard links between these folders; tables do not change, and of tails only their length counts.
      if (code !== 'EXDEV' && code !== 'EPERM' && code !== 'EMLINK') throw error;
      await copyFile(join(source, name), join(target, name), constants.COPYFILE_FICLONE);
    }
  }
  return true;
}
