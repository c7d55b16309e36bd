/** From a resolved job to a JobMaster that runs it on the slots it is given. */
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { parametersOf } from '../taskmanager/parameters.js';
import { redactor } from '../telemetry/redact.js';
import type { JobDetails } from './job-details.js';
import { newHistory } from './job-history.js';
import { JobMaster } from './job-master.js';
import type { JobHandle, JobSubmission } from './job-submission.js';
import { jobProgress } from './progress.js';
import { resolveJob, type ResolvedJob } from './resolve-job.js';
import { absolute } from './storage-paths.js';
import type { SlotProvider } from './task-executor-gateway.js';

/** Settles when the job was submitted; rejects when its configuration or parameters are wrong. */
export async function submitJob(options: JobSubmission, slots: SlotProvider): Promise<JobHandle> {
  const job = await resolveJob(options);
  const jobId = options.jobId ?? randomBytes(16).toString('hex');
  const master = masterOf(job, jobId, options, slots);
  for (const key of options.inCluster ? [] : job.configuration.withoutEffect)
    options.onLog?.({
      time: Date.now(),
      level: 'warn',
      message: `option '${key}' has no effect on a job in one process`,
      fields: { key },
    });
  void master.start();
  const cancel = (): void => void master.cancel();
  if (options.signal?.aborted) cancel();
  else options.signal?.addEventListener('abort', cancel, { once: true });
  void master.result.catch(() => {}).then(() => options.signal?.removeEventListener('abort', cancel));
  return {
    jobId,
    get state() {
      return master.state;
    },
    result: master.result,
    cancel: () => master.cancel(),
    suspend: () => master.suspend(),
    get details() {
      return detailsOf(job, jobId, master);
    },
    get exceptions() {
      return master.failures.exceptions;
    },
    history: master.history,
    triggerCheckpoint: () => master.triggerCheckpoint(),
    triggerSavepoint: target => master.triggerSavepoint(absolute(target)),
    stopWithSavepoint: (target, drain) => master.stopWithSavepoint(absolute(target), drain),
  };
}

function masterOf(
  {
    manifest,
    plan,
    graph,
    bounded,
    batchMode,
    parameters,
    entries,
    configuration,
    checkpointing,
    restore,
  }: ResolvedJob,
  jobId: string,
  options: JobSubmission,
  slots: SlotProvider,
): JobMaster {
  const finalCheckpoint = checkpointing.intervalMs !== null && checkpointing.afterTasksFinish;
  return new JobMaster({
    plan,
    graph,
    base: {
      jobId,
      jobName: plan.jobName,
      artifactDir: options.artifactDir,
      batchMode,
      parameters: parameters.all,
      secrets: parameters.secrets,
      settings: {
        heapBytes:
          configuration.taskHeapBytes === undefined ? null : configuration.taskHeapBytes / graph.slots,
        autoWatermarkIntervalMs: configuration.autoWatermarkIntervalMs,
        batchRows: 1024,
        segmentBytes: configuration.networkSegmentBytes,
        localCredits: 4,
        metricsIntervalMs: options.onProgress || options.inCluster ? configuration.metricsIntervalMs : 0,
        sortMemoryBytes: configuration.sortMemoryBytes,
        tmpDir: configuration.tmpDir ?? tmpdir(),
        committerRetries: configuration.committerRetries,
        allowUnalignedSplits: configuration.alignmentAllowUnalignedSplits,
        commitAtEndOfJob: bounded && !finalCheckpoint,
        stateBackend: configuration.stateBackend,
        checkpointing: {
          mode: checkpointing.mode,
          finalCheckpoint,
          inlineBytes: configuration.checkpointInlineBytes,
          maxInlineBytes: jobManagerMemoryBytes,
          fileSystems: entries,
        },
      },
    },
    bufferTimeoutMs: configuration.bufferTimeoutMs ?? plan.bufferTimeout ?? 100,
    networkMemoryBytes: configuration.networkMemoryBytes,
    slots,
    slotRequestTimeoutMs: configuration.slotRequestTimeoutMs,
    params: parametersOf(parameters.all),
    checkpoints: {
      flinkc: manifest.flinkc,
      settings: checkpointing,
      createSubdirectory: configuration.checkpointSubdirectory,
      fileSystems: entries,
      restore,
      recorder: options.recorder ?? null,
    },
    restartStrategy: batchMode ? { type: 'none' } : configuration.restartStrategy,
    failoverStrategy: configuration.failoverStrategy,
    firstAttempt: options.firstAttempt ?? 1,
    allowOlderCheckpoint: configuration.stateRecovery.allowOlderCheckpoint,
    history:
      options.history ?? newHistory(configuration.exceptionHistorySize, configuration.checkpointHistorySize),
    stopTimeoutMs: Math.min(configuration.cancellationTimeoutMs || 10_000, 10_000),
    redact: redactor(parameters.secrets),
    ...(options.onLog ? { onLog: options.onLog } : {}),
    ...(options.onState ? { onState: options.onState } : {}),
    ...(options.onRecords ? { onRecords: options.onRecords } : {}),
    ...(options.onProgress
      ? { onMetrics: metrics => options.onProgress!(jobProgress(jobId, plan, graph, metrics)) }
      : {}),
  });
}

/** What the JobManager keeps of one file of a checkpoint when there is no directory, as in Flink. */
const jobManagerMemoryBytes = 5 * 2 ** 20;

function detailsOf(
  {
    plan,
    graph,
    parallelism,
    batchMode,
    configuration,
    checkpointing,
    entries,
    shownParameters,
  }: ResolvedJob,
  jobId: string,
  master: JobMaster,
): JobDetails {
  return {
    jobId,
    name: plan.jobName,
    state: master.state,
    batchMode,
    plan,
    graph,
    parallelism,
    attempt: master.regions.attempt,
    attemptOf: (task: number, subtask: number) => master.subtasks.attemptOf({ task, subtask }),
    deployedAt: (slot: number) => master.regions.deployedAt(slot),
    taskManagerOf: (slot: number) => master.regions.taskManagerOf(slot),
    phaseOf: (slot: number) => master.regions.phaseOf(slot),
    hasFinished: (task: number, subtask: number) => master.subtasks.hasFinished({ task, subtask }),
    metrics: master.metrics,
    accumulators: master.accumulators,
    accumulatorsOf: (task: number, subtask: number) => master.subtasks.accumulatorsOf({ task, subtask }),
    exceptions: master.failures.exceptions,
    exceptionsTruncated: master.failures.truncated,
    fault: master.fault,
    checkpointSettings: checkpointing,
    checkpointStatistics: master.checkpoints.coordinator.statistics,
    restartStrategy: configuration.restartStrategy,
    parameters: shownParameters,
    configuration: entries,
  };
}
