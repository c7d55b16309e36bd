/** Writes an artifact as a folder or a zip; a reader never sees half of one. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { zipSync } from 'fflate';
import type { Artifact } from './artifact.js';

/** Zip entries carry the first time that the format can express: the bytes must not depend on when it was built. */
const epoch = '1980-01-01T00:00:00';

export class OutputError extends Error {
  override readonly name = 'OutputError';
}

/** `output` ending in .zip makes one file; otherwise a folder, which replaces an older artifact but nothing else. */
export function writeArtifact(artifact: Artifact, output: string): void {
  const target = resolve(output);
  mkdirSync(dirname(target), { recursive: true });
  if (target.endsWith('.zip')) writeZip(artifact, target);
  else writeFolder(artifact, target);
}

export function zipArtifact(artifact: Artifact): Uint8Array {
  // a local time on purpose: fflate stores the local fields, so these are the same in every time zone
  const mtime = new Date(epoch);
  return zipSync(Object.fromEntries(artifact.files), { level: 9, mtime, os: 0 });
}

function writeZip(artifact: Artifact, target: string): void {
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, zipArtifact(artifact));
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function writeFolder(artifact: Artifact, target: string): void {
  const replaced = existsSync(target);
  if (replaced && !isReplaceable(target))
    throw new OutputError(
      `'${basename(target)}' exists and is not an artifact; choose another output folder`,
    );
  const temporary = mkdtempSync(join(dirname(target), `.${basename(target)}-`));
  try {
    for (const [path, bytes] of artifact.files) {
      mkdirSync(dirname(join(temporary, path)), { recursive: true });
      writeFileSync(join(temporary, path), bytes);
    }
    if (replaced) rmSync(target, { recursive: true });
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
}

/** An empty folder, or an older artifact. */
function isReplaceable(folder: string): boolean {
  try {
    if (readdirSync(folder).length === 0) return true;
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as {
      format?: unknown;
      entries?: unknown;
    };
    return typeof manifest.format === 'number' && typeof manifest.entries === 'object';
  } catch {
    return false;
  }
}
