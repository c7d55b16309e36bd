import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { atMost, type Benchmark } from '../measure/benchmark.js';
import { figure } from '../measure/contest.js';
import { artifactOf } from '../measure/job.js';
import { saying, startCommand } from './command.js';

export const startUp: Benchmark = {
  name: 'start',
  about: 'flinkc run of an artifact',
  async run({ quick }) {
    const artifact = await artifactOf(new URL('first-record.ts', import.meta.url));
    const times: number[] = [];
    for (let round = 0; round < (quick ? 2 : 11); round++) times.push(await firstRecord(artifact));
    const { median, low, high } = figure(times);
    const idle = await idleMegabytes(await artifactOf(new URL('idle.ts', import.meta.url)));
    return [
      {
        what: 'command to first record processed',
        value: median,
        unit: 'ms',
        spread: [low, high],
        target: atMost(500, 3000),
      },
      { what: 'idle memory of one slot (RSS)', value: idle, unit: 'MB', target: atMost(120, 300) },
    ];
  },
};

async function firstRecord(artifact: string): Promise<number> {
  const start = Date.now();
  const child = startCommand(['run', artifact], process.cwd());
  return Number.parseInt(await saying(child, 'stdout', /\d+\n/), 10) - start;
}

async function idleMegabytes(artifact: string): Promise<number> {
  const child = startCommand(['run', artifact], process.cwd());
  try {
    await sleep(4_000);
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) / 1024;
  } finally {
    child.kill('SIGTERM');
    await new Promise(done => child.once('exit', done));
  }
}
