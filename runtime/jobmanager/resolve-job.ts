/** What an artifact, parameters and configuration make of a job, before anything of it runs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RuntimeFault } from '../contract/fault.js';
import type { ArtifactManifest, PlanManifest } from '../contract/manifest.js';
import { checkpointOptions, type CheckpointSettings } from '../core/checkpoints/settings.js';
import type { Configuration } from '../core/configuration.js';
import { buildExecutionGraph, type ExecutionGraph } from '../core/execution-graph.js';
import { stateRecoveryOptions } from '../core/state-recovery.js';
import { readCheckpoint } from '../state/storage/checkpoint-storage.js';
import { parametersOf } from '../taskmanager/parameters.js';
import { configurationOf } from './configuration-of.js';
import type { InitialState } from './initial-state.js';
import type { JobSubmission, VertexParallelism } from './job-submission.js';
import { isBounded } from './load-task.js';
import { resolveParameters, type ResolvedParameters } from './parameters.js';
import { underNewNames } from './renamed-operators.js';
import { checkChannels } from './restore-channels.js';
import { checkClaimed, checkKeyGroups, keyGroupsOf } from './restore.js';
import { absolute, openStorage, tryFolder } from './storage-paths.js';

export interface ResolvedJob {
  readonly manifest: ArtifactManifest;
  readonly plan: PlanManifest;
  readonly graph: ExecutionGraph;
  readonly parallelism: number;
  /** no source goes on for ever */
  readonly bounded: boolean;
  readonly batchMode: boolean;
  readonly parameters: ResolvedParameters;
  /** without the secret ones */
  readonly shownParameters: Readonly<Record<string, string>>;
  /** Flink option names: the program's, and what wins over them or stands behind them */
  readonly entries: Readonly<Record<string, string>>;
  readonly configuration: Configuration;
  readonly checkpointing: CheckpointSettings;
  readonly restore: InitialState | null;
}

/** Throws a RuntimeFault when configuration, parameters or what is to be restored do not fit. */
export async function resolveJob(options: JobSubmission): Promise<ResolvedJob> {
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
  const bounded = await isBounded(artifactDir, plan, parametersOf(parameters.all));
  const batchMode = isBatch(configuration.runtimeMode ?? plan.runtimeMode, bounded, plan.jobName);
  const parallelism = options.parallelism ?? plan.parallelism ?? configuration.parallelism ?? 1;
  const checkpointing = {
    ...configuration.checkpointing,
    directory: absolute(configuration.checkpointing.directory),
    savepointDirectory: absolute(configuration.checkpointing.savepointDirectory),
    // BATCH mode takes no checkpoints.
    ...(batchMode ? { intervalMs: null } : {}),
  };
  if (isNew(options) && !batchMode) await tryFolders(checkpointing, entries);
  const recovery = configuration.stateRecovery;
  const from = options.restore ?? recovery.path;
  const restore =
    typeof from === 'string' ? await initialState(from, recovery.claimMode === 'CLAIM', plan, entries) : from;
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
  return {
    manifest,
    plan,
    graph,
    parallelism,
    bounded,
    batchMode,
    parameters,
    shownParameters: withoutSecrets(parameters.all, manifest),
    entries,
    configuration,
    checkpointing,
    restore,
  };
}

function withoutSecrets(
  all: Readonly<Record<string, string>>,
  { parameters }: ArtifactManifest,
): Readonly<Record<string, string>> {
  const secret = new Set(parameters.filter(({ kind }) => kind === 'secret').map(({ name }) => name));
  return Object.fromEntries(Object.entries(all).filter(([name]) => !secret.has(name)));
}

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
