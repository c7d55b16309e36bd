/** One job on a JobManager and two TaskManagers that are killed and frozen, as a trial says. */
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningCli } from '../cli/project.js';
import { Cluster } from '../cluster/processes.js';
import { JobLog } from './job-log.js';
import { checkpointIntervalMs, heartbeatTimeoutMs, type Disturbance, type Trial } from './plan.js';
import { type Difference, type Programs } from './programs.js';

/** Longer than anything takes on a slow machine: the job hangs. */
const patienceMs = 120_000;

type Victim = Disturbance['victim'];

export class DisturbedJob {
  readonly #trial: Trial;
  readonly #programs: Programs;
  readonly #run: string;
  readonly #log = new JobLog();
  readonly #cluster: Cluster;
  readonly #processes = new Map<Victim, RunningCli>();
  readonly #lives: { readonly victim: Victim; readonly running: RunningCli }[] = [];
  readonly #finished: Promise<number | null>;
  #end!: { readonly resolve: (code: number | null) => void; readonly reject: (error: Error) => void };
  #args: readonly string[] = [];
  #parallelism: number;
  #freezes = 0;
  #seconds = 0;
  kills = 0;

  constructor(trial: Trial, programs: Programs) {
    this.#trial = trial;
    this.#programs = programs;
    this.#run = `${trial.program}_${trial.seed}`;
    this.#parallelism = trial.parallelism;
    this.#cluster = new Cluster(programs.project, {
      'heartbeat.timeout': `${heartbeatTimeoutMs} ms`,
      'execution.checkpointing.interval': `${checkpointIntervalMs} ms`,
      'execution.checkpointing.dir': this.#folder('checkpoints'),
      'execution.checkpointing.externalized-checkpoint-retention': 'RETAIN_ON_CANCELLATION',
      'execution.checkpointing.num-retained': '2',
      'execution.checkpointing.unaligned.enabled': String(trial.unaligned),
      // What is in the middle of a checkpoint when something dies must not end the job.
      'execution.checkpointing.tolerable-failed-checkpoints': '1000',
      'restart-strategy.type': 'fixed-delay',
      'restart-strategy.fixed-delay.attempts': '1000',
      'restart-strategy.fixed-delay.delay': '100 ms',
      'slot.request.timeout': `${patienceMs} ms`,
      'pipeline.max-parallelism': '128',
      'io.tmp.dirs': programs.project.dir,
      'state.backend.type': trial.backend,
      'state.changelog.enabled': String(trial.changelog),
    });
    this.#finished = new Promise((resolve, reject) => (this.#end = { resolve, reject }));
    this.#finished.catch(() => {});
  }

  /** Throws when the job hangs, fails, or its output is not what it is when nothing happens. */
  async run(): Promise<void> {
    const { program, disturbances } = this.#trial;
    await this.#programs.expected(program);
    this.#args = [
      '--application',
      await this.#programs.artifact(program),
      ...(await this.#programs.parameters(program, this.#run, true)),
    ];
    const since = performance.now();
    try {
      mkdirSync(this.#folder('checkpoints'), { recursive: true });
      await this.#start('jobmanager');
      await Promise.all([this.#start('tm-1'), this.#start('tm-2')]);
      for (const disturbance of disturbances) {
        if (!(await this.#within(this.#log.next(disturbance.after, this.#finished), disturbance.after)))
          break;
        if (!(await this.#pause(disturbance.delayMs))) break;
        await this.#disturb(disturbance);
      }
      const code = await this.#within(this.#finished, 'the end of the job');
      if (code !== 0) throw new Error(`the job ended with exit code ${code}`);
      checkOutput(await this.#programs.difference(program, this.#run));
    } finally {
      this.#seconds = (performance.now() - since) / 1000;
      await this.#cluster.stop();
    }
  }

  summary(): string {
    const { running, checkpoint } = this.#log.counts;
    return `${this.kills} kills, ${this.#freezes} freezes, ${running} attempts, ${checkpoint} checkpoints, ${this.#seconds.toFixed(1)} s`;
  }

  /** Of every life of every process; gives the folder. */
  writeLogs(): string {
    const folder = this.#folder('logs');
    mkdirSync(folder, { recursive: true });
    for (const [i, { victim, running }] of this.#lives.entries())
      writeFileSync(join(folder, `${i}-${victim}.log`), running.output('stdout') + running.output('stderr'));
    return folder;
  }

  async #disturb({ victim, kind, downMs, parallelism }: Disturbance): Promise<void> {
    const { process } = this.#processes.get(victim)!;
    if (victim === 'jobmanager') this.#parallelism = parallelism;
    if (kind === 'kill') this.kills++;
    else this.#freezes++;
    process.kill(kind === 'kill' ? 'SIGKILL' : 'SIGSTOP');
    await this.#pause(downMs);
    if (kind === 'freeze') process.kill('SIGCONT');
    else if (!(await Promise.race([this.#finished.then(() => true), Promise.resolve(false)])))
      await this.#start(victim);
  }

  async #start(victim: Victim): Promise<void> {
    const running =
      victim === 'jobmanager'
        ? await this.#cluster.jobManager([...this.#args, '-p', String(this.#parallelism), ...this.#restore()])
        : this.#cluster.taskManager(victim);
    this.#processes.set(victim, running);
    this.#lives.push({ victim, running });
    if (victim !== 'jobmanager') return;
    this.#log.follow(running.process);
    void running.finished.then(({ code }) => {
      // One that was killed after it had said so did its work.
      if (code !== null || this.#log.counts.finished > 0) this.#end.resolve(code ?? 0);
    });
  }

  /** From the last complete checkpoint of the JobManager before, as its user would. */
  #restore(): readonly string[] {
    const root = this.#folder('checkpoints');
    const complete = readdirSync(root, { recursive: true, withFileTypes: true })
      .filter(entry => entry.name === '_metadata')
      .map(entry => ({ path: entry.parentPath, at: statSync(join(entry.parentPath, '_metadata')).mtimeMs }))
      .toSorted((a, b) => b.at - a.at);
    const latest = complete[0]?.path;
    return latest === undefined ? [] : ['-D', `execution.state-recovery.path=${latest}`];
  }

  /** `false`: the job has ended meanwhile. */
  async #pause(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<true>(resolve => (timer = setTimeout(() => resolve(true), ms)));
    return Promise.race([over, this.#finished.then(() => false)]).finally(() => clearTimeout(timer));
  }

  async #within<T>(promise: Promise<T>, what: string): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`waited ${patienceMs} ms for ${what}`)), patienceMs);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
  }

  #folder(name: string): string {
    return this.#programs.project.path(`trials/${this.#run}/${name}`);
  }
}

function checkOutput({ expected, missing, extra }: Difference): void {
  if (missing.length + extra.length === 0) return;
  const some = (lines: readonly string[]): string => lines.slice(0, 5).join(' | ');
  throw new Error(
    `${missing.length} of ${expected} records are missing (${some(missing)}), ${extra.length} are too many (${some(extra)})`,
  );
}
