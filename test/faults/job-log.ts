/** What the JobManagers of one job log, over all their lives. */
import type { ChildProcess } from 'node:child_process';

export type JobEvent =
  'checkpoint' | 'failure' | 'deploying' | 'running' | 'finished' | 'passedOver' | 'noSpace' | 'registered';
export type EventCounts = Readonly<Record<JobEvent, number>>;

const patterns: readonly (readonly [JobEvent, RegExp])[] = [
  ['checkpoint', /^checkpoint \d+ is complete/],
  ['failure', /^(the job|a region of the job .*) restarts in|^TaskManager '.*' is lost/],
  ['deploying', /^job '.*' is CREATED|^slots .* go on from/],
  ['running', /^job '.*' is RUNNING/],
  ['finished', /^job '.*' is FINISHED/],
  ['passedOver', /^checkpoint \d+ is damaged; the job goes on from/],
  ['noSpace', /^checkpoint \d+ is given up: .*no space left/i],
  ['registered', /^TaskManager '.*' registered/],
];

export class JobLog {
  readonly #counts = {
    checkpoint: 0,
    failure: 0,
    deploying: 0,
    running: 0,
    finished: 0,
    passedOver: 0,
    noSpace: 0,
    registered: 0,
  };
  readonly #listeners = new Set<() => void>();
  /** of the job that was named last; '' before */
  jobId = '';

  follow({ stderr }: ChildProcess): void {
    let rest = '';
    stderr!.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!;
      for (const line of lines) this.#read(line);
    });
  }

  get counts(): EventCounts {
    return { ...this.#counts };
  }

  /** Resolves when one of these has happened more often than `since`. */
  async more(events: readonly JobEvent[], since: EventCounts = this.counts): Promise<void> {
    const happened = (): boolean => events.some(event => this.#counts[event] > since[event]);
    if (happened()) return;
    await new Promise<void>(resolve => {
      const listener = (): void => {
        if (!happened()) return;
        this.#listeners.delete(listener);
        resolve();
      };
      this.#listeners.add(listener);
    });
  }

  #read(line: string): void {
    this.jobId = /"jobId":"(\w+)"/.exec(line)?.[1] ?? this.jobId;
    const message = /"message":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1];
    const event =
      message === undefined ? undefined : patterns.find(([, pattern]) => pattern.test(message))?.[0];
    if (event === undefined) return;
    this.#counts[event]++;
    for (const listener of this.#listeners) listener();
  }
}
