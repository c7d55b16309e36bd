/**
 * Compare-and-swap on a local disk: version n of `name` is the hidden file `.name.v<n>`, made by linking a complete file
 * to that name, which fails when the name is taken. So one of several rivals wins, a process that is killed at any
 * moment leaves a consistent state, and there is no lock that could outlive its owner. The highest version counts.
 */
import { createHash } from 'node:crypto';
import { link, open, readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { VersionedFile } from '../api/file-system.js';
import { hiddenSibling, makeFolder, syncFolder } from './durable-file.js';
import { isCode } from './local-path.js';

const pattern = /^\.(.+)\.v(\d+)$/;
/** Versions that stay. A number is free again only after this many more, which is how a stale rival is told apart. */
const kept = 8;

/** `name` and 7 of `.name.v7`; null for other files. */
export function versionedName(file: string): { readonly name: string; readonly number: number } | null {
  const match = pattern.exec(file);
  return match && { name: match[1]!, number: Number(match[2]) };
}

export async function readVersion(path: string): Promise<VersionedFile | null> {
  for (;;) {
    const newest = (await versionsOf(path)).at(-1);
    if (newest === undefined) return null;
    try {
      const bytes = await readFile(versionPath(path, newest));
      return { bytes, version: versionOf(newest, bytes) };
    } catch (error) {
      // Somebody has just replaced it.
      if (!isCode(error, 'ENOENT')) throw error;
    }
  }
}

export async function swapVersion(
  path: string,
  expected: string | null,
  bytes: Uint8Array,
): Promise<string | null> {
  await makeFolder(dirname(path));
  const before = await readVersion(path);
  if ((before?.version ?? null) !== expected) return null;
  const number = before === null ? 1 : numberOf(before.version) + 1;
  const own = versionPath(path, number);
  if (!(await linkComplete(own, bytes))) return null;
  const versions = await versionsOf(path);
  // The number may have been taken and freed again since it was looked up: then much higher ones are there.
  if (versions.at(-1)! - number >= kept) {
    await rm(own, { force: true });
    return null;
  }
  for (const old of versions) if (old <= number - kept) await rm(versionPath(path, old), { force: true });
  return versionOf(number, bytes);
}

export async function deleteVersions(path: string): Promise<void> {
  // Newest last: a reader in between sees the newest or nothing.
  for (const number of await versionsOf(path)) await rm(versionPath(path, number), { force: true });
}

async function linkComplete(target: string, bytes: Uint8Array): Promise<boolean> {
  const temporary = hiddenSibling(target);
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(temporary, target);
    await syncFolder(dirname(target));
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Ascending. */
async function versionsOf(path: string): Promise<readonly number[]> {
  const name = basename(path);
  const files = await readdir(dirname(path)).catch(error => {
    if (isCode(error, 'ENOENT')) return [];
    throw error;
  });
  return files
    .map(versionedName)
    .filter(found => found?.name === name)
    .map(found => found!.number)
    .sort((a, b) => a - b);
}

const versionPath = (path: string, number: number): string =>
  join(dirname(path), `.${basename(path)}.v${number}`);
/** With the content's hash, so that a file deleted and made anew does not get an old version's name. */
const versionOf = (number: number, bytes: Uint8Array): string =>
  `${number}-${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`;
const numberOf = (version: string): number => Number(version.split('-')[0]);
