import type { KeyGroupRange } from '../../contract/key-groups.js';
import type {
  KeyedStateBackend,
  KeyType,
  OperatorSnapshot,
  OperatorStateBackend,
} from '../../contract/state.js';
import type { OperatorSpec, ProcessingTimeService } from '../../contract/task.js';
import { HeapOperatorStateBackend } from '../operator-backend.js';
import { RestoredSections } from '../restored-sections.js';
import { HeapKeyedStateBackend } from './keyed-backend.js';

export interface StateBackendsOptions {
  readonly spec: OperatorSpec;
  readonly subtask: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly keyGroups: KeyGroupRange;
  readonly processingTime: ProcessingTimeService;
  readonly batchMode: boolean;
  /**
   * Snapshots to restore from, null for a fresh start. Keyed sections may cover more than `keyGroups`; operator
   * sections must be redistributed already (runtime/core/redistribute.ts).
   */
  readonly restored: readonly OperatorSnapshot[] | null;
}

/** All state of one operator of one subtask. */
export interface StateBackends {
  readonly operatorState: OperatorStateBackend;
  /** Made on the first call; later calls return the same backend. */
  keyedState<K>(key: KeyType): KeyedStateBackend<K>;
  /** A consistent copy of everything as of now, as plain data. */
  snapshot(): OperatorSnapshot;
}

/** State on the JavaScript heap. */
export function createHeapStateBackends(options: StateBackendsOptions): StateBackends {
  const restored = options.restored && new RestoredSections(options.restored, options.keyGroups);
  const operatorState = new HeapOperatorStateBackend(options.restored);
  let keyed: HeapKeyedStateBackend<unknown> | null = null;
  return {
    operatorState,
    keyedState<K>(keyType: KeyType): KeyedStateBackend<K> {
      const { maxParallelism, processingTime, batchMode } = options;
      keyed ??= new HeapKeyedStateBackend({ keyType, maxParallelism, processingTime, batchMode, restored });
      return keyed as unknown as KeyedStateBackend<K>;
    },
    snapshot() {
      return {
        uidHash: options.spec.uidHash,
        uid: options.spec.uid,
        subtask: options.subtask,
        parallelism: options.parallelism,
        maxParallelism: options.maxParallelism,
        keyed: keyed ? keyed.snapshot() : new Map(restored?.unclaimed()),
        operator: operatorState.snapshot(),
      };
    },
  };
}
