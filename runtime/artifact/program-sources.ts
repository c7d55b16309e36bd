/** The program's own files as the artifact's source maps carry them: an error shows its line wherever the artifact runs. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface SourceMap {
  readonly sources: readonly string[];
  readonly sourcesContent?: readonly (string | null)[];
}

/** Text of a file that is named relative to the project's root; undefined for what the maps do not carry. */
export function programSource(artifactDir: string, file: string): string | undefined {
  const tasks = join(artifactDir, 'tasks');
  for (const name of readdirSync(tasks).filter(entry => entry.endsWith('.map'))) {
    const { sources, sourcesContent } = JSON.parse(readFileSync(join(tasks, name), 'utf8')) as SourceMap;
    const text = sourcesContent?.[sources.indexOf(file)];
    if (text) return text;
  }
  return undefined;
}
