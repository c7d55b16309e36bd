import { keyGroupRangeOf } from '../../contract/key-groups.js';
import type {
  KeyedStateBackend,
  KeyType,
  OperatorSection,
  OperatorSnapshot,
  OperatorStateBackend,
} from '../../contract/state.js';
import type { OperatorSpec, ProcessingTimeService } from '../../contract/task.js';
import { HeapOperatorStateBackend } from '../operator-backend.js';
import { RestoredSections } from '../restored-sections.js';
import type { HeapChangeLog } from './change-log.js';
import { SectionSnapshot } from './section-snapshot.js';
import { HeapKeyedStateBackend } from './keyed-backend.js';

export interface StateBackendsOptions {
  readonly operator: OperatorSpec;
  readonly subtask: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly processingTime: ProcessingTimeService;
  readonly batchMode: boolean;
  /**
   * Snapshots to restore from, null for a fresh start. Keyed sections may cover more key groups than this subtask
   * has; operator sections must be redistributed already (runtime/core/redistribute.ts).
   */
  readonly restore: readonly OperatorSnapshot[] | null;
  /** notes what changes in keyed state */
  readonly changeLog?: HeapChangeLog | null;
}

/** All state of one operator of one subtask. */
export interface StateBackends {
  readonly operator: OperatorStateBackend;
  /** Made on the first call; later calls return the same backend. */
  keyed<K>(key: KeyType): KeyedStateBackend<K>;
  /** A consistent copy of everything as of now, as plain data. */
  snapshot(): OperatorSnapshot;
}

export interface HeapStateBackends extends StateBackends {
  /** Keyed state as of now, written while records go on; null when there is none. `custom`: all of it. */
  keyedSnapshot(custom?: boolean): SectionSnapshot | null;
  /** Of operators with a layout of their own; null: there are none. */
  customSnapshot(): SectionSnapshot | null;
  operatorSections(): ReadonlyMap<string, OperatorSection>;
}

/** State on the JavaScript heap. */
export function createHeapStateBackends(options: StateBackendsOptions): HeapStateBackends {
  const { subtask, parallelism, maxParallelism, processingTime, batchMode, restore, changeLog } = options;
  const restored =
    restore && new RestoredSections(restore, keyGroupRangeOf(subtask, maxParallelism, parallelism));
  const operator = new HeapOperatorStateBackend(restore);
  let keyed: HeapKeyedStateBackend<unknown> | null = null;
  return {
    operator,
    keyed<K>(keyType: KeyType): KeyedStateBackend<K> {
      keyed ??= new HeapKeyedStateBackend({
        keyType,
        maxParallelism,
        processingTime,
        batchMode,
        restored,
        changeLog: changeLog ?? null,
      });
      return keyed as unknown as KeyedStateBackend<K>;
    },
    keyedSnapshot(custom = true) {
      if (keyed) return keyed.snapshot(custom);
      const unclaimed = restored?.unclaimed() ?? new Map();
      return unclaimed.size > 0 ? new SectionSnapshot(unclaimed) : null;
    },
    customSnapshot: () => keyed?.customSnapshot() ?? null,
    operatorSections: () => operator.snapshot(),
    snapshot() {
      return {
        uidHash: options.operator.uidHash,
        uid: options.operator.uid,
        subtask,
        parallelism,
        maxParallelism,
        keyed: keyed ? keyed.snapshot().finish() : new Map(restored?.unclaimed()),
        operator: operator.snapshot(),
      };
    },
  };
}
