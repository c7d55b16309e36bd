/** One job of a program on a JobManager, maybe with a standby, and two TaskManagers, as real processes whose logs are kept. */
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Invocation, RunningCli } from '../cli/project.js';
import { Cluster, type Settings } from '../cluster/processes.js';
import { JobLog, type EventCounts, type JobEvent } from './job-log.js';
import type { Difference, ProgramName, Programs } from './programs.js';

/** `standby`: a second JobManager, where there is high availability. */
export type ProcessName = 'jobmanager' | 'standby' | 'tm-1' | 'tm-2';

/** Longer than anything takes on a slow machine: it hangs. */
const patienceMs = 120_000;
/** What is special about one process. */
export interface Place extends Invocation {
  readonly settings?: Settings;
}
export const heartbeatTimeoutMs = 2_000;
export const checkpointIntervalMs = 300;

const settingsFor = (folder: string): Settings => ({
  'heartbeat.timeout': `${heartbeatTimeoutMs} ms`,
  'execution.checkpointing.interval': `${checkpointIntervalMs} ms`,
  'execution.checkpointing.dir': join(folder, 'checkpoints'),
  'execution.checkpointing.externalized-checkpoint-retention': 'RETAIN_ON_CANCELLATION',
  'execution.checkpointing.num-retained': '2',
  // A process that dies in the middle of one must not end the job.
  'execution.checkpointing.tolerable-failed-checkpoints': '1000',
  'restart-strategy.type': 'fixed-delay',
  'restart-strategy.fixed-delay.attempts': '1000',
  'restart-strategy.fixed-delay.delay': '100 ms',
  'slot.request.timeout': `${patienceMs} ms`,
  'pipeline.max-parallelism': '128',
  'io.tmp.dirs': join(folder, 'tmp'),
});

/** Leases are short, but longer than a busy machine lets a process wait. */
const standbySettings = (folder: string): Settings => ({
  'high-availability.type': 'filesystem',
  'high-availability.storageDir': join(folder, 'high-availability'),
  'high-availability.filesystem.leader-election.lease-duration': '4 s',
  'high-availability.filesystem.leader-election.renew-deadline': '3 s',
  'high-availability.filesystem.leader-election.retry-period': '200 ms',
});

export class JobUnderTest {
  readonly program: ProgramName;
  readonly log = new JobLog();
  /** the exit code of the JobManager with which the job ended */
  readonly finished: Promise<number>;
  readonly folder: string;
  parallelism = 2;
  /** where processes run; by default beside each other */
  readonly places = new Map<ProcessName, Place>();
  readonly #programs: Programs;
  readonly #run: string;
  readonly #standby: boolean;
  readonly #cluster: Cluster;
  readonly #processes = new Map<ProcessName, RunningCli>();
  readonly #lives: { readonly name: ProcessName; readonly running: RunningCli }[] = [];
  #args: readonly string[] = [];
  #finish!: (code: number) => void;

  /** `run`: keeps its output apart from that of others. `standby`: with high availability. */
  constructor(
    program: ProgramName,
    programs: Programs,
    run: string,
    settings: Settings = {},
    standby = false,
  ) {
    this.program = program;
    this.#standby = standby;
    this.#programs = programs;
    this.#run = run;
    this.folder = programs.project.path(`jobs/${run}`);
    for (const name of ['checkpoints', 'tmp']) mkdirSync(join(this.folder, name), { recursive: true });
    this.#cluster = new Cluster(programs.project, {
      ...settingsFor(this.folder),
      ...(standby ? standbySettings(this.folder) : {}),
      ...settings,
    });
    this.finished = new Promise(resolve => (this.#finish = resolve));
  }

  /** What it should write is known, and everything is started. */
  async begin(): Promise<void> {
    await this.#programs.expected(this.program);
    this.#args = [
      '--application',
      await this.#programs.artifact(this.program),
      ...(await this.#programs.parameters(this.program, this.#run, true)),
    ];
    await this.start('jobmanager');
    if (this.#standby) await this.start('standby');
    await Promise.all([this.start('tm-1'), this.start('tm-2')]);
  }

  /** A JobManager goes on from the last complete checkpoint: it knows it from the storage, or its user says so. */
  async start(name: ProcessName): Promise<void> {
    const place = this.places.get(name) ?? {};
    const leads = name === 'jobmanager' || name === 'standby';
    const running = leads
      ? await this.#cluster.jobManager(
          [...this.#args, '-p', String(this.parallelism), ...(this.#standby ? [] : this.#restore())],
          this.#standby ? { 'jobmanager.rpc.port': '0' } : {},
        )
      : this.#cluster.taskManager(name, place.settings, place);
    this.#processes.set(name, running);
    this.#lives.push({ name, running });
    if (!leads) return;
    this.log.follow(running.process);
    void running.finished.then(({ code }) => {
      if (code !== null) this.#finish(code);
      // Killed when the job had ended already.
      else if (this.log.counts.finished > 0) this.#finish(0);
    });
  }

  signal(name: ProcessName, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#processes.get(name)!.process.kill(signal);
  }

  /** Asks the leader for another parallelism. It may be gone, have too few slots, or be busy with something else. */
  async rescale(parallelism: number): Promise<void> {
    const url = `http://127.0.0.1:${this.#cluster.restPort}/jobs/${this.log.jobId}/resource-requirements`;
    try {
      const wanted = (await (await fetch(url)).json()) as Record<string, { parallelism: object }>;
      for (const vertex of Object.values(wanted))
        vertex.parallelism = { lowerBound: 1, upperBound: parallelism };
      await fetch(url, { method: 'PUT', body: JSON.stringify(wanted) });
    } catch (error) {
      // Refused, or cut off by the kill.
      if (!(error instanceof TypeError)) throw error;
    }
  }

  /** Of the present life of a process. */
  output(name: ProcessName): string {
    return this.#processes.get(name)!.output('stderr');
  }

  /** `false`: the job has ended before. */
  async more(events: readonly JobEvent[], since?: EventCounts): Promise<boolean> {
    const ended = this.finished.then(() => false);
    return this.within(
      Promise.race([this.log.more(events, since).then(() => true), ended]),
      events.join(' or '),
    );
  }

  async pause(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>(resolve => (timer = setTimeout(resolve, ms)));
    await Promise.race([over, this.finished]).finally(() => clearTimeout(timer));
  }

  /** Throws when the job hangs, fails, or its output is not what it is when nothing happens. */
  async endsWithEveryRecordOnce(): Promise<void> {
    await this.#endsWith(({ missing, extra }) => missing.length + extra.length === 0);
  }
  /** Records may be there more than once. */
  async endsWithEveryRecord(): Promise<void> {
    await this.#endsWith(({ missing }) => missing.length === 0);
  }
  async #endsWith(holds: (difference: Difference) => boolean): Promise<void> {
    const code = await this.within(this.finished, 'the end of the job');
    if (code !== 0) throw new Error(`the job ended with exit code ${code}`);
    const difference = await this.#programs.difference(this.program, this.#run);
    if (holds(difference)) return;
    const { expected, missing, extra } = difference;
    const some = (lines: readonly string[]): string => lines.slice(0, 5).join(' | ');
    throw new Error(
      `${missing.length} of ${expected} records are missing (${some(missing)}), ${extra.length} are too many (${some(extra)})`,
    );
  }

  async within<T>(promise: Promise<T>, what: string): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`waited ${patienceMs} ms for ${what}`)), patienceMs);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
  }

  /** Folders of complete checkpoints, the latest first. */
  checkpoints(): readonly string[] {
    return readdirSync(join(this.folder, 'checkpoints'), { recursive: true, withFileTypes: true })
      .filter(entry => entry.name === '_metadata')
      .map(entry => ({ path: entry.parentPath, at: changedAt(join(entry.parentPath, entry.name)) }))
      .toSorted((a, b) => b.at - a.at)
      .map(({ path }) => path);
  }

  stop(): Promise<void> {
    return this.#cluster.stop();
  }

  /** Stops everything at the end; what fails says where its logs are. */
  async during(body: () => Promise<void>): Promise<void> {
    try {
      await this.begin();
      await body();
    } catch (error) {
      throw new Error(`${(error as Error).message}\nlogs: ${this.writeLogs()}`, { cause: error });
    } finally {
      await this.stop();
    }
  }

  /** Of every life of every process; gives the folder, which stays. */
  writeLogs(): string {
    this.#programs.failed = true;
    const folder = join(this.folder, 'logs');
    mkdirSync(folder, { recursive: true });
    for (const [i, { name, running }] of this.#lives.entries())
      writeFileSync(join(folder, `${i}-${name}.log`), running.output('stdout') + running.output('stderr'));
    return folder;
  }

  #restore(): readonly string[] {
    const [latest] = this.checkpoints();
    return latest === undefined ? [] : ['-D', `execution.state-recovery.path=${latest}`];
  }
}

/** 0: it has just been deleted. */
const changedAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
