/** One folder of fixtures/programs: the program, what it must print, and how its columns read. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ProgramConfig {
  readonly params?: Readonly<Record<string, string>>;
  /** results do not depend on the order in which subtasks deliver: also run with these parallelisms; default [1, 2, 4] */
  readonly parallelism?: readonly number[];
  /** also run in BATCH mode; default true */
  readonly batch?: boolean;
  /** by id of a collect sink */
  readonly outputs: Readonly<Record<string, ExpectedOutput>>;
}
export interface ExpectedOutput {
  /** CSV with header, computed by an independent tool; relative to fixtures/data */
  readonly expected: string;
  /** column of the file → field of the record and its form: 'name', 'name:time', 'name:6' (decimals), 'name:decimal3' (unscaled bigint) */
  readonly columns: Readonly<Record<string, string>>;
}

export const dataDir = 'fixtures/data';

export function readConfig(name: string): ProgramConfig {
  return JSON.parse(readFileSync(join('fixtures/programs', name, 'config.json'), 'utf8')) as ProgramConfig;
}

/** Rows as text, sorted: what is compared. */
export function expectedRows(output: ExpectedOutput): readonly string[] {
  const [header, ...lines] = csvLines(readFileSync(join(dataDir, output.expected), 'utf8'));
  const positions = Object.keys(output.columns).map(column => {
    const at = header!.indexOf(column);
    if (at < 0) throw new Error(`${output.expected} has no column '${column}'`);
    return at;
  });
  return lines.map(cells => positions.map(at => cells[at]!).join('|')).sort();
}
export function actualRows(output: ExpectedOutput, records: readonly unknown[]): readonly string[] {
  const forms = Object.values(output.columns).map(text => text.split(':') as [string, string | undefined]);
  return records
    .map(record =>
      forms.map(([field, form]) => cell((record as Record<string, unknown>)[field], form)).join('|'),
    )
    .sort();
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
