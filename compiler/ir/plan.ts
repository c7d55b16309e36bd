/** The physical plan: tasks (fused regions) and the exchanges between them. */
import type { BatchLayout } from '../../plugins/api/batch.js';
import type { RowAccess } from '../../plugins/api/source-rows.js';
import type { Schema } from '../../plugins/api/schema.js';
import type { JobSettings, GraphParameter, Op, OpId, OpTypes, Partition, StateDeclaration } from './graph.js';
import type { LoweredProgram, Usage } from './lambda.js';
import type { ColumnarWindows } from './window-shape.js';

export type TaskId = number & { readonly __task?: never };

export interface PlanOp {
  readonly op: Op;
  readonly types: OpTypes;
  /** user's uid, else derived and pinned in flinkc.lock.json */
  readonly uid: string;
  /** 32 hex digits of the uid (datastream-semantics §8.3), or the user's setUidHash */
  readonly uidHash: string;
  readonly displayName: string;
  /** fields of this op's output that anything downstream reads */
  readonly demand: Usage;
  /** a consumer may change or keep the record while another reads it: copy before handing it on */
  readonly copyOutput: boolean;
  readonly states: readonly StateDeclaration[];
}

/** Ops in topological order; the first is the head, the only one with inputs from other tasks. */
export interface PlanTask {
  readonly id: TaskId;
  /** `A -> B -> C`, or with branches `A -> (B, C)` */
  readonly name: string;
  readonly ops: readonly PlanOp[];
  /** null: job default */
  readonly parallelism: number | null;
  readonly maxParallelism: number | null;
  readonly slotSharingGroup: string;
  readonly inputs: readonly PlanInput[];
  readonly outputs: readonly ExchangeId[];
  /** the source at the head computes the fields of a record where they are read; absent: they lie in columns */
  readonly rows?: RowAccess;
  /** filters that the decoder of the source at the head asks */
  readonly pushed?: PushedFilters;
}
export interface PushedFilters {
  /** indices in PlanTask.ops, in the order they are asked */
  readonly filters: readonly number[];
  /** of the source's records, sorted: filled for every record, the others only for those that the filters accept */
  readonly fields: readonly string[];
}
export type ExchangeId = number & { readonly __exchange?: never };

/** One input of the head op: several exchanges when it is a union. */
export interface PlanInput {
  readonly exchanges: readonly ExchangeId[];
  readonly layout: BatchLayout;
  readonly schema: Schema;
  /** accumulators of a window operator arrive instead of records */
  readonly combined: boolean;
  /** hash-partitioned: which column carries the key */
  readonly key: { readonly column: number; readonly schema: Schema } | null;
}
export interface Exchange {
  readonly id: ExchangeId;
  readonly from: TaskId;
  readonly fromOp: OpId;
  readonly sideOutput: string | null;
  readonly to: TaskId;
  /** index in the receiving task's inputs */
  readonly input: number;
  readonly partition: Partition;
  readonly layout: BatchLayout;
  readonly schema: Schema;
  /** the sender adds records up for these windows of the receiver; null: it sends them */
  readonly combine: ColumnarWindows | null;
  /** why this edge was not fused, for explain */
  readonly reason: string;
}
export interface Plan {
  readonly settings: JobSettings;
  readonly parameters: readonly GraphParameter[];
  readonly tasks: readonly PlanTask[];
  readonly exchanges: readonly Exchange[];
  readonly program: LoweredProgram;
}
