/** What `execution.checkpointing.*` decides about checkpoints, in milliseconds. */
import { boolean, duration, integer, oneOf, text, type Option, type ReadOption } from '../options.js';

export interface CheckpointSettings {
  /** null: no periodic checkpoints */
  readonly intervalMs: number | null;
  readonly minPauseMs: number;
  readonly timeoutMs: number;
  readonly maxConcurrent: number;
  /** consecutive failures that the job survives */
  readonly tolerableFailures: number;
  readonly numRetained: number;
  readonly mode: 'EXACTLY_ONCE' | 'AT_LEAST_ONCE';
  readonly unaligned: boolean;
  /** with unaligned: how long barriers are aligned before they overtake; 0: they overtake at once */
  readonly alignedTimeoutMs: number;
  readonly afterTasksFinish: boolean;
  readonly retention: CheckpointRetention;
  /** URIs of the directories; null: not set */
  readonly directory: string | null;
  readonly savepointDirectory: string | null;
}
export type CheckpointRetention =
  'NO_EXTERNALIZED_CHECKPOINTS' | 'DELETE_ON_CANCELLATION' | 'RETAIN_ON_CANCELLATION';

/** Flink's defaults. */
export const defaultCheckpointSettings: CheckpointSettings = {
  intervalMs: null,
  minPauseMs: 0,
  timeoutMs: 600_000,
  maxConcurrent: 1,
  tolerableFailures: 0,
  numRetained: 1,
  mode: 'EXACTLY_ONCE',
  unaligned: false,
  alignedTimeoutMs: 0,
  afterTasksFinish: true,
  retention: 'NO_EXTERNALIZED_CHECKPOINTS',
  directory: null,
  savepointDirectory: null,
};

/** Flink refuses shorter ones. */
const shortestMs = 10;
const atLeast = (ms: number): Pick<Option<number>, 'parse' | 'expected'> => ({
  parse: value => {
    const parsed = duration.parse(value);
    return parsed !== undefined && parsed >= ms ? parsed : undefined;
  },
  expected: `${duration.expected}, at least ${ms} ms`,
});

export const checkpointOptions = {
  checkpointInterval: { key: 'execution.checkpointing.interval', ...atLeast(shortestMs) },
  checkpointMinPause: { key: 'execution.checkpointing.min-pause', ...duration },
  checkpointTimeout: { key: 'execution.checkpointing.timeout', ...atLeast(shortestMs) },
  checkpointConcurrency: { key: 'execution.checkpointing.max-concurrent-checkpoints', ...integer(1) },
  checkpointFailures: { key: 'execution.checkpointing.tolerable-failed-checkpoints', ...integer(0) },
  checkpointsRetained: {
    key: 'execution.checkpointing.num-retained',
    deprecated: ['state.checkpoints.num-retained'],
    ...integer(1),
  },
  checkpointMode: {
    key: 'execution.checkpointing.mode',
    ...oneOf('EXACTLY_ONCE', 'AT_LEAST_ONCE'),
  },
  checkpointUnaligned: {
    key: 'execution.checkpointing.unaligned.enabled',
    deprecated: ['execution.checkpointing.unaligned'],
    ...boolean,
  },
  checkpointAlignedTimeout: {
    key: 'execution.checkpointing.aligned-checkpoint-timeout',
    deprecated: ['execution.checkpointing.alignment-timeout'],
    ...duration,
  },
  checkpointsAfterFinish: {
    key: 'execution.checkpointing.checkpoints-after-tasks-finish',
    deprecated: ['execution.checkpointing.checkpoints-after-tasks-finish.enabled'],
    ...boolean,
  },
  checkpointRetention: {
    key: 'execution.checkpointing.externalized-checkpoint-retention',
    ...oneOf('NO_EXTERNALIZED_CHECKPOINTS', 'DELETE_ON_CANCELLATION', 'RETAIN_ON_CANCELLATION'),
  },
  checkpointDirectory: {
    key: 'execution.checkpointing.dir',
    deprecated: ['state.checkpoints.dir', 'state.backend.fs.checkpointdir'],
    ...text('a directory'),
  },
  savepointDirectory: {
    key: 'execution.checkpointing.savepoint-dir',
    deprecated: ['state.savepoints.dir', 'savepoints.state.backend.fs.dir'],
    ...text('a directory'),
  },
} as const satisfies Record<string, Option<unknown>>;

export function readCheckpointSettings(read: ReadOption): CheckpointSettings {
  const defaults = defaultCheckpointSettings;
  return {
    intervalMs: read(checkpointOptions.checkpointInterval) ?? defaults.intervalMs,
    minPauseMs: read(checkpointOptions.checkpointMinPause) ?? defaults.minPauseMs,
    timeoutMs: read(checkpointOptions.checkpointTimeout) ?? defaults.timeoutMs,
    maxConcurrent: read(checkpointOptions.checkpointConcurrency) ?? defaults.maxConcurrent,
    tolerableFailures: read(checkpointOptions.checkpointFailures) ?? defaults.tolerableFailures,
    numRetained: read(checkpointOptions.checkpointsRetained) ?? defaults.numRetained,
    mode: read<CheckpointSettings['mode']>(checkpointOptions.checkpointMode) ?? defaults.mode,
    unaligned: read(checkpointOptions.checkpointUnaligned) ?? defaults.unaligned,
    alignedTimeoutMs: read(checkpointOptions.checkpointAlignedTimeout) ?? defaults.alignedTimeoutMs,
    afterTasksFinish: read(checkpointOptions.checkpointsAfterFinish) ?? defaults.afterTasksFinish,
    retention: read<CheckpointRetention>(checkpointOptions.checkpointRetention) ?? defaults.retention,
    directory: read(checkpointOptions.checkpointDirectory) ?? defaults.directory,
    savepointDirectory: read(checkpointOptions.savepointDirectory) ?? defaults.savepointDirectory,
  };
}

/** What one value says about another. */
export function checkSettings({ unaligned, maxConcurrent }: CheckpointSettings): readonly {
  readonly key: string;
  readonly value: string;
  readonly reason: 'invalid';
  readonly hint: string;
}[] {
  if (!unaligned || maxConcurrent === 1) return [];
  const { key } = checkpointOptions.checkpointConcurrency;
  return [{ key, value: `${maxConcurrent}`, reason: 'invalid', hint: '1: checkpoints are unaligned' }];
}
