/** Writes an artifact as a folder or a zip; a reader never sees half of one. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { unzipSync, zipSync } from 'fflate';
import { diagnose } from '../diagnostics/diagnose.js';
import { DiagnosticError } from '../diagnostics/diagnostic-error.js';
import type { Artifact } from './artifact.js';

/** Zip entries carry the first time that the format can express: the bytes must not depend on when it was built. */
const epoch = '1980-01-01T00:00:00';
const manifestName = 'manifest.json';
/** What is larger was not written by flinkc; a file that only looks like an artifact is not unpacked in full. */
const maxManifestBytes = 1 << 26;

/** `output` ending in .zip makes one file; otherwise a folder, which replaces an older artifact but nothing else. */
export function writeArtifact(artifact: Artifact, output: string): void {
  const target = resolve(output);
  try {
    if (!isReplaceable(target)) throw new DiagnosticError(diagnose('FC4007', { output }, null));
    makeFolder(dirname(target));
    if (target.endsWith('.zip')) writeZip(artifact, target);
    else writeFolder(artifact, target);
  } catch (error) {
    if (error instanceof DiagnosticError) throw error;
    throw new DiagnosticError(diagnose('FC4008', { output, reason: (error as Error).message }, null), error);
  }
}

/** Step by step: mkdirSync's own recursion never returns where a folder is missing but cannot be made, as below /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path);
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

/** The old artifact stays until the new one is complete; both then change places by renaming. */
function writeFolder(artifact: Artifact, target: string): void {
  const workspace = mkdtempSync(join(dirname(target), `.${basename(target)}-`));
  const fresh = join(workspace, 'new');
  try {
    for (const [path, bytes] of artifact.files) {
      mkdirSync(dirname(join(fresh, path)), { recursive: true });
      writeFileSync(join(fresh, path), bytes);
    }
    if (existsSync(target)) renameSync(target, join(workspace, 'old'));
    renameSync(fresh, target);
  } finally {
    rmSync(workspace, { recursive: true, force: true });
  }
}

/** Nothing, an older artifact as zip, an empty folder, or an older artifact as folder. */
function isReplaceable(target: string): boolean {
  const found = statSync(target, { throwIfNoEntry: false });
  if (!found) return true;
  if (target.endsWith('.zip')) return found.isFile() && isZippedArtifact(target);
  return found.isDirectory() && isArtifactOrEmpty(target);
}
function isArtifactOrEmpty(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0 || isManifest(readFileSync(join(folder, manifestName)));
  } catch {
    return false;
  }
}
function isZippedArtifact(file: string): boolean {
  try {
    const { [manifestName]: manifest } = unzipSync(readFileSync(file), {
      filter: entry => entry.name === manifestName && entry.originalSize < maxManifestBytes,
    });
    return manifest !== undefined && isManifest(manifest);
  } catch {
    return false;
  }
}
function isManifest(bytes: Uint8Array): boolean {
  const manifest = JSON.parse(Buffer.from(bytes).toString()) as { format?: unknown; entries?: unknown };
  return typeof manifest.format === 'number' && typeof manifest.entries === 'object';
}
