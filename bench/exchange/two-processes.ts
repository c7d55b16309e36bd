/** A sending and a receiving process, started for one run. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Measurement } from '../measure/contest.js';
import type { ProcessReport, ProcessTask } from './process.js';

/** CPU seconds are those of the busier process: its slot and its network layer on one core. */
export async function betweenProcesses(records: number): Promise<Measurement> {
  const sender = new Peer();
  const receiver = new Peer();
  try {
    await Promise.all([sender.next('ready'), receiver.next('ready')]);
    sender.tell({ role: 'send', records, address: '' });
    const port = await sender.next('listening');
    receiver.tell({ role: 'receive', records, address: `127.0.0.1:${port}` });
    const [sent, received] = await Promise.all([sender.next('measured'), receiver.next('measured')]);
    return { ...received, cpuSeconds: Math.max(sent.cpuSeconds, received.cpuSeconds) };
  } finally {
    sender.end();
    receiver.end();
  }
}

class Peer {
  readonly #process: ChildProcess = fork(fileURLToPath(new URL('process.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
  });

  tell(task: ProcessTask): void {
    this.#process.send(task);
  }

  next<K extends keyof ProcessReport>(key: K): Promise<NonNullable<ProcessReport[K]>> {
    return new Promise((resolve, reject) => {
      this.#process.on('message', (report: ProcessReport) => {
        const said = report[key];
        if (said !== undefined) resolve(said);
      });
      this.#process.once('exit', code => reject(new Error(`a process of the exchange ended with ${code}`)));
    });
  }

  end(): void {
    this.#process.removeAllListeners('exit');
    this.#process.kill();
  }
}
