/** A TaskManager is killed while another one has free slots: until all subtasks run again, restored. Real processes. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atMost, type Row } from '../measure/benchmark.js';
import { figure } from '../measure/contest.js';
import { artifactOf } from '../measure/job.js';

const cli = fileURLToPath(new URL('../../dist/bin/flinkc.js', import.meta.url));
const program = new URL('../checkpoints/counting.ts', import.meta.url);
const patienceMs = 120_000;

export async function recoveryRow(rounds: number): Promise<Row> {
  const artifact = await artifactOf(program, { records: '1000000000', keys: '1000000' });
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round++) seconds.push(await recovery(artifact));
  const { median, low, high } = figure(seconds);
  return {
    what: 'a TaskManager is killed: until its job runs again',
    value: median,
    unit: 's',
    spread: [low, high],
    target: atMost(3, 6),
    note: 'by the clock; two slots, 1 M keys, hashmap; the delay of the restart strategy is 1 s of it',
  };
}

async function recovery(artifact: string): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'flinkc-bench-'));
  const processes: Flinkc[] = [];
  const start = (args: readonly string[], settings: Readonly<Record<string, string>>): Flinkc => {
    const defines = Object.entries(settings).flatMap(([key, value]) => ['-D', `${key}=${value}`]);
    const started = new Flinkc([...args, ...defines]);
    processes.push(started);
    return started;
  };
  try {
    const jobManager = start(['jobmanager', '--application', artifact, '-p', '2'], {
      'jobmanager.rpc.port': '0',
      'rest.port': '0',
      'execution.checkpointing.interval': '1 s',
      'execution.checkpointing.dir': folder,
    });
    const port = /"port":(\d+)/.exec(await jobManager.says(/JobManager listens.*"port":\d+/))![1]!;
    const taskManager = (name: string): Flinkc =>
      start(['taskmanager'], {
        'jobmanager.rpc.address': '127.0.0.1',
        'jobmanager.rpc.port': port,
        'taskmanager.numberOfTaskSlots': '2',
        'taskmanager.resource-id': name,
      });
    // The first one that registers gets both slots of the job.
    const killed = taskManager('first');
    await jobManager.says(/is RUNNING/);
    taskManager('spare');
    await jobManager.says(/'spare' registered/);
    await jobManager.says(/checkpoint [3-9]\d* is complete/);
    const from = jobManager.output.length;
    const at = performance.now();
    killed.process.kill('SIGKILL');
    await jobManager.says(/is RUNNING/, from);
    return (performance.now() - at) / 1e3;
  } finally {
    for (const { process } of processes) process.kill('SIGKILL');
    await Promise.all(processes.map(({ ended }) => ended));
    rmSync(folder, { recursive: true, force: true });
  }
}

class Flinkc {
  readonly process: ChildProcess;
  readonly ended: Promise<void>;
  output = '';

  constructor(args: readonly string[]) {
    this.process = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.process.stderr!.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    this.ended = new Promise(resolve => this.process.once('close', () => resolve()));
  }

  /** What it logged from there on, up to and with this. */
  async says(pattern: RegExp, from = 0): Promise<string> {
    for (const since = performance.now(); performance.now() - since < patienceMs;) {
      const found = pattern.exec(this.output.slice(from));
      if (found) return found[0];
      await new Promise(resolve => setTimeout(resolve, 5));
    }
    throw new Error(`waited in vain for ${pattern}:\n${this.output.slice(-2_000)}`);
  }
}
