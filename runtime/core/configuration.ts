/** Flink's option names, parsed once into a typed object. An unknown key in a namespace of ours is an error. */
import {
  checkpointOptions,
  checkSettings,
  readCheckpointSettings,
  type CheckpointSettings,
} from './checkpoints/settings.js';
import { clusterOptions, readClusterSettings, type ClusterSettings } from './cluster-options.js';
import { boolean, duration, integer, memory, parseBufferTimeout, type Option } from './options.js';
import { readStateRecovery, stateRecoveryOptions, type StateRecoverySettings } from './state-recovery.js';
import { readStateBackend, stateBackendOptions, type StateBackendSettings } from './state-backend-options.js';
import { readRestartStrategy, restartOptions, type RestartStrategySettings } from './restart-strategy.js';
import {
  readResourceSettings,
  resourceOptions,
  type FailoverStrategy,
  type ResourceSettings,
} from './resources/settings.js';
import {
  checkHighAvailability,
  highAvailabilityOptions,
  readHighAvailabilitySettings,
  type HighAvailabilitySettings,
} from './high-availability-options.js';
import { readRestSettings, restOptions, type RestSettings } from './rest-options.js';
import { nearest } from './suggest.js';

export type RuntimeMode = 'STREAMING' | 'BATCH' | 'AUTOMATIC';

/** Undefined: not set, the program or the default of the place of use decides. */
export interface Configuration {
  readonly parallelism: number | undefined;
  readonly maxParallelism: number | undefined;
  readonly runtimeMode: RuntimeMode | undefined;
  /** -1: flush full batches only */
  readonly bufferTimeoutMs: number | undefined;
  readonly autoWatermarkIntervalMs: number;
  readonly numberOfTaskSlots: number;
  readonly alignmentAllowUnalignedSplits: boolean;
  readonly networkSegmentBytes: number;
  /** of the channels of a job on one TaskManager */
  readonly networkMemoryBytes: number;
  readonly sortMemoryBytes: number;
  readonly tmpDir: string | undefined;
  readonly committerRetries: number;
  readonly cancellationTimeoutMs: number;
  readonly metricsIntervalMs: number;
  readonly stateRecovery: StateRecoverySettings;
  /** files of checkpoints up to this size lie in the metadata, bytes */
  readonly checkpointInlineBytes: number;
  /** a folder of the job's own below the checkpoint directory */
  readonly checkpointSubdirectory: boolean;
  /** of all slots together; undefined: Node's own limit for each thread */
  readonly taskHeapBytes: number | undefined;
  readonly checkpointing: CheckpointSettings;
  readonly restartStrategy: RestartStrategySettings;
  readonly stateBackend: StateBackendSettings;
  readonly failoverStrategy: FailoverStrategy;
  /** how long the job waits for its slots */
  readonly slotRequestTimeoutMs: number;
  readonly resources: ResourceSettings;
  readonly cluster: ClusterSettings;
  readonly rest: RestSettings;
  readonly highAvailability: HighAvailabilitySettings;
  /** how many failures of a job are remembered */
  readonly exceptionHistorySize: number;
  /** how many checkpoints are remembered */
  readonly checkpointHistorySize: number;
  /** keys that exist but have no effect on a job in one process */
  readonly withoutEffect: readonly string[];
}

export interface ConfigurationProblem {
  readonly key: string;
  readonly value: string;
  readonly reason: 'unknown' | 'invalid';
  /** what a value may look like, or the key that was probably meant */
  readonly hint: string;
}

const options = {
  parallelism: { key: 'parallelism.default', ...integer(1) },
  maxParallelism: { key: 'pipeline.max-parallelism', ...integer(-1) },
  runtimeMode: {
    key: 'execution.runtime-mode',
    parse: (text: string) =>
      (['STREAMING', 'BATCH', 'AUTOMATIC'] as const).find(mode => mode === text.toUpperCase()),
    expected: 'STREAMING, BATCH or AUTOMATIC',
  },
  bufferTimeout: {
    key: 'execution.buffer-timeout.interval',
    deprecated: ['execution.buffer-timeout'],
    parse: parseBufferTimeout,
    expected: "a duration such as '100 ms', 0 or -1",
  },
  bufferTimeoutEnabled: { key: 'execution.buffer-timeout.enabled', ...boolean },
  autoWatermarkInterval: { key: 'pipeline.auto-watermark-interval', ...duration },
  numberOfTaskSlots: { key: 'taskmanager.numberOfTaskSlots', ...integer(1) },
  allowUnalignedSplits: { key: 'pipeline.watermark-alignment.allow-unaligned-source-splits', ...boolean },
  segmentSize: { key: 'taskmanager.memory.segment-size', ...memory },
  networkMemory: { key: 'taskmanager.memory.network.max', ...memory },
  sortMemory: { key: 'execution.sorted-inputs.memory', ...memory },
  tmpDirs: {
    key: 'io.tmp.dirs',
    deprecated: ['taskmanager.tmp.dirs'],
    parse: (text: string) => text.split(/[,:]/)[0],
    expected: 'a directory',
  },
  committerRetries: { key: 'sink.committer.retries', ...integer(0) },
  cancellationTimeout: { key: 'task.cancellation.timeout', ...duration },
  taskHeap: { key: 'taskmanager.memory.task.heap.size', ...memory },
  metricsInterval: { key: 'metrics.fetcher.update-interval', ...duration },
  exceptionHistory: { key: 'web.exception-history-size', ...integer(1) },
  checkpointHistory: {
    key: 'web.checkpoints.history',
    deprecated: ['jobmanager.web.checkpoints.history'],
    ...integer(1),
  },
  ...checkpointOptions,
  ...stateRecoveryOptions,
  inlineThreshold: {
    key: 'execution.checkpointing.data-inline-threshold',
    deprecated: ['state.storage.fs.memory-threshold', 'state.backend.fs.memory-threshold'],
    ...memory,
  },
  createSubdirectory: {
    key: 'execution.checkpointing.create-subdir',
    deprecated: ['state.checkpoints.create-subdir'],
    ...boolean,
  },
  ...restartOptions,
  ...stateBackendOptions,
  ...resourceOptions,
  ...clusterOptions,
  ...restOptions,
  ...highAvailabilityOptions,
} as const satisfies Record<string, Option<unknown>>;

/** Of every option, without older names. */
export const configurationKeys: readonly string[] = Object.values(options).map(({ key }) => key);

/** Keys below these belong to flinkc: a misspelt one must not be ignored. Connectors and user keys live elsewhere. */
const ownNamespaces = [
  'parallelism.',
  'pipeline.',
  'execution.',
  'taskmanager.',
  'task.',
  'io.tmp',
  'sink.committer.',
  'metrics.',
  'restart-strategy',
  'state.backend',
  'state.changelog.',
  'slot.',
  'slotmanager.',
  'heartbeat.',
  'cluster.evenly',
  'jobmanager.execution.',
  'jobmanager.rpc.',
  'jobmanager.bind-host',
  'security.ssl.internal.',
  'security.internal.',
  'security.ssl.rest.',
  'rest.',
  'high-availability.',
  'web.',
];
/** Read, but nothing in one process acts on them. */
const ofClusters = [
  'security.',
  'taskmanager.host',
  'taskmanager.bind-host',
  'taskmanager.data.',
  'taskmanager.resource-id',
  'taskmanager.registration.',
  'slot.',
  'slotmanager.',
  'heartbeat.',
  'cluster.',
  'jobmanager.',
];
/** Flink's options that mean nothing here: they act at build time, or need a cluster or checkpoints. */
const elsewhere = [
  'pipeline.name',
  'pipeline.operator-chaining.',
  'pipeline.object-reuse',
  'execution.checkpointing.',
  'execution.state-recovery.',
  'execution.sort-',
  'execution.target',
  'execution.attached',
  'taskmanager.memory.',
  'taskmanager.network.',
  'task.cancellation.',
  'metrics.',
  'heartbeat.',
  'slot.',
  'slotmanager.',
  'web.',
  'rest.',
  'high-availability.',
  'security.ssl.',
  'state.changelog.dstl.',
];
/** A key this close to a known one was meant to be it, wherever it lives. */
const typingMistake = 2;

export type ParsedConfiguration =
  | { readonly ok: true; readonly configuration: Configuration }
  | { readonly ok: false; readonly problems: readonly ConfigurationProblem[] };

export function parseConfiguration(entries: Readonly<Record<string, string>>): ParsedConfiguration {
  const problems: ConfigurationProblem[] = [];
  const known = new Set<string>();
  const read = <T>(option: Option<T>): T | undefined => {
    const keys = [option.key, ...(option.deprecated ?? [])];
    for (const key of keys) known.add(key);
    const key = keys.find(k => entries[k] !== undefined);
    if (key === undefined) return undefined;
    const value = option.parse(entries[key]!.trim());
    if (value === undefined)
      problems.push({ key, value: entries[key]!, reason: 'invalid', hint: option.expected });
    return value;
  };
  const maxParallelism = read(options.maxParallelism);
  const checkpointing = readCheckpointSettings(read);
  problems.push(...checkSettings(checkpointing));
  const highAvailability = readHighAvailabilitySettings(read);
  problems.push(...checkHighAvailability(highAvailability));
  const bufferTimeout = read(options.bufferTimeout);
  const configuration: Configuration = {
    parallelism: read(options.parallelism),
    maxParallelism: maxParallelism !== undefined && maxParallelism > 0 ? maxParallelism : undefined,
    runtimeMode: read<RuntimeMode>(options.runtimeMode),
    bufferTimeoutMs: read(options.bufferTimeoutEnabled) === false ? -1 : bufferTimeout,
    autoWatermarkIntervalMs: read(options.autoWatermarkInterval) ?? 200,
    numberOfTaskSlots: read(options.numberOfTaskSlots) ?? 1,
    alignmentAllowUnalignedSplits: read(options.allowUnalignedSplits) ?? false,
    networkSegmentBytes: read(options.segmentSize) ?? 128 * 1024,
    networkMemoryBytes: read(options.networkMemory) ?? 256 * 1024 * 1024,
    sortMemoryBytes: read(options.sortMemory) ?? 128 * 1024 * 1024,
    tmpDir: read<string>(options.tmpDirs),
    committerRetries: read(options.committerRetries) ?? 10,
    cancellationTimeoutMs: read(options.cancellationTimeout) ?? 180_000,
    metricsIntervalMs: read(options.metricsInterval) ?? 1_000,
    taskHeapBytes: read(options.taskHeap),
    stateRecovery: readStateRecovery(read),
    checkpointInlineBytes: read(options.inlineThreshold) ?? 20 * 1024,
    checkpointSubdirectory: read(options.createSubdirectory) ?? true,
    checkpointing,
    stateBackend: readStateBackend(read),
    restartStrategy: readRestartStrategy(read, checkpointing.intervalMs !== null),
    failoverStrategy: read(options.failoverStrategy) ?? 'region',
    slotRequestTimeoutMs: read(options.slotRequestTimeout) ?? 300_000,
    resources: readResourceSettings(read),
    cluster: readClusterSettings(read),
    rest: readRestSettings(read),
    highAvailability,
    exceptionHistorySize: read(options.exceptionHistory) ?? 16,
    checkpointHistorySize: read(options.checkpointHistory) ?? 10,
    withoutEffect: Object.keys(entries).filter(key => isWithoutEffect(key, known)),
  };
  for (const [key, value] of Object.entries(entries)) {
    if (known.has(key)) continue;
    const near = nearest(key, known);
    const own = ownNamespaces.some(namespace => key.startsWith(namespace)) && !isElsewhere(key);
    if (own || near.distance <= typingMistake)
      problems.push({ key, value, reason: 'unknown', hint: near.word! });
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, configuration };
}

const isElsewhere = (key: string): boolean => elsewhere.some(prefix => key.startsWith(prefix));
const isWithoutEffect = (key: string, known: ReadonlySet<string>): boolean =>
  known.has(key) ? ofClusters.some(prefix => key.startsWith(prefix)) : isElsewhere(key);
