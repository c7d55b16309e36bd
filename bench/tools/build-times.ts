import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atMost, type Benchmark, type Row } from '../measure/benchmark.js';
import { figure, type Figure } from '../measure/contest.js';
import { saying, startCommand, timeCommand } from './command.js';
import { largeProject, smallProgram, smallProject } from './projects.js';

export const buildTimes: Benchmark = {
  name: 'build',
  about: 'flinkc build and flinkc dev, by the clock',
  async run({ quick }) {
    const rounds = quick ? 2 : 7;
    const small = smallProject();
    const large = largeProject();
    const cold: number[] = [];
    const manyFiles: number[] = [];
    try {
      for (let round = 0; round < rounds; round++) {
        cold.push(await timeCommand(['build', 'program.ts', '-o', 'job'], small));
        manyFiles.push(await timeCommand(['build', 'program.ts', '-o', 'job'], large));
      }
      const dev = await rebuilds(small, rounds);
      return [
        row('build of a small program, cold', figure(cold), 1000),
        row('build of 50 files, cold', figure(manyFiles), 2000),
        row('dev, from save to running again', figure(dev.running), 300, 'types checked'),
        row('dev, from save to a type error', figure(dev.error), 300),
      ];
    } finally {
      rmSync(small, { recursive: true });
      rmSync(large, { recursive: true });
    }
  },
};

function row(what: string, { median, low, high }: Figure, target: number, note?: string): Row {
  return {
    what,
    value: median,
    unit: 'ms',
    spread: [low, high],
    target: atMost(target, 8 * target),
    ...(note && { note }),
  };
}

async function rebuilds(
  folder: string,
  rounds: number,
): Promise<{ readonly running: readonly number[]; readonly error: readonly number[] }> {
  const file = join(folder, 'program.ts');
  const child = startCommand(['dev', 'program.ts'], folder);
  const running: number[] = [];
  const error: number[] = [];
  const save = async (text: string, until: RegExp): Promise<number> => {
    const said = saying(child, 'stderr', until);
    const start = performance.now();
    writeFileSync(file, text);
    await said;
    return performance.now() - start;
  };
  try {
    await saying(child, 'stderr', /built and started/);
    for (let round = 1; round <= rounds; round++) {
      running.push(await save(smallProgram(10 + round), /built and started/));
      error.push(
        await save(smallProgram(10 + round).replace('n * 1.5', "'1.5'"), /still running|waiting for changes/),
      );
    }
  } finally {
    child.kill('SIGTERM');
    await new Promise(done => child.once('exit', done));
  }
  return { running, error };
}
