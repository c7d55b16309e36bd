/** One program of test/api/programs: a comment at its end says what its collect sinks must be given. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import {
  CompileSession,
  compileWith,
  writeArtifact,
  type CompileOptions,
  type CompileOutput,
} from '../../compiler/compile.js';
import { renderDiagnostic } from '../../compiler/diagnostics/render.js';
import { connectorCompilers } from '../../plugins/compilers.js';

export const programsDir = 'test/api/programs';

/** Read from comments: `// expected <id>: <json> <json> …`, `// run <setting>: <value>` and `// run with a folder`. */
export interface ProgramCase {
  readonly name: string;
  readonly path: string;
  /** rows as JSON texts, sorted, by id of the collect sink */
  readonly expected: Readonly<Record<string, readonly string[]>>;
  readonly parallelism: readonly number[];
  /** false for programs whose results depend on the clock or on the order of two inputs */
  readonly batch: boolean;
  readonly params: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** each run has an empty folder, which the parameter `folder` names */
  readonly folder: boolean;
}

export function programCases(): readonly ProgramCase[] {
  return readdirSync(programsDir)
    .filter(file => file.endsWith('.ts'))
    .sort()
    .map(file => readCase(join(programsDir, file)));
}

function readCase(path: string): ProgramCase {
  const text = readFileSync(path, 'utf8');
  const setting = (name: string): string | undefined =>
    new RegExp(`^// run ${name}: (.*)$`, 'm').exec(text)?.[1];
  const values = (kind: string): Readonly<Record<string, string>> =>
    Object.fromEntries(
      [...text.matchAll(new RegExp(`^// run ${kind} (\\w+)=(.*)$`, 'gm'))].map(match => [
        match[1]!,
        match[2]!,
      ]),
    );
  const expected: Record<string, readonly string[]> = {};
  for (const [, id, rows] of text.matchAll(/^\/\/ expected ([\w-]+):(.*)$/gm))
    expected[id!] = [...(expected[id!] ?? []), ...rowsOf(JSON.parse(`[${rows!}]`) as unknown[])].sort();
  return {
    name: basename(path, '.ts'),
    path,
    expected,
    parallelism: (setting('parallelism') ?? '1 2 4').split(' ').map(Number),
    batch: setting('batch') !== 'no',
    params: values('param'),
    secrets: values('secret'),
    folder: /^\/\/ run with a folder$/m.test(text),
  };
}

/**
 * Rows as JSON texts in a fixed order, since subtasks deliver in any; properties too, since records that travelled have
 * those of their schema. Bigints read `"12n"`.
 */
export function rowsOf(records: readonly unknown[] | undefined): readonly string[] {
  return (records ?? []).map(record => JSON.stringify(record, sortedProperties)).sort();
}

function sortedProperties(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Builds of one program go to folders that vanish with `remove`. */
export class Builds {
  readonly #folder = mkdtempSync(join(tmpdir(), 'flinkc-api-'));

  async build(
    session: CompileSession,
    variant: string,
    options: Partial<CompileOptions> = {},
  ): Promise<{ readonly dir: string; readonly output: CompileOutput }> {
    const result = await compileWith(session, {
      entry: session.entry,
      lock: 'frozen',
      connectors: connectorCompilers,
      flinkcVersion: '0.1.0',
      ...options,
    });
    const errors = result.diagnostics.filter(({ severity }) => severity === 'error');
    if (!result.output || errors.length > 0)
      throw new Error(errors.map(error => renderDiagnostic(error, () => undefined)).join('\n'));
    const dir = join(this.#folder, variant);
    writeArtifact(result.output.artifact, dir);
    return { dir, output: result.output };
  }

  /** An empty one, which vanishes with the builds. */
  folder(): string {
    return mkdtempSync(join(this.#folder, 'run-'));
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
