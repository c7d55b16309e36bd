/** A job whose processes are killed and frozen, as a trial says. */
import { JobUnderTest } from './job-under-test.js';
import type { Disturbance, Trial } from './plan.js';
import type { Programs } from './programs.js';

export class DisturbedJob {
  kills = 0;
  readonly #trial: Trial;
  readonly #job: JobUnderTest;
  #freezes = 0;
  #seconds = 0;

  constructor(trial: Trial, programs: Programs) {
    this.#trial = trial;
    const settings = {
      'execution.checkpointing.unaligned.enabled': String(trial.unaligned),
      'state.backend.type': trial.backend,
      ...(trial.changelog
        ? { 'state.changelog.enabled': 'true', 'state.changelog.periodic-materialize.interval': '1 s' }
        : {}),
    };
    const run = `${trial.program}_${trial.seed}`;
    this.#job = new JobUnderTest(trial.program, programs, run, settings, trial.standby);
  }

  /** Throws when the job hangs, fails, or its output is not what it is when nothing happens. */
  async run(): Promise<void> {
    const { parallelism, disturbances } = this.#trial;
    const job = this.#job;
    job.parallelism = parallelism;
    const since = performance.now();
    try {
      await job.begin();
      let before = job.log.counts;
      for (const disturbance of disturbances) {
        const { after } = disturbance;
        // What the job did not notice makes no failure, but checkpoints go on.
        const going = after === 'checkpoint' ? job.more([after]) : job.more([after, 'checkpoint'], before);
        if (!(await going)) break;
        before = job.log.counts;
        await job.pause(disturbance.delayMs);
        if (job.log.counts.finished > 0) break;
        await this.#disturb(disturbance);
      }
      await job.endsWithEveryRecordOnce();
    } finally {
      this.#seconds = (performance.now() - since) / 1000;
      await job.stop();
    }
  }

  writeLogs(): string {
    return this.#job.writeLogs();
  }

  summary(): string {
    const { running, checkpoint } = this.#job.log.counts;
    return `${this.kills} kills, ${this.#freezes} freezes, ${running} attempts, ${checkpoint} checkpoints, ${this.#seconds.toFixed(1)} s`;
  }

  async #disturb({ victim, kind, delayMs, downMs, parallelism }: Disturbance): Promise<void> {
    const job = this.#job;
    let rescaled: Promise<void> | null = null;
    if (kind === 'rescale') {
      rescaled = job.rescale(parallelism);
      // Between asking for the checkpoint and the first record of the new subtasks.
      await job.pause(delayMs);
    }
    if (kind !== 'freeze') {
      this.kills++;
      job.signal(victim, 'SIGKILL');
      await job.pause(downMs);
      if (victim === 'jobmanager' || victim === 'standby') job.parallelism = parallelism;
      if (job.log.counts.finished === 0) await job.start(victim);
      await rescaled;
    } else {
      this.#freezes++;
      job.signal(victim, 'SIGSTOP');
      await job.pause(downMs);
      job.signal(victim, 'SIGCONT');
    }
  }
}
