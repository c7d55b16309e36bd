/** Folders of input files that tests make and remove. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

export interface TestFolder {
  readonly path: string;
  write(name: string, content: string | Uint8Array): string;
  remove(): void;
}

export function testFolder(): TestFolder {
  const path = mkdtempSync(join(tmpdir(), 'flinkc-files-'));
  return {
    path,
    write(name, content) {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
      return file;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

export interface OutputFile {
  /** relative to the folder */
  readonly name: string;
  readonly content: string;
}
/** Files of an output folder with names that readers take for results. */
export function finishedFiles(path: string): OutputFile[] {
  return allFiles(path).filter(file => !/(^|\/)[._]/.test(file.name));
}
export function allFiles(path: string): OutputFile[] {
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
    .map(file => ({ name: relative(path, file), content: readFileSync(file, 'utf8') }));
}
