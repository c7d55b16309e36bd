/** Package `flinkc`: what users' programs import. */
export { createEnvironment, StreamExecutionEnvironment } from './environment.js';
export type { CheckpointingMode, RuntimeExecutionMode } from './environment.js';
export {
  BroadcastConnectedStream,
  BroadcastStream,
  KeyedBroadcastConnectedStream,
} from './streams/broadcast-stream.js';
export { ConnectedStreams, KeyedConnectedStreams } from './streams/connected-streams.js';
export { DataStreamSink } from './streams/data-stream-sink.js';
export { DataStreamSource } from './streams/data-stream-source.js';
export { DataStream, KeyedStream, SingleOutputStreamOperator } from './streams/data-stream.js';
export type { RecordOf } from './streams/data-stream.js';
export { IntervalJoin, IntervalJoined } from './streams/interval-join.js';
export { CoGroupedStreams, JoinedStreams, WindowCoGroup, WindowJoin } from './streams/joined-streams.js';
export { PartitionWindowedStream } from './streams/partition-windowed-stream.js';
export type { SortOrder } from './streams/partition-windowed-stream.js';
export type { Key } from './streams/partitioning.js';
export { AllWindowedStream, WindowedStream } from './streams/windowed-stream.js';
export { AsyncDataStream } from './async-data-stream.js';
export type { AsyncOperation } from './async-data-stream.js';
export {
  AsyncRetryStrategies,
  ExponentialBackoffRetryStrategy,
  FixedDelayRetryStrategy,
} from './async-retry.js';
export type { RetryOptions, RetryPredicates } from './async-retry.js';
export { DataGeneratorSource } from './data-generator-source.js';
export type { GeneratorFunction } from './data-generator-source.js';

export {
  BroadcastProcessFunction,
  CoProcessFunction,
  KeyedBroadcastProcessFunction,
  KeyedCoProcessFunction,
  KeyedProcessFunction,
  ProcessAllWindowFunction,
  ProcessFunction,
  ProcessJoinFunction,
  ProcessWindowFunction,
  RichAllWindowFunction,
  RichAsyncFunction,
  RichCoFlatMapFunction,
  RichCoMapFunction,
  RichFilterFunction,
  RichFlatMapFunction,
  RichFunction,
  RichMapFunction,
  RichReduceFunction,
  RichWindowFunction,
} from './functions.js';
export type {
  AggregateFunction,
  AllWindowFunction,
  AsyncFunction,
  BroadcastProcessFunctionLike,
  CheckpointedFunction,
  CheckpointListener,
  CoFlatMapFunction,
  CoGroupFunction,
  CoMapFunction,
  CoProcessFunctionLike,
  FilterFunction,
  FlatMapFunction,
  JoinFunction,
  KeyedBroadcastProcessFunctionLike,
  KeyedCoProcessFunctionLike,
  KeyedProcessFunctionLike,
  KeySelector,
  MapFunction,
  MapPartitionFunction,
  Partitioner,
  ProcessAllWindowFunctionLike,
  ProcessFunctionLike,
  ProcessJoinFunctionLike,
  ProcessWindowFunctionLike,
  Reduce,
  ReduceFunction,
  WindowFunction,
} from './functions.js';

export {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  ValueStateDescriptor,
} from './state.js';
export type { StateOptions, ValueStateOptions } from './state.js';
export { StateTtlConfig } from './state-ttl.js';
export { OutputTag } from './output-tag.js';
export { IntCounter, Maximum, Minimum } from './accumulators.js';
export { WatermarkStrategy } from './watermark-strategy.js';

export { TumblingEventTimeWindows, TumblingProcessingTimeWindows } from './windowing/tumbling-windows.js';
export type { WindowStagger } from './windowing/tumbling-windows.js';
export { SlidingEventTimeWindows, SlidingProcessingTimeWindows } from './windowing/sliding-windows.js';
export {
  DynamicEventTimeSessionWindows,
  DynamicProcessingTimeSessionWindows,
  EventTimeSessionWindows,
  ProcessingTimeSessionWindows,
} from './windowing/session-windows.js';
export type { SessionGap, SessionWindowTimeGapExtractor } from './windowing/session-windows.js';
export { GlobalWindows } from './windowing/global-windows.js';
export { Evictor, MergingWindowAssigner, Trigger, WindowAssigner } from './windowing/base.js';
export { mergeTouchingWindows } from './windowing/merge-windows.js';
export { EventTimeTrigger } from './windowing/event-time-trigger.js';
export { ProcessingTimeTrigger } from './windowing/processing-time-trigger.js';
export { CountTrigger } from './windowing/count-trigger.js';
export {
  ContinuousEventTimeTrigger,
  ContinuousProcessingTimeTrigger,
} from './windowing/continuous-triggers.js';
export { DeltaTrigger } from './windowing/delta-trigger.js';
export type { Delta, DeltaFunction } from './windowing/delta.js';
export { PurgingTrigger } from './windowing/purging-trigger.js';
export { ProcessingTimeoutTrigger } from './windowing/processing-timeout-trigger.js';
export { EndOfStreamTrigger, NeverTrigger } from './windowing/global-triggers.js';
export { CountEvictor, DeltaEvictor, TimeEvictor } from './windowing/evictors.js';
export { GlobalWindow, TimeWindow } from '../../plugins/api/windowing.js';
export type {
  EvictorContext,
  OnMergeContext,
  ProcessWindowContext,
  TimestampedValue,
  TriggerContext,
  TriggerResult,
  Window,
  WindowAssignerContext,
} from '../../plugins/api/windowing.js';

export { days, hours, milliseconds, minutes, seconds } from './duration.js';
export {
  decimal,
  decimalToNumber,
  divideDecimal,
  float32,
  formatDecimal,
  int,
  int64,
  multiplyDecimal,
  rescale,
  timestamp,
} from './numbers.js';
export { MAX_TIMESTAMP, MIN_TIMESTAMP } from '../../plugins/api/types.js';
export type {
  Decimal,
  Duration,
  Float32,
  Int32,
  Int64,
  JsonValue,
  Timestamp,
  Unchecked,
} from '../../plugins/api/types.js';

export type {
  Accumulator,
  AsyncRetryStrategy,
  BroadcastContext,
  Collector,
  FunctionInitializationContext,
  JobInfo,
  JoinContext,
  KeyedBroadcastContext,
  KeyedBroadcastOnTimerContext,
  KeyedProcessContext,
  OnTimerContext,
  OpenContext,
  OperatorStateStore,
  Parameters,
  ProcessContext,
  ReadOnlyBroadcastContext,
  ReadOnlyKeyedBroadcastContext,
  ResultFuture,
  RuntimeContext,
  TaskInfo,
  TimeDomain,
  TimerService,
} from '../../plugins/api/functions.js';
export type {
  AggregatingState,
  BroadcastState,
  ListState,
  MapState,
  ReadOnlyBroadcastState,
  ReducingState,
  TtlUpdateType,
  TtlVisibility,
  ValueState,
} from '../../plugins/api/state.js';
export type { TimestampAssigner, WatermarkGenerator, WatermarkOutput } from '../../plugins/api/watermarks.js';
export type { Counter, Gauge, Histogram, Meter, MetricGroup } from '../../plugins/api/metrics.js';
export type {
  Boundedness,
  DeadLetter,
  PollStatus,
  ReaderOutput,
  Source,
  SourceReader,
  SourceReaderContext,
  SourceSplit,
  SplitEnumerator,
  SplitEnumeratorContext,
} from '../../plugins/api/source.js';
export type {
  Committer,
  CommitRequest,
  CommitterInitContext,
  Sink,
  SinkWriter,
  WriterInitContext,
} from '../../plugins/api/sink.js';

// Objects the API itself makes and the artifact makes again; programs have no reason to.
export { CollectionElements } from './collection-elements.js';
export { PropertyKeySelector } from './key-selectors.js';
export { LabelFilter } from './label-filter.js';
