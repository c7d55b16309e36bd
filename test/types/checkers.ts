/** Opens a temporary program with each checker, for suites that both must pass alike. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Checker, CheckedType, ProgramChecker } from '../../compiler/1-frontend/types/checker.js';
import { MorphChecker } from '../../compiler/1-frontend/types/morph-checker.js';
import { NativeChecker } from '../../compiler/1-frontend/types/native-checker.js';
import { openProject, type Project, type ProjectOptions } from '../../compiler/1-frontend/types/project.js';

export const checkers: Readonly<Record<string, (project: Project) => ProgramChecker>> = {
  native: project => new NativeChecker(project),
  'ts-morph': project => new MorphChecker(project),
};

/** The types that users import from 'flinkc', without the rest of the library. */
export const apiTypes = fileURLToPath(new URL('../../plugins/api/types.ts', import.meta.url));

export interface Program {
  readonly root: string;
  readonly project: Project;
  write(file: string, text: string): void;
  remove(): void;
}
export function program(
  files: Readonly<Record<string, string>>,
  options: Partial<ProjectOptions> = {},
): Program {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'flinkc-types-')));
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  for (const [file, text] of Object.entries(files)) write(file, text);
  return {
    root,
    project: openProject({ root, entry: 'main.ts', ...options }),
    write,
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Type of the first occurrence of `marker` in the file, e.g. a variable's name. */
export function typeOf(checker: Checker, file: string, text: string, marker: string): CheckedType {
  const start = text.indexOf(marker);
  const type = checker.typesAt([{ file, start, end: start + marker.length }])[0];
  if (!type) throw new Error(`no type at '${marker}'`);
  return type;
}
