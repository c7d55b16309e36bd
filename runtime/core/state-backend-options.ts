/** state.backend.*: where keyed state is kept. Chosen when a job is started; the artifact is the same for all. */
import { boolean, duration, integer, memory, oneOf, text, type Option, type ReadOption } from './options.js';

export interface StateBackendSettings {
  readonly type: 'hashmap' | 'rocksdb';
  /** undefined: the folder for temporary files */
  readonly localDir: string | undefined;
  /** of each database, bytes */
  readonly blockCacheBytes: number;
  readonly writeBufferBytes: number;
  /** of decoded state, for all operators of a slot, bytes */
  readonly memoryBytes: number;
  /** the earliest timers of each key group that stay in memory */
  readonly cachedTimers: number;
  readonly changelog: ChangelogSettings;
}
/** state.changelog.* */
export interface ChangelogSettings {
  readonly enabled: boolean;
  /** `memory`: what is logged lies in the metadata of checkpoints; `filesystem`: in shared files beside it */
  readonly storage: 'memory' | 'filesystem';
  /** all state is written that often; null: never */
  readonly materializeIntervalMs: number | null;
  /** failures of that in a row */
  readonly maxFailures: number;
}

/** Flink's names, its short ones of before, and the class names that configurations of clusters carry. */
const types: Readonly<Record<string, StateBackendSettings['type']>> = {
  hashmap: 'hashmap',
  filesystem: 'hashmap',
  jobmanager: 'hashmap',
  rocksdb: 'rocksdb',
  'org.apache.flink.runtime.state.hashmap.hashmapstatebackendfactory': 'hashmap',
  'org.apache.flink.state.rocksdb.embeddedrocksdbstatebackendfactory': 'rocksdb',
  'org.apache.flink.contrib.streaming.state.rocksdbstatebackendfactory': 'rocksdb',
};

export const stateBackendOptions = {
  stateBackend: {
    key: 'state.backend.type',
    deprecated: ['state.backend'],
    parse: (value: string) => types[value.toLowerCase()],
    expected: 'hashmap or rocksdb',
  },
  rocksdbLocalDir: {
    key: 'state.backend.rocksdb.localdir',
    ...text('a directory'),
  },
  rocksdbBlockCache: { key: 'state.backend.rocksdb.block.cache-size', ...memory },
  rocksdbWriteBuffer: { key: 'state.backend.rocksdb.writebuffer.size', ...memory },
  rocksdbMemory: { key: 'state.backend.rocksdb.memory.fixed-per-slot', ...memory },
  changelog: {
    key: 'state.changelog.enabled',
    deprecated: ['state.backend.changelog.enabled'],
    ...boolean,
  },
  changelogStorage: {
    key: 'state.changelog.storage',
    deprecated: ['state.backend.changelog.storage'],
    ...oneOf('memory', 'filesystem'),
  },
  materialize: {
    key: 'state.changelog.periodic-materialize.enabled',
    deprecated: ['state.backend.changelog.periodic-materialize.enabled'],
    ...boolean,
  },
  materializeInterval: {
    key: 'state.changelog.periodic-materialize.interval',
    deprecated: ['state.backend.changelog.periodic-materialize.interval'],
    ...duration,
  },
  materializeFailures: {
    key: 'state.changelog.max-failures-allowed',
    deprecated: ['state.backend.changelog.max-failures-allowed'],
    ...integer(0),
  },
  rocksdbTimers: { key: 'state.backend.rocksdb.timer-service.cache-size', ...integer(1) },
} as const satisfies Record<string, Option<unknown>>;

export function readStateBackend(read: ReadOption): StateBackendSettings {
  return {
    type: read<StateBackendSettings['type']>(stateBackendOptions.stateBackend) ?? 'hashmap',
    localDir: read<string>(stateBackendOptions.rocksdbLocalDir)?.split(/[,|]/)[0],
    blockCacheBytes: read(stateBackendOptions.rocksdbBlockCache) ?? 8 << 20,
    // Flink's 64 MB would make the log that every checkpoint copies as long.
    writeBufferBytes: read(stateBackendOptions.rocksdbWriteBuffer) ?? 16 << 20,
    memoryBytes: read(stateBackendOptions.rocksdbMemory) ?? 128 << 20,
    cachedTimers: read(stateBackendOptions.rocksdbTimers) ?? 128,
    changelog: readChangelog(read),
  };
}

function readChangelog(read: ReadOption): ChangelogSettings {
  const intervalMs = read(stateBackendOptions.materializeInterval) ?? 600_000;
  const enabled = read(stateBackendOptions.materialize) ?? true;
  return {
    enabled: read(stateBackendOptions.changelog) ?? false,
    // Flink's default keeps every log in the JobManager's memory.
    storage: read(stateBackendOptions.changelogStorage) ?? 'filesystem',
    // Flink's way to say never.
    materializeIntervalMs: enabled && intervalMs > 0 ? intervalMs : null,
    maxFailures: read(stateBackendOptions.materializeFailures) ?? 3,
  };
}
