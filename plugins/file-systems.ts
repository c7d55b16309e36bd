/** File systems by scheme; a plugin is loaded when its scheme is first used. */
import { FileSystemError, schemeOf, type FileSystem, type FileSystemPlugin } from './api/file-system.js';

const plugins: Readonly<Record<string, () => Promise<{ readonly plugin: FileSystemPlugin }>>> = {
  file: () => import('./filesystem/index.js'),
  s3: () => import('./s3/index.js'),
};

/** The file system of a path. Callers that open one close it. */
export async function openFileSystem(
  path: string,
  configuration: Readonly<Record<string, string>>,
): Promise<FileSystem> {
  const scheme = schemeOf(path);
  const load = plugins[scheme];
  if (!load)
    throw new FileSystemError('failed', path, 'use', new Error(`no file system serves scheme '${scheme}'`), {
      fix: `use a scheme that is known: ${Object.keys(plugins).sort().join(', ')}`,
    });
  let loaded;
  try {
    loaded = await load();
  } catch (error) {
    const missing = /^Cannot find package '([^']+)'/.exec(error instanceof Error ? error.message : '')?.[1];
    if (missing === undefined)
      throw new FileSystemError('failed', path, `load what scheme '${scheme}' needs for`, error);
    throw new FileSystemError('failed', path, 'use', new Error(`package '${missing}' is not installed`), {
      fix: `npm install ${missing}, beside flinkc, wherever jobs with paths of scheme '${scheme}' run`,
    });
  }
  return loaded.plugin.open(configuration);
}
