/** What a state backend offers to the engine. Operators see runtime/contract/state.ts only. */
import type { MetricGroup } from '../../plugins/api/metrics.js';
import type {
  OperatorStateHandle,
  SnapshotSource,
  SnapshotType,
  StateSnapshot,
} from '../contract/snapshot.js';
import type { KeyedStateBackend, KeyType, OperatorSection, OperatorStateBackend } from '../contract/state.js';
import type { OperatorSpec, ProcessingTimeService } from '../contract/task.js';
import type { StateChanges } from './state-changes.js';

/** Where keyed state is kept (`state.backend.type`). One per slot. */
export interface StateBackend {
  /** Before the operator is made, which happens synchronously: everything that is restored is read here. */
  open(options: OpenStateOptions): Promise<OperatorState>;
  /** After all operators of the slot are closed. */
  close(): Promise<void>;
}

export interface OpenStateOptions {
  readonly jobId: string;
  readonly operator: OperatorSpec;
  readonly subtask: number;
  readonly parallelism: number;
  readonly maxParallelism: number;
  readonly processingTime: ProcessingTimeService;
  readonly batchMode: boolean;
  readonly restore: StateRestore | null;
}
export interface StateRestore {
  /**
   * Those of this operator that may hold something for this subtask. Their keyed state may cover more key groups than
   * the subtask has.
   */
  readonly handles: readonly OperatorStateHandle[];
  /** state that is not keyed, redistributed already (runtime/core/redistribute.ts) */
  readonly operator: ReadonlyMap<string, OperatorSection>;
  readonly source: SnapshotSource;
}

/** All state of one operator of one subtask. */
export interface OperatorState {
  readonly operator: OperatorStateBackend;
  /** Made on the first call; later calls return the same backend. */
  keyed<K>(key: KeyType): KeyedStateBackend<K>;
  /** The synchronous part of a snapshot; null when the operator has no state. */
  snapshot(checkpointId: number, type: SnapshotType): StateSnapshot | null;
  /** Of backends that were opened for a changelog. */
  readonly changes?: StateChanges;
  /** Before the first snapshot. */
  registerMetrics?(group: MetricGroup): void;
  notifyCheckpointComplete?(checkpointId: number): void;
  notifyCheckpointAborted?(checkpointId: number): void;
  close(): Promise<void>;
}
