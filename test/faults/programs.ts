/** The programs that are disturbed: how long each takes, where its output lies, and what it must be. */
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Project } from '../cli/project.js';
import { PostgresServer } from '../servers/postgres-server.js';

/** Programs read its fixtures. */
const repository = resolve(import.meta.dirname, '../..');

interface Program {
  /** parameters that name folders of output */
  readonly folders: readonly string[];
  /** records per millisecond: input lasts about ten seconds */
  readonly pace: Readonly<Record<string, string>>;
}
const programs = {
  windows: { folders: ['cells', 'passengers'], pace: { pace: '4' } },
  sessions: { folders: ['users', 'channels'], pace: { pace: '1' } },
  joins: { folders: ['interval', 'window', 'state'], pace: { pace: '1' } },
  broadcast: { folders: ['bills'], pace: { pace: '3' } },
  async: { folders: ['any-order', 'in-order'], pace: { pace: '1' } },
  processes: { folders: ['digests'], pace: { pace: '4' } },
  regions: { folders: ['closed', 'open'], pace: { pace: '0.5' } },
  transactions: { folders: [], pace: { pace: '2' } },
} as const satisfies Record<string, Program>;

export type ProgramName = keyof typeof programs;
export const programNames = Object.keys(programs) as readonly ProgramName[];

/** Lines of a multiset that differ. */
export interface Difference {
  readonly expected: number;
  readonly missing: readonly string[];
  readonly extra: readonly string[];
}

/** Builds programs once and knows what they give when nothing happens to them. */
export class Programs {
  readonly project = new Project({});
  /** logs in its folder are needed */
  failed = false;
  readonly #postgres: PostgresServer | null;
  readonly #expected = new Map<ProgramName, Promise<readonly string[]>>();
  readonly #artifacts = new Map<ProgramName, Promise<string>>();

  constructor(postgres: PostgresServer | null) {
    this.#postgres = postgres;
    symlinkSync(join(repository, 'fixtures'), this.project.path('fixtures'));
  }

  artifact(name: ProgramName): Promise<string> {
    let artifact = this.#artifacts.get(name);
    if (!artifact) {
      artifact = this.#build(name);
      this.#artifacts.set(name, artifact);
    }
    return artifact;
  }

  removeUnlessFailed(): void {
    if (!this.failed) this.project.remove();
  }

  /** `--param`s; `run` keeps the output of runs apart. */
  async parameters(name: ProgramName, run: string, paced: boolean): Promise<readonly string[]> {
    const { folders, pace }: Program = programs[name];
    const values: Record<string, string> = paced ? { ...pace } : {};
    for (const folder of folders) values[folder] = join(this.#folder(name, run), folder);
    if (name === 'transactions') {
      await this.#postgres!.query(`CREATE TABLE ${tableOf(run)} (key int, seen int, n int)`);
      values['port'] = this.#postgres!.connection.port!;
      values['table'] = tableOf(run);
    }
    return Object.entries(values).flatMap(([key, value]) => ['--param', `${key}=${value}`]);
  }

  /** Sorted; what is not committed is not there. */
  async output(name: ProgramName, run: string): Promise<readonly string[]> {
    if (name === 'transactions')
      return (
        await this.#postgres!.query<{ line: string }>(
          `SELECT key || ' ' || seen || ' ' || n AS line FROM ${tableOf(run)}`,
        )
      )
        .map(({ line }) => line)
        .toSorted();
    const folder = this.#folder(name, run);
    if (!existsSync(folder)) return [];
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile() && !/^[._]/.test(entry.name))
      .flatMap(entry =>
        readFileSync(join(entry.parentPath, entry.name), 'utf8')
          .split('\n')
          .filter(line => line !== '')
          .map(line => `${entry.parentPath.slice(folder.length)} ${line}`),
      )
      .toSorted();
  }

  /** Compared with the run that nothing happened to. */
  async difference(name: ProgramName, run: string): Promise<Difference> {
    const expected = await this.expected(name);
    const counts = new Map<string, number>();
    for (const line of await this.output(name, run)) counts.set(line, (counts.get(line) ?? 0) + 1);
    const missing = expected.filter(line => {
      const count = counts.get(line) ?? 0;
      counts.set(line, count - 1);
      return count <= 0;
    });
    const extra = [...counts].flatMap(([line, count]) =>
      Array.from({ length: Math.max(count, 0) }, () => line),
    );
    return { expected: expected.length, missing, extra };
  }

  expected(name: ProgramName): Promise<readonly string[]> {
    let expected = this.#expected.get(name);
    if (!expected) {
      expected = this.#runAlone(name);
      this.#expected.set(name, expected);
    }
    return expected;
  }

  async #runAlone(name: ProgramName): Promise<readonly string[]> {
    const run = `${name}_undisturbed`;
    const { code, stderr } = await this.project.flinkc(
      ['run', await this.artifact(name), '-q', '-p', '1', ...(await this.parameters(name, run, false))],
      { cwd: repository },
    );
    if (code !== 0) throw new Error(`${name}: the undisturbed run ended with ${code}\n${stderr}`);
    return this.output(name, run);
  }

  async #build(name: ProgramName): Promise<string> {
    const artifact = this.project.path(`${name}.zip`);
    const { code, stderr } = await this.project.flinkc(
      ['build', `test/faults/programs/${name}.ts`, '-o', artifact],
      { cwd: repository },
    );
    if (code !== 0) throw new Error(`${name} cannot be built\n${stderr}`);
    return artifact;
  }

  #folder(name: ProgramName, run: string): string {
    return this.project.path(`output/${run}/${name}`);
  }
}

const tableOf = (run: string): string => run.replaceAll(/\W/g, '_');
