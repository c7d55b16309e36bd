/** The jobs of a JobManager that leads: takes them in, knows them by id, ends them. Clients' commands arrive here. */
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import type { OpenedArtifact } from '../artifact/open-artifact.js';
import { RuntimeFault } from '../contract/fault.js';
import { isTerminal } from '../core/job-state.js';
import { suggest } from '../core/suggest.js';
import type { LogEntry, Logger } from '../telemetry/log.js';
import { ClusterJob } from './cluster-job.js';
import type { JobRecords } from './high-availability/job-records.js';
import type { JobRecord } from './high-availability/job-record.js';
import type { RecordedJob } from './high-availability/recorded-job.js';
import type { InitialState } from './initial-state.js';
import { checkSecretsOf } from './recorded-secrets.js';
import { configurationOf } from './configuration-of.js';
import type { JobSubmission } from './job-submission.js';
import { initialState } from './resolve-job.js';
import type { ClusterSlotProvider } from './task-executor-gateway.js';

export interface Submission extends Pick<
  JobSubmission,
  'parallelism' | 'params' | 'configuration' | 'signal' | 'onRecords'
> {
  readonly artifact: OpenedArtifact;
  readonly jobId?: string | undefined;
  /** checkpoint or savepoint to start from */
  readonly restore?: string | undefined;
}

export interface DispatcherOptions {
  readonly slots: ClusterSlotProvider;
  readonly engineVersion: string;
  /** of the cluster: what jobs do not configure themselves */
  readonly defaults: Readonly<Record<string, string>>;
  /** null: without high availability */
  readonly records: JobRecords | null;
  /** before a job of it is deployed */
  readonly onArtifact: (artifact: OpenedArtifact) => void;
  readonly onRecords: NonNullable<JobSubmission['onRecords']>;
  readonly onLog: (entry: LogEntry) => void;
  readonly log: Logger;
}

/** Ended jobs can be asked about for this time (`jobstore.expiration-time`). */
const keepEndedMs = 3_600_000;

export class Dispatcher {
  readonly #jobs = new Map<string, ClusterJob>();
  readonly #options: DispatcherOptions;
  #closed = false;
  #cleaning: Promise<void> = Promise.resolve();

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Settles when the job was accepted; it may still wait for slots. */
  async submit(submission: Submission): Promise<ClusterJob> {
    const { artifact, configuration = {}, params = {}, parallelism, restore } = submission;
    const { records, defaults } = this.#options;
    const jobId = submission.jobId ?? randomBytes(16).toString('hex');
    if (this.#jobs.has(jobId)) throw duplicate(jobId);
    const startTime = Date.now();
    if (!records) return this.#start(submission, jobId, startTime, null);
    checkSecretsOf(artifact.manifest, { params, configuration });
    const retained = retainedOf({ ...defaults, ...artifact.plan.configuration, ...configuration });
    await records.storeArtifact(jobId, artifact);
    const record = await records.create(
      {
        jobId,
        name: artifact.plan.jobName,
        artifactId: artifact.id,
        submittedAt: startTime,
        submission: { parallelism, params, configuration, restore },
      },
      retained,
    );
    try {
      return await this.#start(submission, jobId, startTime, record);
    } catch (error) {
      // It never ran: nobody must go on with it.
      await record.ended('FAILED');
      await this.#cleanUp();
      throw error;
    }
  }

  /** Goes on with the jobs that an earlier leader left. One that cannot be recovered is left to a later leader. */
  async recover(): Promise<void> {
    const { records, log } = this.#options;
    if (!records) return;
    for (const record of await records.all()) {
      const { value } = record;
      if (value.ended || this.#jobs.has(value.jobId)) continue;
      try {
        const taken = await records.takeOver(record, retainedOf(this.#configurationOf(value)));
        await this.#recover(taken);
        const from = value.checkpoints.at(-1);
        log(
          'info',
          `job '${value.name}' is recovered${from ? ` from checkpoint ${from.checkpointId}` : ''}`,
          {
            jobId: value.jobId,
          },
        );
      } catch (error) {
        log('error', `job '${value.name}' cannot be recovered: ${messageOf(error)}`, {
          jobId: value.jobId,
        });
      }
    }
    await this.#cleanUp();
  }

  /** As high availability keeps it; null: there is none. */
  async recordOf(jobId: string): Promise<JobRecord | null> {
    return (await this.#options.records?.read(jobId))?.value ?? null;
  }

  /** Resolves when what jobs have left until now is deleted. */
  get cleaned(): Promise<void> {
    return this.#cleaning;
  }

  get jobs(): readonly ClusterJob[] {
    const now = Date.now();
    for (const [id, job] of this.#jobs) if (now - (job.endTime ?? now) > keepEndedMs) this.#jobs.delete(id);
    return [...this.#jobs.values()];
  }

  job(jobId: string): ClusterJob {
    const job = this.#jobs.get(jobId);
    if (job) return job;
    const near = suggest(jobId, [...this.#jobs.keys()]);
    throw new RuntimeFault('FC5609', {
      message: `Job ${jobId} not found`,
      domain: 'user',
      fix: `${near === null ? '' : `did you mean ${near}? `}flinkc list -a shows the jobs of this cluster`,
    });
  }

  /** Cancels all jobs. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.jobs.filter(({ state }) => !isTerminal(state)).map(job => job.cancel()));
  }

  /** Ends all jobs here; the next leader goes on with them. */
  async suspend(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.jobs.map(job => job.suspend()));
  }

  async #start(
    submission: Submission,
    jobId: string,
    startTime: number,
    record: RecordedJob | null,
    recovered: Pick<JobSubmission, 'restore' | 'vertices'> = {},
  ): Promise<ClusterJob> {
    const { artifact, ...job } = submission;
    const { slots, defaults, onArtifact, onRecords, onLog } = this.#options;
    if (this.#closed) throw closing();
    onArtifact(artifact);
    const started = await ClusterJob.start({
      jobId,
      artifact,
      submission: { onRecords, ...job, defaults, ...recovered },
      startTime,
      slots,
      record,
      onLog,
    });
    this.#jobs.set(jobId, started);
    void started.result.catch(() => {}).then(() => this.#cleanUp());
    if (this.#closed) await started.suspend();
    return started;
  }

  async #recover(record: RecordedJob): Promise<ClusterJob> {
    const { records, engineVersion } = this.#options;
    const { jobId, submittedAt, submission, checkpoints } = record.value;
    const artifact = await records!.openArtifact(record.value, engineVersion, tmpdir());
    const fileSystems = this.#configurationOf(record.value, artifact);
    return this.#start({ ...submission, artifact }, jobId, submittedAt, record, {
      vertices: submission.vertices,
      restore: (await recordedState(checkpoints, artifact, fileSystems)) ?? submission.restore,
    });
  }

  /** Never fails: what is left is cleaned up after the next job, or by the next leader. */
  #cleanUp(): Promise<void> {
    const { records, log } = this.#options;
    this.#cleaning = this.#cleaning
      .then(() => records?.cleanUp())
      .catch((error: unknown) =>
        log('warn', `what ended jobs have left could not be deleted: ${messageOf(error)}`),
      );
    return this.#cleaning;
  }

  #configurationOf({ submission }: JobRecord, artifact?: OpenedArtifact): Readonly<Record<string, string>> {
    return { ...this.#options.defaults, ...artifact?.plan.configuration, ...submission.configuration };
  }
}

/** The latest, and no older one instead: output since then is committed already. Savepoints are the user's. */
async function recordedState(
  checkpoints: JobRecord['checkpoints'],
  { plan }: OpenedArtifact,
  fileSystems: Readonly<Record<string, string>>,
): Promise<InitialState | null> {
  const latest = checkpoints.at(-1);
  if (!latest) return null;
  const isOwned = (location: string): boolean => /(^|\/)chk-\d+$/.test(location);
  const state = await initialState(latest.location, isOwned(latest.location), plan, fileSystems);
  return { ...state, older: checkpoints.slice(0, -1).filter(({ location }) => isOwned(location)) };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const retainedOf = (entries: Readonly<Record<string, string>>): number =>
  configurationOf(entries).checkpointing.numRetained;

function duplicate(jobId: string): RuntimeFault {
  return new RuntimeFault('FC5620', {
    message: `a job with the id ${jobId} exists already`,
    domain: 'user',
    fix: 'choose another id, or none',
  });
}

function closing(): RuntimeFault {
  return new RuntimeFault('FC5625', {
    message: 'the JobManager stops, or no longer leads',
    domain: 'external',
    retry: 'backoff',
    fix: 'try again at the JobManager that leads',
  });
}
