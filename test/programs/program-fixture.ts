/** One folder of fixtures/programs: the program, what it must print, and how its columns read. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

export interface ProgramConfig extends ProgramCase {
  /** runs with other parameters and what they must give; without them the program runs as it is */
  readonly cases?: readonly ProgramCase[];
  /** results must not depend on the order in which subtasks deliver; default [1, 2, 4] */
  readonly parallelism?: readonly number[];
  /** also run in BATCH mode; default true */
  readonly batch?: boolean;
}
export interface ProgramCase {
  readonly params?: Readonly<Record<string, string>>;
  /** by id of a collect sink */
  readonly outputs?: Readonly<Record<string, ExpectedOutput>>;
  /** CSV files that the program writes */
  readonly files?: ExpectedFiles;
}
export interface ExpectedFiles {
  /** parameter that takes the folder */
  readonly param: string;
  readonly columns: readonly string[];
  /** numeric column that is summed */
  readonly sum: string;
  /** CSV with one row per sub-folder: the values in its name (`dt=…/hm=…`), number of rows, sum */
  readonly expected: string;
}
export interface ExpectedOutput {
  /** CSV with header, computed by an independent tool; relative to fixtures/data */
  readonly expected: string;
  /**
   * Column of the file → field of the record (a path with dots) and its form: 'name', 'name:time', 'name:6' (decimals),
   * 'name:decimal3' (unscaled bigint).
   */
  readonly columns: Readonly<Record<string, string>>;
  /**
   * The file has a row per query: number of rows, sums of numeric columns, lengths of texts ('name:length' in
   * `columns`); this is the query whose row counts.
   */
  readonly digest?: string;
  /** cells may be this far apart, for sums of floats in another order; default 0: equal texts */
  readonly tolerance?: number;
  /** with parallelism 1 rows also come in the file's order */
  readonly ordered?: boolean;
}

export const programsDir = 'fixtures/programs';
const dataDir = 'fixtures/data';

export function programNames(): readonly string[] {
  // a folder without program.ts holds modules that programs share
  return readdirSync(programsDir)
    .filter(name => existsSync(join(programsDir, name, 'program.ts')))
    .sort();
}

export function readConfig(name: string): ProgramConfig {
  return JSON.parse(readFileSync(join(programsDir, name, 'config.json'), 'utf8')) as ProgramConfig;
}
export function casesOf(config: ProgramConfig): readonly ProgramCase[] {
  return config.cases ?? [config];
}

/** The folder's `_expected` is equal to `files`, or becomes it with UPDATE_FIXTURES=1. */
export function compareExpected(name: string, files: ReadonlyMap<string, string>): string | null {
  const folder = join(programsDir, name, '_expected');
  if (process.env['UPDATE_FIXTURES'] === '1') {
    rmSync(folder, { recursive: true, force: true });
    for (const [path, text] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return null;
  }
  const stored = existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter(entry => entry.isFile())
        .map(entry => relative(folder, join(entry.parentPath, entry.name)))
    : [];
  for (const path of new Set([...files.keys(), ...stored])) {
    const expected = stored.includes(path) ? readFileSync(join(folder, path), 'utf8') : null;
    const actual = files.get(path) ?? null;
    if (expected === actual) continue;
    if (expected === null) return `${path} is not expected`;
    if (actual === null) return `${path} is missing`;
    return `${path} differs ${firstDifference(actual.split('\n'), expected.split('\n'), 0)}`;
  }
  return null;
}

/** Where what the program gave differs from what it must give, or null. Rows are sets unless their order counts. */
export function compareOutput(
  output: ExpectedOutput,
  records: readonly unknown[],
  parallelism: number,
): string | null {
  if (output.digest !== undefined) {
    const { digest, columns } = output;
    const [header, ...lines] = csvLines(readFileSync(join(dataDir, output.expected), 'utf8'));
    const row = lines.find(cells => cells[0] === digest);
    if (!row) return `${output.expected} has no query '${digest}'`;
    const actual = digestOf(columns, records);
    return firstDifference(
      actual,
      [row[1]!, ...[row[2]!, row[3]!].flatMap(cell => cell.split(';')).filter(cell => cell !== '')].sort(),
      0,
      header!.join(),
    );
  }
  const actual = actualRows(output, records);
  const expected = expectedRows(output);
  return output.ordered && parallelism === 1
    ? firstDifference(actual, expected, output.tolerance ?? 0)
    : firstDifference(actual.sort(), expected.sort(), output.tolerance ?? 0);
}

/** Where what the program wrote below `folder` differs from what it must write, or null. */
export function compareFiles(files: ExpectedFiles, folder: string): string | null {
  const buckets = new Map<string, { rows: number; sum: number }>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    if (entry.name.startsWith('.') || entry.name.startsWith('_')) return `${entry.name} is left over`;
    const name = relative(folder, entry.parentPath)
      .replaceAll(/[^/]*=/g, '')
      .replaceAll('/', '|');
    const bucket = buckets.get(name) ?? { rows: 0, sum: 0 };
    buckets.set(name, bucket);
    for (const cells of csvLines(readFileSync(join(entry.parentPath, entry.name), 'utf8'))) {
      bucket.rows++;
      bucket.sum += Number(cells[files.columns.indexOf(files.sum)]);
    }
  }
  const [, ...expected] = csvLines(readFileSync(join(dataDir, files.expected), 'utf8'));
  return firstDifference(
    [...buckets].map(([name, { rows, sum }]) => `${name}|${rows}|${sum}`).sort(),
    expected.map(cells => cells.join('|')).sort(),
    0,
  );
}

function expectedRows(output: ExpectedOutput): string[] {
  const [header, ...lines] = csvLines(readFileSync(join(dataDir, output.expected), 'utf8'));
  const positions = Object.keys(output.columns).map(column => {
    const at = header!.indexOf(column);
    if (at < 0) throw new Error(`${output.expected} has no column '${column}'`);
    return at;
  });
  return lines.map(cells => positions.map(at => cells[at]!).join('|'));
}
function actualRows(output: ExpectedOutput, records: readonly unknown[]): string[] {
  const forms = Object.values(output.columns).map(parseForm);
  return records.map(record => forms.map(([path, form]) => cell(valueAt(record, path), form)).join('|'));
}

/** Number of rows, then `column=sum` or `column=characters`, sorted. */
function digestOf(columns: ExpectedOutput['columns'], records: readonly unknown[]): readonly string[] {
  const parts = Object.entries(columns).map(([column, text]) => {
    const [path, form] = parseForm(text);
    const values = records.map(record => valueAt(record, path));
    if (form === 'length')
      return `${column}=${values.reduce<number>((sum, value) => sum + Array.from(value as string).length, 0)}`;
    if (form?.startsWith('decimal'))
      return `${column}=${cell(
        values.reduce<bigint>((sum, value) => sum + (value as bigint), 0n),
        form,
      )}`;
    return `${column}=${values.reduce<number>((sum, value) => sum + Number(value), 0)}`;
  });
  return [String(records.length), ...parts].sort();
}

function parseForm(text: string): readonly [path: readonly string[], form: string | undefined] {
  const [path, form] = text.split(':') as [string, string | undefined];
  return [path.split('.'), form];
}
function valueAt(record: unknown, path: readonly string[]): unknown {
  return path.reduce((value, name) => (value as Record<string, unknown>)[name], record);
}

function cell(value: unknown, form: string | undefined): string {
  if (form === 'time') {
    const text = new Date(value as number).toISOString().replace('T', ' ').replace('Z', '');
    return text.endsWith('.000') ? text.slice(0, -4) : text;
  }
  if (form === 'time3') return new Date(value as number).toISOString().replace('T', ' ').replace('Z', '');
  if (form?.startsWith('decimal')) {
    const scale = Number(form.slice('decimal'.length));
    const unscaled = value as bigint;
    const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
    return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  }
  if (form !== undefined) return (value as number).toFixed(Number(form));
  return String(value);
}

function firstDifference(
  actual: readonly string[],
  expected: readonly string[],
  tolerance: number,
  columns = '',
): string | null {
  const length = Math.max(actual.length, expected.length);
  for (let i = 0; i < length; i++) {
    if (actual[i] === expected[i] || close(actual[i], expected[i], tolerance)) continue;
    return `(${actual.length} rows, ${expected.length} expected) row ${i}${columns && ` of ${columns}`}: got ${actual[i] ?? 'nothing'}, expected ${expected[i] ?? 'nothing'}`;
  }
  return null;
}

function close(actual: string | undefined, expected: string | undefined, tolerance: number): boolean {
  if (tolerance === 0 || actual === undefined || expected === undefined) return false;
  const cells = actual.split('|');
  const wanted = expected.split('|');
  return cells.every(
    (text, i) => text === wanted[i] || Math.abs(Number(text) - Number(wanted[i])) <= tolerance,
  );
}

/** Cells may be quoted; none of the files has a line end inside a cell. */
function csvLines(text: string): string[][] {
  return text
    .trimEnd()
    .split(/\r?\n/)
    .map(line =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        match => match[1]?.replaceAll('""', '"') ?? match[2] ?? '',
      ),
    );
}
