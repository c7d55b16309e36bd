/**
 * Paths of checkpoints and savepoints that a job is given: tried when it is submitted, since a job whose checkpoints have
 * nowhere to go would only fail and restart for ever.
 */
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { failureOf, pathIn, schemeOf, type FileSystem } from '../../plugins/api/file-system.js';
import { openFileSystem } from '../../plugins/file-systems.js';
import { RuntimeFault } from '../contract/fault.js';
import { faultData } from '../taskmanager/faults.js';

/** How long a storage may take to answer, ms. */
const answerMs = 30_000;

/** Relative paths start where flinkc is run. */
export function absolute(path: string | null): string | null {
  return path === null || schemeOf(path) !== 'file' || path.startsWith('file:') ? path : resolve(path);
}

/** `option`: where the path was given. Callers close the file system. */
export async function openStorage(
  path: string,
  option: string,
  configuration: Readonly<Record<string, string>>,
): Promise<FileSystem> {
  try {
    return await openFileSystem(path, configuration);
  } catch (error) {
    throw unusable(path, option, error);
  }
}

/** Makes the folder, as Flink makes the base locations of checkpoints, and writes a file there that it deletes again. */
export async function tryFolder(
  path: string,
  option: string,
  configuration: Readonly<Record<string, string>>,
): Promise<void> {
  const fileSystem = await openStorage(path, option, configuration);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${answerMs / 1000} s`)), answerMs);
  });
  const written = tryWriting(fileSystem, pathIn(path, `.flinkc-${randomBytes(6).toString('hex')}`));
  try {
    await Promise.race([written, late]);
  } catch (error) {
    throw unusable(path, option, error);
  } finally {
    clearTimeout(timer);
    written.catch(() => {});
    await fileSystem.close();
  }
}

async function tryWriting(fileSystem: FileSystem, file: string): Promise<void> {
  const writer = await fileSystem.create(file);
  try {
    await writer.write(Uint8Array.of(0));
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
  await fileSystem.delete(file);
}

function unusable(path: string, option: string, error: unknown): RuntimeFault {
  const failure = failureOf(error);
  const { message, fix } = faultData(error, 'FC5511', 'config', `cannot use '${path}'`);
  return new RuntimeFault('FC5511', {
    message: `option '${option}' names a place that cannot be used: ${message}`,
    domain: 'config',
    fix: failure !== null && fix !== null ? fix : 'check that the storage can be reached from here',
    facts: { path },
    cause: error,
  });
}
