/** What happens to one run of a job, decided by a seed before it starts. */
import { checkpointIntervalMs, heartbeatTimeoutMs, type ProcessName } from './job-under-test.js';
import type { ProgramName } from './programs.js';
import { Random } from './random.js';

/**
 * kill: SIGKILL, and the process is started again after a while. rescale: the same while the job changes its parallelism. freeze: SIGSTOP and, longer than its heartbeats may be
 * missing, SIGCONT: it comes back with an attempt that is over.
 */
export interface Disturbance {
  readonly victim: ProcessName;
  readonly kind: 'kill' | 'rescale' | 'freeze';
  /**
   * What is waited for before `delayMs`: after a checkpoint comes its commit and then the next checkpoint; after a failure
   * the restore.
   */
  readonly after: 'checkpoint' | 'failure' | 'deploying';
  readonly delayMs: number;
  /** until the process is started again, or goes on */
  readonly downMs: number;
  /** of the job from then on, when it is rescaled or its JobManager is started again */
  readonly parallelism: number;
}
export interface Trial {
  readonly seed: number;
  readonly program: ProgramName;
  readonly backend: 'hashmap' | 'rocksdb';
  readonly changelog: boolean;
  readonly unaligned: boolean;
  /** a second JobManager takes over; else a user starts the job again from its last checkpoint */
  readonly standby: boolean;
  readonly parallelism: number;
  readonly disturbances: readonly Disturbance[];
}

/** of two TaskManagers with two slots each */
const mostSlots = 4;

/** Without end; every program comes before one comes twice. */
export function* planTrials(seed: number, programs: readonly ProgramName[]): Generator<Trial> {
  const random = new Random(seed);
  for (;;)
    for (const program of random.shuffled(programs)) yield planTrial(random.between(1, 2 ** 31), program);
}

export function planTrial(seed: number, program: ProgramName): Trial {
  const random = new Random(seed);
  const kinds = random.shuffled([
    ...Array.from({ length: random.between(4, 7) }, () => 'kill' as const),
    ...Array.from({ length: random.between(0, 1) }, () => 'freeze' as const),
    ...Array.from({ length: random.between(0, 1) }, () => 'rescale' as const),
  ]);
  const standby = random.next() < 0.4;
  const jobManagers = standby ? (['jobmanager', 'standby'] as const) : (['jobmanager'] as const);
  return {
    seed,
    program,
    backend: random.one(['hashmap', 'rocksdb']),
    changelog: random.next() < 0.5,
    unaligned: random.next() < 0.3,
    standby,
    parallelism: random.between(1, mostSlots),
    disturbances: kinds.map((kind, i) => ({
      victim:
        random.next() < 0.3 ? random.one<ProcessName>(jobManagers) : random.one(['tm-1', 'tm-2'] as const),
      kind,
      after: random.one(
        i === 0 ? ['checkpoint', 'deploying'] : ['checkpoint', 'checkpoint', 'failure', 'deploying'],
      ),
      delayMs: random.between(0, checkpointIntervalMs * 2),
      downMs:
        kind !== 'freeze' ? random.one([0, 0, 200, 1_000]) : heartbeatTimeoutMs + random.between(200, 2_000),
      parallelism: random.between(1, mostSlots),
    })),
  };
}

export function describeTrial({
  seed,
  program,
  backend,
  changelog,
  unaligned,
  standby,
  parallelism,
  disturbances,
}: Trial): string {
  const state = `${backend}${changelog ? '+changelog' : ''}${unaligned ? ', unaligned' : ''}${standby ? ', standby' : ''}`;
  const list = disturbances.map(
    ({ victim, kind, after, delayMs, downMs }) =>
      `${kind} ${victim} ${delayMs} ms after ${after} for ${downMs} ms`,
  );
  return `TRIAL=${seed} PROGRAM=${program} (${state}, p=${parallelism}): ${list.join('; ')}`;
}
