/** The jobs of a JobManager: takes them in, knows them by id, ends them. Clients' commands arrive here. */
import type { OpenedArtifact } from '../artifact/open-artifact.js';
import { RuntimeFault } from '../contract/fault.js';
import type { JobState } from '../core/job-state.js';
import { submitJob, type JobHandle, type JobSubmission } from './submit-job.js';
import type { SlotProvider } from './task-executor-gateway.js';

export interface JobOverview {
  readonly jobId: string;
  readonly name: string;
  readonly state: JobState;
  /** ms since the epoch */
  readonly startTime: number;
}
export type Submission = Omit<JobSubmission, 'artifactDir' | 'inCluster'> & {
  readonly artifact: OpenedArtifact;
};

interface Entry {
  readonly handle: JobHandle;
  readonly name: string;
  readonly startTime: number;
}

export class Dispatcher {
  readonly #jobs = new Map<string, Entry>();
  readonly #slots: SlotProvider;
  readonly #onArtifact: (artifact: OpenedArtifact) => void;

  /** `onArtifact`: before its job is deployed. */
  constructor(slots: SlotProvider, onArtifact: (artifact: OpenedArtifact) => void) {
    this.#slots = slots;
    this.#onArtifact = onArtifact;
  }

  /** Settles when the job was accepted; it may still wait for slots. */
  async submit({ artifact, ...submission }: Submission): Promise<JobHandle> {
    this.#onArtifact(artifact);
    const handle = await submitJob(
      { ...submission, artifactDir: artifact.dir, inCluster: true },
      this.#slots,
    );
    this.#jobs.set(handle.jobId, { handle, name: artifact.plan.jobName, startTime: Date.now() });
    return handle;
  }

  list(): readonly JobOverview[] {
    return [...this.#jobs].map(([jobId, { handle, name, startTime }]) => ({
      jobId,
      name,
      state: handle.state,
      startTime,
    }));
  }

  job(jobId: string): JobHandle {
    const entry = this.#jobs.get(jobId);
    if (entry) return entry.handle;
    throw new RuntimeFault('FC5609', {
      message: `there is no job ${jobId}`,
      domain: 'user',
      fix: 'flinkc list shows the jobs of this cluster',
    });
  }

  /** Resolves when everything of the job has stopped. */
  async cancel(jobId: string): Promise<void> {
    await this.job(jobId).cancel();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#jobs.values()].map(({ handle }) => handle.cancel()));
  }
}
