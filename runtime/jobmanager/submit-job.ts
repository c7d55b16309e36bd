/** From an artifact, parameters and configuration to a JobMaster that runs it on the slots it is given. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RuntimeFault } from '../contract/fault.js';
import type { ArtifactManifest, PlanManifest } from '../contract/manifest.js';
import { parseConfiguration, type Configuration } from '../core/configuration.js';
import { buildExecutionGraph } from '../core/execution-graph.js';
import type { JobState } from '../core/job-state.js';
import { JobMaster } from './job-master.js';
import type { JobResult } from './job-master-options.js';
import type { CheckpointReference, InitialState, JobRecorder } from './job-checkpoints.js';
import type { JobDetails } from './job-details.js';
import type { RootException } from '../core/exception-history.js';
import type { FaultData } from '../taskmanager/messages.js';
import { readCheckpoint } from '../state/storage/checkpoint-storage.js';
import { checkpointOptions, type CheckpointSettings } from '../core/checkpoints/settings.js';
import { stateRecoveryOptions } from '../core/state-recovery.js';
import { isBounded } from './load-task.js';
import type { SlotProvider } from './task-executor-gateway.js';
import { underNewNames } from './renamed-operators.js';
import { absolute, openStorage, tryFolder } from './storage-paths.js';
import { checkClaimed, checkKeyGroups, keyGroupsOf } from './restore.js';
import { checkChannels } from './restore-channels.js';
import type { LogEntry } from '../telemetry/log.js';
import { redactor } from '../telemetry/redact.js';
import { parametersOf } from '../taskmanager/parameters.js';
import { resolveParameters } from './parameters.js';
import { jobProgress, type JobProgress } from './progress.js';

export interface JobSubmission {
  /** unpacked artifact: manifest.json, plan.json, tasks/*.mjs */
  readonly artifactDir: string;
  readonly parallelism?: number | undefined;
  /** `--param k=v` */
  readonly params?: Readonly<Record<string, string>> | undefined;
  /** values of secret parameters; by default the environment variables of that name */
  readonly secrets?: Readonly<Record<string, string | undefined>> | undefined;
  /** Flink option names; they win over what the program configures */
  readonly configuration?: Readonly<Record<string, string>> | undefined;
  readonly onProgress?: ((progress: JobProgress) => void) | undefined;
  readonly onLog?: ((entry: LogEntry) => void) | undefined;
  readonly onState?: ((state: JobState) => void) | undefined;
  /**
   * Records of flinkc/collect sinks as they come; without it they are in the result. A restored job gives once more
   * what came after the snapshot it starts from: `afterCheckpoint` >= its checkpointId.
   */
  readonly onRecords?:
    ((id: string, records: readonly unknown[], afterCheckpoint: number) => void) | undefined;
  /** checkpoint or savepoint to start from; wins over `execution.state-recovery.path` */
  readonly restore?: string | InitialState | undefined;
  /** 32 hexadecimal digits; by default random ones */
  readonly jobId?: string | undefined;
  /** Flink option names; what the program configures wins over them */
  readonly defaults?: Readonly<Record<string, string>> | undefined;
  /** of single vertices, by the uidHash of their first operator */
  readonly vertices?: Readonly<Record<string, VertexParallelism>> | undefined;
  readonly recorder?: JobRecorder | undefined;
  /** number of the first attempt; by default 1 */
  readonly firstAttempt?: number | undefined;
  /** The slots are elsewhere: options of the cluster's processes have their effect there. */
  readonly inCluster?: boolean;
  /** cancels the job */
  readonly signal?: AbortSignal | undefined;
}

export interface VertexParallelism {
  readonly parallelism: number;
  readonly maxParallelism: number;
}

export interface JobHandle {
  readonly jobId: string;
  readonly state: JobState;
  /** Rejects with a RuntimeFault when the job fails. */
  readonly result: Promise<JobResult>;
  cancel(): Promise<void>;
  /** Ends it here, for somebody who goes on with it from the checkpoint that this resolves with. */
  suspend(): Promise<InitialState | null>;
  readonly details: JobDetails;
  /** Failures the job was restarted for, newest first. */
  readonly exceptions: readonly RootException<FaultData>[];
  triggerCheckpoint(): Promise<CheckpointReference>;
  /** `target`: the folder to make the savepoint's in; null: `execution.checkpointing.savepoint-dir` */
  triggerSavepoint(target: string | null): Promise<CheckpointReference>;
  /** Resolves when the job has ended with the savepoint. */
  stopWithSavepoint(target: string | null, drain: boolean): Promise<CheckpointReference>;
}

/** Settles when the job was submitted; rejects when its configuration or parameters are wrong. */
export async function submitJob(options: JobSubmission, slots: SlotProvider): Promise<JobHandle> {
  const { artifactDir } = options;
  const manifest = readJson<ArtifactManifest>(artifactDir, 'manifest.json');
  const plan = withParallelism(readJson<PlanManifest>(artifactDir, 'plan.json'), options.vertices ?? {});
  const entries = { ...options.defaults, ...plan.configuration, ...options.configuration };
  const configuration = configurationOf(entries);
  const parameters = resolveParameters(
    manifest.parameters,
    options.params ?? {},
    options.secrets ?? process.env,
  );
  const secretNames = new Set(
    manifest.parameters.filter(each => each.kind === 'secret').map(each => each.name),
  );
  const shown = Object.fromEntries(Object.entries(parameters.all).filter(([name]) => !secretNames.has(name)));
  const bounded = await isBounded(artifactDir, plan, parametersOf(parameters.all));
  const batchMode = isBatch(configuration.runtimeMode ?? plan.runtimeMode, bounded, plan.jobName);
  const parallelism = options.parallelism ?? plan.parallelism ?? configuration.parallelism ?? 1;
  const settings = {
    ...configuration.checkpointing,
    directory: absolute(configuration.checkpointing.directory),
    savepointDirectory: absolute(configuration.checkpointing.savepointDirectory),
    // BATCH mode takes no checkpoints.
    ...(batchMode ? { intervalMs: null } : {}),
  };
  const fileSystems = entries;
  if (isNew(options) && !batchMode) await tryFolders(settings, fileSystems);
  const recovery = configuration.stateRecovery;
  const restorePath = options.restore ?? recovery.path;
  const restore =
    restorePath === null
      ? null
      : typeof restorePath === 'string'
        ? await initialState(restorePath, recovery.claimMode === 'CLAIM', plan, fileSystems)
        : restorePath;
  const graph = buildExecutionGraph(plan, {
    parallelism,
    maxParallelism: plan.maxParallelism ?? configuration.maxParallelism ?? null,
    ...(restore ? { restored: keyGroupsOf(restore.point) } : {}),
  });
  if (restore) checkKeyGroups(restore.point, graph.vertices);
  if (restore && !recovery.ignoreUnclaimedState) {
    checkClaimed(restore.point, graph.vertices);
    checkChannels(restore.point.metadata, graph);
  }
  const finalCheckpoint = settings.intervalMs !== null && settings.afterTasksFinish;
  const jobId = options.jobId ?? randomBytes(16).toString('hex');
  const master = new JobMaster({
    plan,
    graph,
    base: {
      jobId,
      jobName: plan.jobName,
      artifactDir,
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
          mode: settings.mode,
          finalCheckpoint,
          inlineBytes: configuration.checkpointInlineBytes,
          maxInlineBytes: jobManagerMemoryBytes,
          fileSystems,
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
      settings,
      createSubdirectory: configuration.checkpointSubdirectory,
      historySize: configuration.checkpointHistorySize,
      fileSystems,
      restore,
      recorder: options.recorder ?? null,
    },
    restartStrategy: batchMode ? { type: 'none' } : configuration.restartStrategy,
    failoverStrategy: configuration.failoverStrategy,
    firstAttempt: options.firstAttempt ?? 1,
    allowOlderCheckpoint: recovery.allowOlderCheckpoint,
    exceptionHistorySize: configuration.exceptionHistorySize,
    stopTimeoutMs: Math.min(configuration.cancellationTimeoutMs || 10_000, 10_000),
    redact: redactor(parameters.secrets),
    ...(options.onLog ? { onLog: options.onLog } : {}),
    ...(options.onState ? { onState: options.onState } : {}),
    ...(options.onRecords ? { onRecords: options.onRecords } : {}),
    ...(options.onProgress
      ? { onMetrics: metrics => options.onProgress!(jobProgress(jobId, plan, graph, metrics)) }
      : {}),
  });
  for (const key of options.inCluster ? [] : configuration.withoutEffect)
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
        checkpointSettings: settings,
        checkpointStatistics: master.checkpoints.coordinator.statistics,
        restartStrategy: configuration.restartStrategy,
        parameters: shown,
        configuration: entries,
      };
    },
    get exceptions() {
      return master.failures.exceptions;
    },
    triggerCheckpoint: () => master.triggerCheckpoint(),
    triggerSavepoint: target => master.triggerSavepoint(absolute(target)),
    stopWithSavepoint: (target, drain) => master.stopWithSavepoint(absolute(target), drain),
  };
}

/** What the JobManager keeps of one file of a checkpoint when there is no directory, as in Flink. */
const jobManagerMemoryBytes = 5 * 2 ** 20;

/** `owned`: the job may delete it. */
export async function initialState(
  path: string,
  owned: boolean,
  plan: PlanManifest,
  fileSystems: Readonly<Record<string, string>>,
): Promise<InitialState> {
  const from = absolute(path)!;
  const fileSystem = await openStorage(from, stateRecoveryOptions.recoveryPath.key, fileSystems);
  try {
    const { metadata, location, base } = await readCheckpoint(fileSystem, from);
    return { point: { metadata: underNewNames(metadata, plan), base }, location, owned };
  } finally {
    await fileSystem.close();
  }
}

/** One that goes on, after a change of leader or parallelism, waits for its storage rather than ending. */
const isNew = ({ firstAttempt, recorder }: JobSubmission): boolean =>
  (firstAttempt ?? 1) === 1 && (recorder?.firstCheckpointId ?? 1) === 1;

async function tryFolders(
  { directory, savepointDirectory }: CheckpointSettings,
  configuration: Readonly<Record<string, string>>,
): Promise<void> {
  if (directory !== null)
    await tryFolder(directory, checkpointOptions.checkpointDirectory.key, configuration);
  if (savepointDirectory !== null)
    await tryFolder(savepointDirectory, checkpointOptions.savepointDirectory.key, configuration);
}

/** Throws the first problem. */
export function configurationOf(entries: Readonly<Record<string, string>>): Configuration {
  const parsed = parseConfiguration(entries);
  if (parsed.ok) return parsed.configuration;
  const [problem] = parsed.problems;
  throw problem!.reason === 'unknown'
    ? new RuntimeFault('FC5020', {
        message: `unknown option '${problem!.key}'`,
        domain: 'config',
        fix: `did you mean '${problem!.hint}'?`,
      })
    : new RuntimeFault('FC5021', {
        message: `option '${problem!.key}' cannot be '${problem!.value}'`,
        domain: 'config',
        fix: `give ${problem!.hint}`,
      });
}

/** Also the maximum is kept: state was partitioned by it. */
export function withParallelism(
  plan: PlanManifest,
  vertices: Readonly<Record<string, VertexParallelism>>,
): PlanManifest {
  return {
    ...plan,
    tasks: plan.tasks.map(task => ({ ...task, ...vertices[task.operators[0]!.uidHash] })),
  };
}

function isBatch(mode: 'STREAMING' | 'BATCH' | 'AUTOMATIC', bounded: boolean, jobName: string): boolean {
  if (mode === 'BATCH' && !bounded)
    throw new RuntimeFault('FC5017', {
      message: `job '${jobName}' has an unbounded source and cannot run in BATCH mode`,
      domain: 'config',
      fix: 'use execution.runtime-mode: STREAMING, or bound the source',
    });
  return mode === 'BATCH' || (mode === 'AUTOMATIC' && bounded);
}

function readJson<T>(dir: string, name: string): T {
  try {
    return JSON.parse(readFileSync(join(dir, name), 'utf8')) as T;
  } catch (error) {
    throw new RuntimeFault('FC5018', {
      message: `'${name}' of the artifact cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      domain: 'artifact',
      cause: error,
    });
  }
}
