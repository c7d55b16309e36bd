/** Runs an artifact in this process: JobMaster here, one worker thread per slot. */
import type { JobHandle, JobSubmission } from '../jobmanager/job-submission.js';
import { submitJob } from '../jobmanager/submit-job.js';
import type { SlotProvider } from '../jobmanager/task-executor-gateway.js';
import { TaskExecutor } from '../taskmanager/task-executor.js';

export type { JobResult } from '../jobmanager/job-master-options.js';
export type { CheckpointReference } from '../jobmanager/initial-state.js';
export { formatLogEntry, type LogEntry } from '../telemetry/log.js';
export type { JobState } from '../core/job-state.js';
export type { JobProgress, TaskProgress, SubtaskProgress } from '../jobmanager/progress.js';
export type { JobHandle } from '../jobmanager/job-submission.js';
export type EmbeddedOptions = JobSubmission;

/** Settles when the job was submitted; rejects when its configuration or parameters are wrong. */
export function runEmbedded(options: EmbeddedOptions): Promise<JobHandle> {
  return submitJob(options, localSlots());
}

/** All slots are threads of this process. */
function localSlots(): SlotProvider {
  const executor = new TaskExecutor('local');
  return {
    allocate: (_, _graph, slots) => Promise.resolve(new Map(slots.map(slot => [slot, executor]))),
    free: () => {},
  };
}
