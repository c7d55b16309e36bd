import { statSync, type Stats } from 'node:fs';
import { resolve } from 'node:path';
import { globSync, isDynamicPattern } from 'tinyglobby';
import { ConnectorError } from '../api/connector-error.js';
import type { SplitEnumerator, SplitEnumeratorContext } from '../api/source.js';
import type { FileSourceOptions } from './file-source.js';
import type { FileSplit } from './file-split.js';

export interface FileEnumeratorState {
  readonly unassigned: readonly FileSplit[];
  /** files that were found before, so that watching finds only new ones */
  readonly seen: readonly string[];
}

const defaultSplitBytes = 64 << 20;
/** Cutting smaller files costs more than it gains. */
const smallestCut = 4 << 20;
/** The first record starts behind a byte order mark of three bytes, and within the first split. */
const leastBytes = 4;

/** Finds files, cuts them into splits, hands them out on request in the order of their names. */
export class FileEnumerator implements SplitEnumerator<FileSplit, FileEnumeratorState> {
  readonly #context: SplitEnumeratorContext<FileSplit>;
  readonly #options: FileSourceOptions<unknown>;
  readonly #unassigned: FileSplit[];
  readonly #seen: Set<string>;
  /** subtasks that wait while the folder is watched */
  readonly #waiting = new Set<number>();
  readonly #restored: boolean;

  constructor(
    context: SplitEnumeratorContext<FileSplit>,
    options: FileSourceOptions<unknown>,
    state: FileEnumeratorState | null,
  ) {
    this.#context = context;
    this.#options = options;
    this.#unassigned = [...(state?.unassigned ?? [])];
    this.#seen = new Set(state?.seen);
    this.#restored = state !== null;
  }
  start(): void {
    const { monitorInterval } = this.#options;
    if (!this.#restored) this.#add(this.#find(monitorInterval !== undefined));
    if (monitorInterval === undefined) return;
    this.#context.callAsync(
      async () => this.#find(true),
      files => this.#add(files),
      monitorInterval,
    );
  }
  handleSplitRequest(subtask: number): void {
    const split = this.#unassigned.shift();
    if (split) this.#context.assignSplit(split, subtask);
    else if (this.#options.monitorInterval === undefined) this.#context.signalNoMoreSplits(subtask);
    else this.#waiting.add(subtask);
  }
  addSplitsBack(splits: readonly FileSplit[]): void {
    this.#unassigned.unshift(...splits);
  }
  addReader(): void {}
  snapshotState(): FileEnumeratorState {
    return { unassigned: [...this.#unassigned], seen: [...this.#seen] };
  }
  close(): void {}

  /** New files, sorted by name. Watching tolerates a folder that is not there yet. */
  #find(watching: boolean): string[] {
    const { path } = this.#options;
    const found = (typeof path === 'string' ? [path] : path).flatMap(pattern => expand(pattern, watching));
    // 'data' and './data/a.csv' may name one file twice
    const byPlace = new Map<string, string>();
    for (const file of found) if (!byPlace.has(resolve(file))) byPlace.set(resolve(file), file);
    return [...byPlace]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, file]) => file)
      .filter(file => !this.#seen.has(file));
  }
  #add(files: readonly string[]): void {
    for (const file of files) {
      this.#seen.add(file);
      this.#unassigned.push(...this.#cut(file));
    }
    for (const subtask of this.#waiting) {
      const split = this.#unassigned.shift();
      if (!split) break;
      this.#waiting.delete(subtask);
      this.#context.assignSplit(split, subtask);
    }
  }
  #cut(path: string): FileSplit[] {
    const gzip = path.endsWith('.gz');
    const whole: FileSplit = {
      splitId: path,
      path,
      gzip,
      from: 0,
      to: null,
      position: -1,
      lines: 0,
      header: null,
    };
    if (gzip || !this.#options.format.splittable) return [whole];
    const size = stat(path).size;
    const fair = Math.ceil(size / this.#context.currentParallelism);
    const wanted = Math.min(this.#options.splitBytes ?? defaultSplitBytes, Math.max(fair, smallestCut));
    const part = Math.max(wanted, leastBytes);
    if (size <= part) return [whole];
    const splits: FileSplit[] = [];
    for (let from = 0; from < size; from += part) {
      const to = from + part >= size ? null : from + part;
      splits.push({ ...whole, splitId: `${path}@${from}`, from, to });
    }
    return splits;
  }
}

/** A name is tried as it is before it is taken for a pattern: `a[1].csv` may be a file. */
function expand(pattern: string, watching: boolean): string[] {
  let info: Stats;
  try {
    info = statSync(pattern);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (missing && isDynamicPattern(pattern)) {
      const files = globSync(pattern, { absolute: false, dot: false, expandDirectories: false });
      if (files.length > 0 || watching) return files;
      throw notFound(pattern, 'no file matches');
    }
    if (missing && watching) return [];
    throw notFound(pattern, missing ? 'there is no such file or folder' : (error as Error).message);
  }
  if (!info.isDirectory()) return [pattern];
  return globSync('**/*', { cwd: pattern, absolute: false, dot: false, ignore: ['**/_*', '**/_*/**'] }).map(
    file => `${pattern.replace(/\/+$/, '')}/${file}`,
  );
}
function stat(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw notFound(path, (error as Error).message);
  }
}
function notFound(path: string, why: string): ConnectorError {
  return new ConnectorError('FC5301', {
    message: `cannot read '${path}': ${why}`,
    fix: 'check the path; relative paths start where flinkc is run',
    facts: { file: resolve(path) },
  });
}
