/** What the JobManagers of one job log, over all their lives. */
import type { ChildProcess } from 'node:child_process';

export type JobEvent = 'checkpoint' | 'failure' | 'running' | 'finished';

const patterns: readonly (readonly [JobEvent, RegExp])[] = [
  ['checkpoint', /^checkpoint \d+ is complete/],
  ['failure', /^the job restarts in|^TaskManager '.*' is lost/],
  ['running', /^job '.*' is RUNNING/],
  ['finished', /^job '.*' is FINISHED/],
];

export class JobLog {
  readonly counts: Record<JobEvent, number> = { checkpoint: 0, failure: 0, running: 0, finished: 0 };
  readonly #listeners = new Set<(event: JobEvent) => void>();

  follow({ stderr }: ChildProcess): void {
    let rest = '';
    stderr!.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!;
      for (const line of lines) this.#read(line);
    });
  }

  /** The next one; `false`: something else ended the wait. */
  async next(event: JobEvent, instead: Promise<unknown>): Promise<boolean> {
    let heard!: () => void;
    const happened = new Promise<true>(resolve => (heard = () => resolve(true)));
    const listener = (other: JobEvent): void => {
      if (other === event) heard();
    };
    this.#listeners.add(listener);
    try {
      return await Promise.race([happened, instead.then(() => false)]);
    } finally {
      this.#listeners.delete(listener);
    }
  }

  #read(line: string): void {
    const message = /"message":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1];
    const event =
      message === undefined ? undefined : patterns.find(([, pattern]) => pattern.test(message))?.[0];
    if (event === undefined) return;
    this.counts[event]++;
    for (const listener of this.#listeners) listener(event);
  }
}
