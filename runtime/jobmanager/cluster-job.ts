/** A job in a cluster: the same one over changes of its parallelism, each of which is a JobMaster of its own. */
import type { OpenedArtifact } from '../artifact/open-artifact.js';
import { RuntimeFault } from '../contract/fault.js';
import { buildExecutionGraph, type ExecutionGraph } from '../core/execution-graph.js';
import { isTerminal, type JobState } from '../core/job-state.js';
import type { LogEntry } from '../telemetry/log.js';
import type { RecordedJob } from './high-availability/recorded-job.js';
import type { CheckpointReference, InitialState } from './initial-state.js';
import type { JobDetails } from './job-details.js';
import type { JobHistory } from './job-history.js';
import type { JobResult } from './job-master-options.js';
import type { JobHandle, JobSubmission, VertexParallelism } from './job-submission.js';
import { withParallelism } from './resolve-job.js';
import { submitJob } from './submit-job.js';
import type { ClusterSlotProvider } from './task-executor-gateway.js';

export interface ClusterJobOptions {
  readonly jobId: string;
  readonly artifact: OpenedArtifact;
  readonly submission: Omit<
    JobSubmission,
    'artifactDir' | 'jobId' | 'onState' | 'inCluster' | 'recorder' | 'onLog' | 'history'
  >;
  readonly startTime: number;
  readonly slots: ClusterSlotProvider;
  /** null: without high availability */
  readonly record: RecordedJob | null;
  readonly onLog: (entry: LogEntry) => void;
}

export class ClusterJob {
  readonly jobId: string;
  readonly artifact: OpenedArtifact;
  readonly startTime: number;
  /** when a state was last entered, epoch milliseconds */
  readonly timestamps = new Map<JobState, number>();
  /** As of a JobHandle. */
  readonly result: Promise<JobResult>;
  readonly #options: ClusterJobOptions;
  #vertices: Readonly<Record<string, VertexParallelism>>;
  #handle!: JobHandle;
  #rescaling = false;
  #history: JobHistory | undefined;
  #settle!: { readonly resolve: (result: JobResult) => void; readonly reject: (error: unknown) => void };

  private constructor(options: ClusterJobOptions) {
    this.#options = options;
    this.jobId = options.jobId;
    this.artifact = options.artifact;
    this.startTime = options.startTime;
    this.#vertices = options.submission.vertices ?? {};
    this.timestamps.set('INITIALIZING', options.startTime);
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.result.catch(() => {});
  }

  /** Settles when the job was accepted; it may still wait for slots. */
  static async start(options: ClusterJobOptions): Promise<ClusterJob> {
    const job = new ClusterJob(options);
    await job.#submit(options.submission.restore, 1);
    return job;
  }

  get details(): JobDetails {
    return this.#rescaling ? { ...this.#handle.details, state: 'RESTARTING' } : this.#handle.details;
  }
  get state(): JobState {
    return this.details.state;
  }
  /** epoch milliseconds; null: it has not ended */
  get endTime(): number | null {
    return isTerminal(this.state) ? (this.timestamps.get(this.state) ?? null) : null;
  }
  get lastModification(): number {
    return Math.max(...this.timestamps.values());
  }

  /** Resolves when everything of the job has stopped. */
  async cancel(): Promise<void> {
    const { state } = this;
    if (state === 'CANCELED' || state === 'CANCELLING') return;
    if (isTerminal(state)) throw alreadyEnded(state);
    await this.#handle.cancel();
  }
  suspend(): Promise<InitialState | null> {
    return this.#handle.suspend();
  }
  async triggerCheckpoint(): Promise<CheckpointReference> {
    this.#mustRun('no checkpoint of the job can be taken');
    return this.#handle.triggerCheckpoint();
  }
  async triggerSavepoint(target: string | null): Promise<CheckpointReference> {
    this.#mustRun('no savepoint of the job can be taken');
    return this.#handle.triggerSavepoint(target);
  }
  async stopWithSavepoint(target: string | null, drain: boolean): Promise<CheckpointReference> {
    this.#mustRun('the job cannot be stopped with a savepoint');
    return this.#handle.stopWithSavepoint(target, drain);
  }

  /**
   * Goes on with another parallelism from a checkpoint that is taken for it. When that is not possible the job goes on
   * as it was. `wanted`: by the uidHash of a vertex's first operator.
   */
  async rescale(wanted: ReadonlyMap<string, number>): Promise<void> {
    this.#mustRun(notRescaled);
    const { vertices, graph } = this.#planned(wanted);
    const available = this.#options.slots.available(this.jobId);
    if (available < graph.slots)
      throw notNow(
        notRescaled,
        `it would need ${graph.slots} slots, and there are ${available} for it`,
        'start more TaskManagers, or choose a lower parallelism',
      );
    await this.#handle.triggerCheckpoint();
    const { attempt } = this.#handle.details;
    this.#rescaling = true;
    try {
      this.timestamps.set('RESTARTING', Date.now());
      const state = await this.#handle.suspend();
      if (!state) throw notNow(notRescaled, 'it has ended meanwhile', 'nothing is left to rescale');
      this.#vertices = vertices;
      await this.#submit(state, attempt + 1);
      await this.#options.record?.rescaled(vertices);
    } catch (error) {
      if (this.#handle.state === 'SUSPENDED') this.#settle.reject(error);
      throw error;
    } finally {
      this.#rescaling = false;
    }
  }

  /** @throws RuntimeFault FC5620 */
  #mustRun(otherwise: string): void {
    const { state, batchMode } = this.details;
    if (isTerminal(state))
      throw notNow(otherwise, `it has ended and is ${state}`, 'flinkc list shows the jobs that run');
    if (batchMode)
      throw notNow(
        otherwise,
        'it is in BATCH mode',
        'wait for its end, or run it with execution.runtime-mode: STREAMING',
      );
    if (state !== 'RUNNING')
      throw notNow(otherwise, `it is ${state}`, 'try again when flinkc list shows it as RUNNING');
  }

  #planned(wanted: ReadonlyMap<string, number>): {
    readonly vertices: Readonly<Record<string, VertexParallelism>>;
    readonly graph: ExecutionGraph;
  } {
    const { plan, graph, parallelism } = this.#handle.details;
    const vertices = Object.fromEntries(
      graph.vertices.map(vertex => {
        const { uidHash } = vertex.task.operators[0]!;
        const { maxParallelism } = vertex;
        return [uidHash, { parallelism: wanted.get(uidHash) ?? vertex.parallelism, maxParallelism }];
      }),
    );
    return {
      vertices,
      graph: buildExecutionGraph(withParallelism(plan, vertices), { parallelism, maxParallelism: null }),
    };
  }

  async #submit(restore: JobSubmission['restore'], firstAttempt: number): Promise<void> {
    const { submission, slots, record, artifact, onLog } = this.#options;
    const handle = await submitJob(
      {
        ...submission,
        artifactDir: artifact.dir,
        jobId: this.jobId,
        inCluster: true,
        vertices: this.#vertices,
        firstAttempt,
        restore,
        onLog,
        history: this.#history,
        onState: state => {
          // Between two JobMasters, which is nobody's concern, it is RESTARTING.
          if (state !== 'SUSPENDED' || !this.#rescaling) this.timestamps.set(state, Date.now());
        },
        ...(record ? { recorder: record } : {}),
      },
      slots,
    );
    this.#handle = handle;
    this.#history = handle.history;
    handle.result.then(this.#settle.resolve, (error: unknown) => {
      if (!this.#rescaling || handle.state !== 'SUSPENDED') this.#settle.reject(error);
    });
  }
}

function alreadyEnded(state: JobState): RuntimeFault {
  return new RuntimeFault('FC5620', {
    message: `Job cancellation failed because the job has already reached another terminal state (${state}).`,
    domain: 'user',
    fix: 'nothing is left to cancel',
  });
}

const notRescaled = 'the job cannot be rescaled';

function notNow(what: string, why: string, fix: string): RuntimeFault {
  return new RuntimeFault('FC5620', { message: `${what} now: ${why}`, domain: 'user', fix });
}
