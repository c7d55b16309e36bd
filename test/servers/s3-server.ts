/**
 * An S3 server of the tests' own: Ceph's gateway (Debian: radosgw, ceph-mon, ceph-osd) with one in-memory store, in a
 * temporary folder, on free ports of the loopback.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync, openSync, closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { clientOptions } from '../../plugins/s3/s3-options.js';
import { freePort } from './free-port.js';

const run = promisify(execFile);
const programs = ['ceph-mon', 'ceph-osd', 'radosgw', 'radosgw-admin', 'ceph', 'monmaptool', 'ceph-authtool'];
const accessKey = 'flinkc';
const secretKey = 'flinkc-secret';
export const bucket = 'checkpoints';

/** null when it can run here, else why not. */
export async function s3Missing(): Promise<string | null> {
  const found = await Promise.all(
    programs.map(program =>
      run('which', [program]).then(
        () => true,
        () => false,
      ),
    ),
  );
  const missing = programs.filter((_, i) => !found[i]);
  return missing.length === 0
    ? null
    : `${missing.join(', ')} not installed (Debian: radosgw ceph-mon ceph-osd ceph-common)`;
}

export class S3Server {
  readonly endpoint: string;
  readonly #folder: string;
  readonly #processes: ChildProcess[] = [];

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.endpoint = `http://127.0.0.1:${port}`;
  }

  static async start(): Promise<S3Server> {
    const folder = mkdtempSync(join(tmpdir(), 'flinkc-s3-'));
    const server = new S3Server(folder, await freePort());
    try {
      await server.#startMonitor(await freePort());
      await server.#startStore();
      await server.#startGateway();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** Options of a client, by Flink's names. */
  configuration(endpoint = this.endpoint): Readonly<Record<string, string>> {
    return {
      's3.endpoint': endpoint,
      's3.access-key': accessKey,
      's3.secret-key': secretKey,
      's3.path.style.access': 'true',
    };
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#processes.map(
        child =>
          new Promise(resolve => {
            if (child.exitCode !== null || child.signalCode !== null) resolve(null);
            else child.once('exit', resolve).kill('SIGKILL');
          }),
      ),
    );
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #config(): string {
    return join(this.#folder, 'ceph.conf');
  }

  async #startMonitor(port: number): Promise<void> {
    const folder = this.#folder;
    const cluster = '5a6f1b0e-2a0e-4b5e-9f0e-0123456789ab';
    const address = `[v2:127.0.0.1:${port}]`;
    const keyring = join(folder, 'keyring');
    const gateway = this.endpoint.slice('http://'.length);
    for (const name of ['run', 'log', 'mon', 'osd', 'rgw']) mkdirSync(join(folder, name));
    writeFileSync(
      this.#config,
      `[global]
fsid = ${cluster}
mon host = ${address}
mon initial members = a
keyring = ${keyring}
mon allow pool size one = true
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 1073741824
run dir = ${folder}/run
admin socket = ${folder}/run/$name.$pid.asok
log file = ${folder}/log/$name.log
mon data = ${folder}/mon
osd data = ${folder}/osd
rgw data = ${folder}/rgw
rgw frontends = beast endpoint=${gateway}
`,
    );
    const identities = [
      ['mon.', '--cap', 'mon', 'allow *'],
      ['client.admin', '--cap', 'mon', 'allow *', '--cap', 'osd', 'allow *', '--cap', 'mgr', 'allow *'],
      ['osd.0', '--cap', 'mon', 'allow profile osd', '--cap', 'osd', 'allow *'],
    ];
    for (const [i, identity] of identities.entries())
      await run('ceph-authtool', [
        ...(i === 0 ? ['--create-keyring'] : []),
        keyring,
        '--gen-key',
        '-n',
        ...identity,
      ]);
    const map = join(folder, 'monmap');
    await run('monmaptool', ['--create', '--fsid', cluster, '--addv', 'a', address, map]);
    await run('ceph-mon', ['--mkfs', '-i', 'a', '--keyring', keyring, '--monmap', map, '-c', this.#config]);
    this.#spawn('ceph-mon', ['-i', 'a', '-f']);
    await until('the monitor answers', () => this.#ceph('-s'));
    await this.#ceph('auth', 'import', '-i', keyring);
  }

  async #startStore(): Promise<void> {
    await this.#ceph('osd', 'create');
    await run('ceph-osd', ['-i', '0', '--mkfs', '-c', this.#config]);
    this.#spawn('ceph-osd', ['-i', '0', '-f']);
    await until('the store is up', async () => {
      if (!(await this.#ceph('osd', 'stat')).includes('1 up')) throw new Error('it is not yet');
    });
  }

  async #startGateway(): Promise<void> {
    this.#spawn('radosgw', ['-f', '-n', 'client.admin']);
    const user = [
      '--uid=flinkc',
      '--display-name=flinkc',
      `--access-key=${accessKey}`,
      `--secret-key=${secretKey}`,
    ];
    await run('radosgw-admin', ['-c', this.#config, 'user', 'create', ...user]);
    await until('the gateway listens', () => fetch(this.endpoint));
    const client = new S3Client(clientOptions(this.configuration()));
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    client.destroy();
  }

  async #ceph(...args: readonly string[]): Promise<string> {
    return (await run('ceph', ['-c', this.#config, '--connect-timeout', '5', ...args])).stdout;
  }

  #spawn(program: string, args: readonly string[]): void {
    const output = openSync(join(this.#folder, 'log', `${program}.out`), 'a');
    this.#processes.push(
      spawn(program, [...args, '-c', this.#config], { stdio: ['ignore', output, output] }),
    );
    closeSync(output);
  }
}

async function until(what: string, attempt: () => Promise<unknown>): Promise<void> {
  const end = Date.now() + 240_000;
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (Date.now() > end) throw new Error(`waited in vain until ${what}`, { cause: error });
      await new Promise(resolve => setTimeout(resolve, 200));
    }
  }
}
