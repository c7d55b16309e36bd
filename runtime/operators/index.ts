/** The library that generated code calls; bundled into artifacts as 'flinkc/internal/operators'. */
export * from './key-groups.js';
export { AssignTimestampsOperator, type AssignTimestampsSpec } from './watermarks/assign-timestamps.js';
export { WindowOperator, type WindowOperatorSpec } from './windows/window-operator.js';
export type { WindowContentsSpec } from './windows/window-contents.js';
export type { WindowFunctionSpec } from './windows/window-function.js';
export type { FiredRows, FireRows } from './windows/fired-rows.js';
export { SlicedWindowAggregate, type SlicedWindowSpec } from './windows/sliced-window-aggregate.js';
export { SessionCombiner, type SessionCombinerSpec } from './windows/session-combiner.js';
export { homeOf } from './windows/combined-rows.js';
export { WindowCombiner, type WindowCombinerSpec } from './windows/window-combiner.js';
export { SessionWindowAggregate, type SessionWindowSpec } from './windows/session-window-aggregate.js';
export { mergingAggregate, type WindowAggregation } from './windows/window-results.js';
export { singleColumn, structColumns, type AccumulatorColumns } from './windows/accumulator-columns.js';
export { IntervalJoinOperator, type IntervalJoinSpec } from './joins/interval-join.js';
export { CoGroupOperator, type CoGroupSpec } from './joins/co-group.js';
export { TumblingCoGroup, type TumblingCoGroupSpec } from './joins/tumbling-co-group.js';
export type { CoGroupFunctionSpec } from './joins/co-group-function.js';
export { FunctionLifecycle } from './user-function.js';
export { ProcessOperator, type ProcessSpec } from './process.js';
export { KeyedProcessOperator, type KeyedProcessSpec } from './keyed-process.js';
export { ReduceOperator, type ReduceSpec } from './reduce.js';
export { KeyedColumnsOperator, type KeyedColumnsSpec } from './keyed-columns.js';
export {
  fieldCombiner,
  RollingAggregateOperator,
  type RollingAggregateSpec,
  type RollingAggregation,
} from './rolling-aggregate.js';
export { CoMapOperator, CoFlatMapOperator, type CoMapSpec, type CoFlatMapSpec } from './co-map.js';
export {
  CoProcessOperator,
  KeyedCoProcessOperator,
  type CoProcessSpec,
  type KeyedCoProcessSpec,
} from './co-process.js';
export {
  BroadcastProcessOperator,
  KeyedBroadcastProcessOperator,
  type BroadcastProcessSpec,
  type KeyedBroadcastProcessSpec,
} from './broadcast-process.js';
export { AsyncWaitOperator, type AsyncWaitSpec } from './async-wait.js';
export {
  FullWindowPartitionOperator,
  type FullWindowPartitionSpec,
  type PartitionOperation,
} from './full-window-partition.js';
