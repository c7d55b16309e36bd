/** A PostgreSQL server of the tests' own, in a temporary folder, on a free port. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { PostgresConnection } from '../../plugins/postgres/index.js';
import { freePort } from './free-port.js';

const run = promisify(execFile);

/** The server's programs: of the newest version that Debian's packages have put there, or of the PATH. */
function binaries(): string | null {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map(version => join(root, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(':'),
  ];
  return folders.find(folder => existsSync(join(folder, 'initdb'))) ?? null;
}

/** null when it can run here, else why not. */
export async function postgresMissing(): Promise<string | null> {
  if (!binaries()) return 'PostgreSQL is not installed (Debian: postgresql)';
  if (process.getuid?.() === 0 && !(await userId('postgres')))
    return 'PostgreSQL does not run as root, and there is no user postgres';
  return null;
}

async function userId(name: string): Promise<{ readonly uid: number; readonly gid: number } | null> {
  try {
    const [uid, gid] = await Promise.all(['-u', '-g'].map(flag => run('id', [flag, name])));
    return { uid: Number(uid!.stdout), gid: Number(gid!.stdout) };
  } catch {
    return null;
  }
}

export class PostgresServer {
  readonly connection: PostgresConnection;
  readonly #folder: string;
  readonly #start: () => ChildProcess;
  #process: ChildProcess;

  private constructor(folder: string, port: number, start: () => ChildProcess) {
    this.#folder = folder;
    this.#start = start;
    this.#process = start();
    this.connection = { host: '127.0.0.1', port: String(port), database: 'postgres', user: 'postgres' };
  }

  static async start(settings: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
    const bin = binaries()!;
    const folder = mkdtempSync(join(tmpdir(), 'flinkc-postgres-'));
    const user = process.getuid?.() === 0 ? await userId('postgres') : null;
    if (user) chownSync(folder, user.uid, user.gid);
    await run(join(bin, 'initdb'), ['-D', folder, '-U', 'postgres', '-A', 'trust', '-N'], {
      ...user,
      cwd: folder,
    });
    const port = await freePort();
    const options = {
      max_prepared_transactions: '16',
      fsync: 'off',
      unix_socket_directories: '',
      ...settings,
    };
    const flags = Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const server = new PostgresServer(folder, port, () =>
      spawn(join(bin, 'postgres'), ['-D', folder, '-p', String(port), '-h', '127.0.0.1', ...flags], {
        ...user,
        cwd: folder,
        stdio: 'ignore',
      }),
    );
    await server.#ready();
    return server;
  }

  async query<R extends pg.QueryResultRow>(sql: string): Promise<R[]> {
    const client = this.#client();
    await client.connect();
    try {
      return (await client.query<R>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  /** As a crash of the machine would. */
  async kill(): Promise<void> {
    const ended = new Promise(resolve => this.#process.once('exit', resolve));
    this.#process.kill('SIGQUIT');
    await ended;
  }
  async restart(): Promise<void> {
    await this.kill();
    this.#process = this.#start();
    await this.#ready();
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #ready(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await this.query('SELECT 1');
        return;
      } catch (error) {
        if (attempt >= 2_400) throw error;
        await new Promise(resolve => setTimeout(resolve, 100));
      }
    }
  }
  #client(): pg.Client {
    const { host, port, database, user } = this.connection;
    const client = new pg.Client({ host: host!, port: Number(port), database, user });
    client.on('error', () => {});
    return client;
  }
}
